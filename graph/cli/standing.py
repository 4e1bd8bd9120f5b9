"""Commands about the estate as a whole: chokes, dangers, exposure, administrators, agents, latent."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence

from graph.analysis import administrators as owning
from graph.analysis import amplification as amplifying
from graph.analysis import chokes as choking
from graph.analysis import dangers as endangered
from graph.analysis import latent as lacking
from graph.analysis import standing as exposed
from graph.analysis.alike import Likeness, counted, likeness, same_administrators, same_latent
from graph.analysis.ranking import Way, ranked
from graph.analysis.report import Administrator, Amplification, Choke, Danger, Latent, Standing
from graph.analysis.study import Analysis
from graph.cli import writing
from graph.cli.loading import estate, weights
from graph.cli.writing import Line, unless_none, write

_NO_PATHS = "0 answers: no path was found from any entry point in these snapshots; that does not mean safe."


def chokes(arguments: Namespace) -> int:
    """What many paths share."""
    return _told(arguments, lambda study: map(_choke, choking.chokes(study, _ways(study))), _NO_PATHS, _brief_choke)


def dangers(arguments: Namespace) -> int:
    """Each harm to each target."""
    return _told(
        arguments, lambda study: map(_danger, endangered.dangers(study, _ways(study))), _NO_PATHS, _brief_danger
    )


def exposure(arguments: Namespace) -> int:
    """Who reaches each node, and what it reaches."""

    def lines(study: Analysis) -> Iterable[Line]:
        rows, same = exposed.standings(study.reach, study.estate.entries), likeness(study.estate.nodes)
        return (
            _named(_standing(row), ("nodes",), same) if writing.counts(arguments) else _standing(row) for row in rows
        )

    return _told(arguments, lines, "0 answers: nothing that was read reaches anything.", _brief_alike)


def administrators(arguments: Namespace) -> int:
    """Who owns an account to begin with."""
    words = "0 answers: nobody who was read administers an account as it stands."

    def lines(study: Analysis) -> Iterable[Line]:
        found = owning.administrators(study)
        if not writing.counts(arguments):
            return map(_administrator, found)
        return (
            writing.spoken_for(
                _administrator(row[0]), [{"account": one.account, "identity": one.identity} for one in row[1:]]
            )
            for row in same_administrators(found, likeness(study.estate.nodes))
        )

    return _told(arguments, lines, words, _brief_alike)


def agents(arguments: Namespace) -> int:
    """How much more agents reach than those who talk to them."""
    words = "0 answers: no agent was read that somebody may talk to."
    return _told(arguments, lambda study: map(_agent, amplifying.amplifications(study)), words, _brief_agent)


def latent(arguments: Namespace) -> int:
    """What only lacks something to work on."""

    def lines(study: Analysis) -> Iterable[Line]:
        found = lacking.latent(study.estate)
        if not writing.counts(arguments):
            return map(_latent, found)
        same = likeness(study.estate.nodes)
        return (
            writing.spoken_for(
                _named(_latent(row[0]), ("identities", "targets"), same),
                [{"identities": list(one.identities), "targets": list(one.targets)} for one in row[1:]],
            )
            for row in same_latent(found, same)
        )

    return _told(arguments, lines, "0 answers: nothing is latent.", _brief_alike)


def _named(line: Line, members: Sequence[str], same: Likeness) -> Line:
    """Beside the names of each member, those that are alike under the name they share, with how many they are."""
    called = {
        name: [f"{words} ({len(some)})" if len(some) > 1 else words for words, some in counted(line[name], same)]
        for name in members
    }
    return {**line, "called": called}


def _brief_alike(line: Line) -> Line:
    """In a table: what is alike under one name, and how many a line stands for."""
    left_out = ("also", "alike", "called")
    kept = {name: value for name, value in line.items() if name not in left_out}
    return {**kept, **line.get("called", {}), **writing.how_many(line)}


def _told(
    arguments: Namespace,
    lines: Callable[[Analysis], Iterable[Line]],
    silence: str,
    brief: Callable[[Line], Line] = dict,
) -> int:
    table = weights(arguments) if "weights" in arguments else None
    built, bad = estate(arguments)
    study = Analysis(built, table) if table else Analysis(built)
    write(unless_none(lines(study), lambda: silence), arguments.format, brief)
    return bad


def _ways(study: Analysis) -> tuple[Way, ...]:
    return ranked(way for way in study.ways(study.estate.entries) if not owning.restates(study, way))


# ----- as JSON


def _choke(one: Choke) -> Line:
    return {
        "node": one.node,
        "evidence": writing.evidence(one.evidence) if one.evidence else None,
        "edges": [{"source": source, "technique": rule, "target": target} for source, rule, target in one.edges],
        "score": one.score,
        "removed": list(one.removed),
        "weakened": one.weakened,
        "through": one.through,
    }


def _brief_choke(line: Line) -> Line:
    evidence, edges = line["evidence"], line["edges"]
    where = f"{evidence['document']} {evidence['place']}" if evidence else ""
    step = f"{edges[0]['source']} {edges[0]['technique']} {edges[0]['target']}" if edges else ""
    removed = len(line["removed"])
    return {
        "score": line["score"],
        "removed": removed,
        "through": line["through"],
        "what": line["node"] or where or step,
    }


def _danger(one: Danger) -> Line:
    return {
        "harm": one.harm,
        "target": one.target,
        "score": one.score.value,
        "dominators": list(one.dominators),
        "findings": list(one.findings),
        "factors": writing.factors(one.score),
    }


def _brief_danger(line: Line) -> Line:
    kept = {name: line[name] for name in ("score", "harm", "target", "dominators")}
    return {**kept, "findings": len(line["findings"])}


def _standing(one: Standing) -> Line:
    return {
        "nodes": list(one.nodes),
        "entries": {str(kind): number for kind, number in one.entries},
        "identities": one.identities,
        "becomes": one.becomes,
        "harms": one.harms,
        "targets": one.targets,
    }


def _administrator(one: Administrator) -> Line:
    return {
        "account": one.account,
        "identity": one.identity,
        "verdict": one.verdict,
        "rule": one.rule,
        "entries": list(one.entries),
        "folded": one.folded,
        "evidence": list(map(writing.evidence, one.evidence)),
    }


def _agent(one: Amplification) -> Line:
    return {
        "agent": one.agent,
        "ratio": one.ratio,
        "flagged": one.flagged,
        "reach": one.reach,
        "usual": one.usual,
        "callers": one.callers,
        "winners": one.winners,
        "sensitive": [{"harm": harm, "target": target} for harm, target in one.sensitive],
    }


def _brief_agent(line: Line) -> Line:
    return {**line, "sensitive": len(line["sensitive"])}


def _latent(one: Latent) -> Line:
    return {
        "technique": one.rule,
        "identities": list(one.identities),
        "targets": list(one.targets),
        "verdict": one.verdict,
        "assumed": list(one.assumed),
    }
