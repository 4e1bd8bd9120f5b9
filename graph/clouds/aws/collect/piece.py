"""Collect one piece: ask each of its calls for all arguments that its lists name, and write what AWS says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from graph.clouds.aws.collect.asking import Budget, Caller, Error, Told
from graph.clouds.aws.collect.calls import batch
from graph.clouds.aws.collect.plan import Place, operations_of, services_of
from graph.clouds.aws.formats.answers import Reading, interpret
from graph.clouds.aws.formats.cleaning import clean
from graph.clouds.aws.formats.collection import CLOUD, Collection, Question, entries, listed
from graph.clouds.aws.formats.errors import remedy
from graph.clouds.aws.formats.expect import Expectations
from graph.clouds.aws.formats.operations import Operation, operations
from graph.model import Gap, Json

CONNECTIONS = 4  # at a time, to one service of one account
_SERVICES = 4  # at a time, in one piece
_TELL = 0.5  # seconds
_TOGETHER = {"identitystore": "sso-admin"}  # its calls take their arguments from the other's lists

Tell = Callable[[int, str], None]


def collect_place(
    place: Place, client: Callable[[str, str], Any], folder: Path, tell: Tell, budget: Budget | None = None
) -> list[Gap]:
    """Write the answers below `aws/<account>/<region>/`; the gaps among them. What `tell` raises ends it."""
    region = place.home if place.region == "global" else place.region
    caller = Caller(place.account, region, client, budget or Budget())
    where = folder / "aws" / place.account / place.region
    where.mkdir(parents=True, exist_ok=True)
    chains = _chains(operations_of(place))
    pool = ThreadPoolExecutor(_SERVICES)
    try:
        futures = [pool.submit(_Chain(place, caller, where).run, chain) for chain in chains]
        _watch(futures, caller, tell, " ".join((place.account, place.region)))
        return [gap for future in futures for gap in future.result()]
    finally:
        caller.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def closed(place: Place, error: Error) -> list[Gap]:
    """The gaps of a piece of which nothing was asked."""
    words = ": ".join(filter(None, error))
    calls = [f"{service}-*" for service in services_of(place)] if place.region != "all" else ["*"]
    region = place.region if place.region != "all" else "*"
    cure = "Check that the role is there, trusts the collecting identity and asks for this external id; collect again."
    return [Gap(CLOUD, place.account, region, call, (), words, cure) for call in calls]


def _watch(futures: Sequence[Future[list[Gap]]], caller: Caller, tell: Tell, words: str) -> None:
    """Tell how it goes until all is done or something breaks."""
    waiting: set[Future[list[Gap]]] = set(futures)
    while waiting:
        tell(caller.calls.total(), words)
        done, waiting = wait(waiting, timeout=_TELL, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
    tell(caller.calls.total(), words)


def _chains(some: Iterable[Operation]) -> list[list[Operation]]:
    """Calls that wait for each other, by service; the chains can be followed side by side."""
    chains: dict[str, list[Operation]] = defaultdict(list)
    for operation in some:
        chains[_TOGETHER.get(operation.service, operation.service)].append(operation)
    return [chain for _, chain in sorted(chains.items())]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked at once: the arguments of the file, and the names of a batch."""

    arguments: tuple[str, ...]
    more: tuple[tuple[str, tuple[str, ...]], ...] = ()


class _Chain:
    """The calls of one service, lists before what they name. The answers so far name the next arguments."""

    def __init__(self, place: Place, caller: Caller, folder: Path) -> None:
        self._place, self._caller, self._folder = place, caller, folder
        self._answers = Collection()

    def run(self, chain: Sequence[Operation]) -> list[Gap]:
        gaps = []
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            try:
                for operation in chain:
                    gaps += self._operation(operation, pool)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return gaps

    def _operation(self, operation: Operation, pool: ThreadPoolExecutor) -> list[Gap]:
        """Ask until the answers name no further arguments: units lie in units."""
        bodies: dict[tuple[str, ...], list[dict[str, Json]]] = {}
        gaps: list[Gap] = []
        while asked := [one for one in self._asked(operation) if one.arguments not in bodies]:
            told = list(pool.map(lambda one: self._caller.ask(operation, one.arguments, dict(one.more)), asked))
            by_arguments: dict[tuple[str, ...], list[Told]] = defaultdict(list)
            for one, answer in zip(asked, told, strict=True):
                by_arguments[one.arguments].append(answer)
            for arguments, some in by_arguments.items():
                bodies[arguments] = _body(operation, some)
                gaps += self._keep(operation, arguments, bodies[arguments])
        _write(self._folder, operation, bodies)
        return gaps

    def _asked(self, operation: Operation) -> Iterator[_Asked]:
        expected = Expectations(self._answers, [self._place.account])
        for row in expected.rows(operation, self._place.account, self._place.region):
            if operation.items is None:
                yield _Asked(row.arguments)
            else:
                yield from self._batches(operation, row.arguments)

    def _batches(self, operation: Operation, arguments: tuple[str, ...]) -> Iterator[_Asked]:
        """The names that the list of the same arguments has, as many at a time as the call takes."""
        if operation.items is None:
            return
        source, how = operation.items.source, batch(operation)
        parts = self._answers.answers(self._place.account, self._place.region, source.call)
        same = [part for part in parts if not operations()[source.call].parameters or part.arguments == arguments]
        member = how.member or source.member
        found = [entry for part in same for entry in listed(source, part.response)]
        names = [str(name) for entry in found for name in (entries(entry, member) if member else [entry])]
        for start in range(0, len(names), how.most):
            yield _Asked(arguments, ((how.parameter, tuple(names[start : start + how.most])),))

    def _keep(self, operation: Operation, arguments: tuple[str, ...], pages: list[dict[str, Json]]) -> Iterator[Gap]:
        """Keep an answer as importing it would; its gap, if it is none or not whole."""
        question = Question(self._place.account, self._place.region, operation.name, arguments)
        copy = orjson.loads(orjson.dumps(pages))
        answer = interpret(copy, operation, Reading(self._place.account))
        if answer.response is not None:
            self._answers.keep(question, dict(answer.response), "")
        if answer.gap:
            yield Gap(CLOUD, *question, answer.gap, remedy(answer.gap, operation))


def _body(operation: Operation, told: Sequence[Told]) -> list[dict[str, Json]]:
    """The pages as they are stored: without secrets, and with the error that broke them off."""
    pages = [clean(page, operation.service, operation.shape).response for one in told for page in one.pages]
    errors = [one.error.body for one in told if one.error]
    if pages and not errors and not any(name in operation.members for page in pages for name in page):
        # A service may leave an empty list out, and a file without any member would prove nothing
        pages[-1] |= {name: [] for name, kind in operation.members.items() if kind.startswith("list")}
    return [*pages, *errors]


def _write(folder: Path, operation: Operation, bodies: dict[tuple[str, ...], list[dict[str, Json]]]) -> None:
    if () in bodies:
        (folder / f"{operation.name}.json").write_bytes(orjson.dumps(_single(bodies[()])))
    elif bodies:
        lines = [{"arguments": arguments, "response": _single(pages)} for arguments, pages in bodies.items()]
        packed = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
        (folder / f"{operation.name}.jsonl").write_bytes(packed)


def _single(pages: list[dict[str, Json]]) -> Json:
    return pages[0] if len(pages) == 1 else list(pages)
