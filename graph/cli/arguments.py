"""Commands, options and their help; `docs/cli.md` is made from the same words."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from graph.analysis.alternatives import DETOUR, MOST
from graph.cli import asking, changes, granting, roaming, standing
from graph.model import EntryKind
from graph.targets import HARMS

ABOUT = (
    "Answers questions about who can do what, and who can become whom, from snapshots of cloud estates. "
    "A snapshot is a file, a folder or an archive; its format is recognised. Several snapshots make one estate. "
    "Nothing is sent anywhere."
)
CODES = (
    ("0", "fine"),
    ("1", "done, but some input was bad: it is counted and named on standard error"),
    ("2", "unusable arguments or input"),
    ("3", "`diff` only: a path was opened; this goes before 1"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it answers, and the members of a line of its JSON."""

    name: str
    answers: str
    more: str
    line: str
    run: Callable[[argparse.Namespace], int]  # the exit code; that some input was bad counts as 1
    several: bool = True  # any number of snapshots make one estate


_PAIR = '{"identity","action","resource","verdict","conditions","assumed"}'
COMMANDS = (
    Command(
        "decide",
        "the decision on each request",
        "Reads one JSON request a line from standard input and writes one JSON decision a line, in the same order. "
        "A request brings its own policies; no snapshot is read.",
        '{"id","verdict",…} or {"id","error":{"code","message","at"}}',
        asking.decide,
    ),
    Command(
        "inspect",
        "what is in the snapshots, what could not be read, what is assumed",
        "First the number of things of each kind, then every gap, then what was never asked for and is taken as not "
        "there.",
        '{"cloud","scope","kind","count"}, then {"gap":{…}}, then {"assumed":[…],"cloud","scope"}',
        asking.inspect,
    ),
    Command(
        "who-can",
        "which identities may do an action",
        "On one resource, or on every resource of the kinds the action takes. A resource that is not listed in the "
        "snapshots is decided as `explain` does. Those who may not are left out; if nobody may, standard error says "
        "why.",
        _PAIR,
        asking.who_can,
    ),
    Command(
        "can",
        "what an identity may do",
        "Every action on every resource, or one action.",
        _PAIR,
        asking.can,
    ),
    Command(
        "explain",
        "why an identity may do something, or why not",
        "Every layer with the evidence that decides. As a table: the same in sentences. The resource need not be in "
        "the snapshots, nor an identity from elsewhere that its name says enough of (of an account that was not read). "
        "If the action acts on what is inside the resource, it is "
        "decided for the most open of that, and a sentence says so.",
        '{"verdict","layers","because","conditions","assumed"}',
        asking.explain,
    ),
    Command(
        "edges",
        "every way of becoming another identity or of widening one's own rights",
        "One line for each pair of identities and technique. Use without takeover has the strength `uses`. Widening "
        "leads from an identity to itself and says what is gained. That an account's owner can become everybody in "
        "it goes without saying.",
        '{"source","target","technique","strength","verdict","conditions","assumed","gains","removes","evidence"}',
        roaming.edges,
    ),
    Command(
        "paths",
        "ranked attack paths",
        "From each place where an attacker starts to each harm, by score. One witness for each finding, the surest and "
        "then shortest; the score counts all ways there are. `factors` are what it is made of. What only restates that "
        "an account can be taken over is left out. If there is none, standard error says why: without entry points in "
        "the snapshots no path can begin, and that does not mean safe.",
        '{"finding","id","entry":{"kind","identity","facts"},"target","harm","verdict","score","assumed",'
        '"hops":[{"source","target","technique","strength","verdict","conditions","evidence"}],"reason","factors"}',
        roaming.paths,
    ),
    Command(
        "chokes",
        "what many paths share, by what would be gone without it",
        "Nodes, and statements, memberships or the like with all hops that they make together. `score` is how much the "
        "scores of the findings sum up to less without it, `removed` are the findings that have no way left. The "
        "heaviest candidates are weighed, each for the findings whose shown path goes through it.",
        '{"node","evidence","edges","score","removed","weakened","through"}',
        standing.chokes,
    ),
    Command(
        "dangers",
        "each harm to each target, whoever starts anywhere",
        "By score. Ways that share a choke point are not counted twice. `dominators` are the nodes that every way to "
        "it goes through, nearest the target first.",
        '{"harm","target","score","dominators","findings","factors"}',
        standing.dangers,
    ),
    Command(
        "exposure",
        "who reaches each node, and what it reaches",
        "Counts of real entry points by kind, of own identities taken as breached, and of what the node can become "
        "and harm. Conditional and unknown ways count. Nodes that are alike in all of it share a line.",
        '{"nodes","entries":{"key",…},"identities","becomes","harms","targets"}',
        standing.exposure,
    ),
    Command(
        "administrators",
        "who owns an account to begin with, and by what",
        "`folded` counts the harms within the account that go without saying, `entries` how an attacker could start as "
        "this identity.",
        '{"account","identity","verdict","rule","entries","folded","evidence"}',
        standing.administrators,
    ),
    Command(
        "agents",
        "how much more an agent reaches than those who may talk to it",
        "`reach` and `usual` weigh what the agent reaches by its tools and what the median of its callers reaches, "
        "`ratio` is the one by the other, null where the median reaches nothing. `flagged` are agents that hand "
        "something sensitive to callers who do not reach it themselves.",
        '{"agent","ratio","flagged","reach","usual","callers","winners","sensitive":[{"harm","target"}]}',
        standing.agents,
    ),
    Command(
        "latent",
        "what would work as soon as something were there to do it with",
        "As `edges --latent`, but identities that could do the same to the same share a line.",
        '{"technique","identities","targets","verdict","assumed"}',
        standing.latent,
    ),
    Command(
        "reach",
        "all that an identity can become and all harms within its reach",
        "With the best verdict and the least number of hops. What it can become has the harm `become`; of several "
        "identities, each line says `from` which.",
        '{"target","harm","verdict","hops"}',
        roaming.reach,
    ),
    Command(
        "diff",
        "which paths opened, closed or changed between two estates, and by which change",
        "`path` is the new one; of what was closed, the old one. `because` names each hop that came or went, with the "
        "statement, binding, membership, node, attribute or gap that changed, and sums it up in `words`. `rechecked` "
        "is false where a path is gone only because what it hung on was not read this time: that does not mean safe.",
        '{"change":"opened|closed|changed","path":{…},"was":{"path","verdict","score"},'
        '"because":{"words","hops":[{"source","target","technique","was","now","causes":[{"what","change","name",'
        '"place","before","after","words"}]}]},"rechecked"}',
        changes.diff,
        several=False,
    ),
    Command(
        "rights",
        "which rights collecting needs, as files for the tool that gives them",
        "They are exactly those of the calls that are made: nothing is written, and no content is read. Without "
        "`--format` the ways of giving them are listed. A single file goes to standard output, several go into a "
        "folder. No snapshot is read.",
        '{"format","about","files":[…]}',
        granting.rights,
    ),
)
_WITHOUT_SNAPSHOTS = frozenset({"decide", "rights"})


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(prog="python -m graph", description=ABOUT, allow_abbrev=False)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(
            command.name,
            help=command.answers,
            description=f"Answers {command.answers}. {command.more}",
            allow_abbrev=False,
        )
        one.set_defaults(run=command.run)
        if command.name not in _WITHOUT_SNAPSHOTS:
            _add_snapshots(one, command.several)
        _OWN[command.name](one)
    return whole


def _add_snapshots(one: argparse.ArgumentParser, several: bool) -> None:
    if several:
        one.add_argument("snapshots", nargs="+", metavar="SNAPSHOT", help="a file, folder or archive to read")
    else:
        one.add_argument("old", metavar="OLD", help="a file, folder or archive: how it was")
        one.add_argument("new", metavar="NEW", help="a file, folder or archive: how it is")
    one.add_argument("--format", choices=["jsonl", "table"], help="default: a table on a terminal, else JSON lines")
    one.add_argument(
        "--collected-at",
        metavar="TIME",
        help="when the snapshots were taken, if they do not say; without it, conditions on the date stay undecided",
    )
    one.add_argument("--scope", metavar="ID", help="which account, project or the like they are of, if they do not say")


def _decide(one: argparse.ArgumentParser) -> None:
    one.add_argument("--cloud", required=True, metavar="KEY", help="whose requests they are")


def _rights(one: argparse.ArgumentParser) -> None:
    one.add_argument("--cloud", required=True, metavar="KEY", help="the cloud to collect from")
    one.add_argument("--format", metavar="F", help="one way of giving them")
    words = "write the files here; one that is there and says something else is never overwritten"
    one.add_argument("--output", metavar="FOLDER", help=words)


def _nothing(one: argparse.ArgumentParser) -> None:
    """A command without options of its own."""


def _who_can(one: argparse.ArgumentParser) -> None:
    one.add_argument("--action", required=True, metavar="A", help="the action, as its cloud writes it")
    one.add_argument("--resource", metavar="R", help="one resource, by its key")


def _can(one: argparse.ArgumentParser) -> None:
    one.add_argument("--identity", required=True, metavar="I", help="the identity, by its key")
    one.add_argument("--action", metavar="A", help="one action only")


def _explain(one: argparse.ArgumentParser) -> None:
    asked = (("--identity", "I", "the identity"), ("--action", "A", "the action"), ("--resource", "R", "the resource"))
    for flag, metavar, words in asked:
        one.add_argument(flag, required=True, metavar=metavar, help=f"{words}, by its key")


def _edges(one: argparse.ArgumentParser) -> None:
    words = "instead: the ways that need an existing host of which none is there"
    one.add_argument("--latent", action="store_true", help=words)


def _paths(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--from",
        dest="origin",
        metavar="I",
        help="start here; shell-style patterns are taken. An identity that is no entry point is taken as breached",
    )
    one.add_argument("--to", metavar="T", help="end on these targets; shell-style patterns are taken")
    one.add_argument("--harm", choices=list(HARMS), metavar="H", help=f"one harm: {', '.join(HARMS)}")
    kinds = [str(kind) for kind in EntryKind]
    one.add_argument(
        "--entry",
        choices=kinds,
        metavar="KIND",
        help=f"one kind of entry point: {', '.join(kinds)}; the last: all of the estate's own identities",
    )
    one.add_argument("--limit", type=_positive, metavar="N", help="show the first N; the number left out is noted")
    one.add_argument("--max-hops", type=_positive, metavar="N", help="paths of at most N hops")
    words = f"not only one witness: also up to {MOST - 1} other ways, at most {DETOUR} hops longer than the shortest"
    one.add_argument("--all", action="store_true", help=words)
    words = "the best N ways of each finding, each of which goes without something that those before hang on"
    one.add_argument("--ways", type=_positive, metavar="N", default=1, help=words)
    _weighed(one)
    _alike(one)


def _weighed(one: argparse.ArgumentParser) -> None:
    words = "a file of weights to lay over the shipped table, as JSON; it may hold just what differs"
    one.add_argument("--weights", metavar="FILE", help=words)


def _alike(one: argparse.ArgumentParser) -> None:
    words = "what is the same but for the account or the like: one line with a count, or each listed; default: "
    words += "counted in a table, listed in JSON lines, where a counted line says in `also` which the others are"
    one.add_argument("--alike", choices=["count", "list"], help=words)


def _diff(one: argparse.ArgumentParser) -> None:
    _weighed(one)
    kinds = [str(kind) for kind in EntryKind]
    words = "compare the paths from this kind of entry point only; the last: from all of the estates' own identities"
    one.add_argument("--entry", choices=kinds, metavar="KIND", help=f"{words}: {', '.join(kinds)}")


def _reach(one: argparse.ArgumentParser) -> None:
    words = "whose reach; shell-style patterns are taken"
    one.add_argument("--from", dest="origin", required=True, metavar="I", help=words)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is no number from 1 upwards")
    return int(text)


_OWN: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "decide": _decide,
    "inspect": _nothing,
    "who-can": _who_can,
    "can": _can,
    "explain": _explain,
    "edges": _edges,
    "paths": _paths,
    "chokes": _weighed,
    "dangers": _weighed,
    "exposure": _alike,
    "administrators": _alike,
    "agents": _nothing,
    "latent": _alike,
    "reach": _reach,
    "diff": _diff,
    "rights": _rights,
}
