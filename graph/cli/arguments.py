"""Commands, options and their help; `docs/cli.md` is made from the same words."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from graph.analysis.alternatives import DETOUR, MOST
from graph.cli import asking, roaming
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
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it answers, and the members of a line of its JSON."""

    name: str
    answers: str
    more: str
    line: str
    run: Callable[[argparse.Namespace], bool]


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
        "From each place where an attacker starts to each harm: surest first, then shortest, then by id. One witness "
        "for each finding. What only restates that an account can be taken over is left out. If there is none, "
        "standard error says why: without entry points in the snapshots no path can begin, and that does not mean "
        "safe.",
        '{"finding","id","entry":{"kind","identity"},"target","harm","verdict","score","assumed",'
        '"hops":[{"source","target","technique","strength","verdict","conditions","evidence"}],"reason"}',
        roaming.paths,
    ),
    Command(
        "reach",
        "all that an identity can become and all harms within its reach",
        "With the best verdict and the least number of hops. What it can become has the harm `become`; of several "
        "identities, each line says `from` which.",
        '{"target","harm","verdict","hops"}',
        roaming.reach,
    ),
)


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
        if command.name != "decide":
            _add_snapshots(one)
        _OWN[command.name](one)
    return whole


def _add_snapshots(one: argparse.ArgumentParser) -> None:
    one.add_argument("snapshots", nargs="+", metavar="SNAPSHOT", help="a file, folder or archive to read")
    one.add_argument("--format", choices=["jsonl", "table"], help="default: a table on a terminal, else JSON lines")
    one.add_argument(
        "--collected-at",
        metavar="TIME",
        help="when the snapshots were taken, if they do not say; without it, conditions on the date stay undecided",
    )
    one.add_argument("--scope", metavar="ID", help="which account, project or the like they are of, if they do not say")


def _decide(one: argparse.ArgumentParser) -> None:
    one.add_argument("--cloud", required=True, metavar="KEY", help="whose requests they are")


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
    "reach": _reach,
}
