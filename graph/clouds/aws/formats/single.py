"""One file that holds one answer: most often an account's authorization details, taken from a console or a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats import accounts
from graph.clouds.aws.formats.answers import (
    Opened,
    Reading,
    fitting_operations,
    open_file,
    read,
)
from graph.clouds.aws.formats.archive import kind_of_archive
from graph.clouds.aws.formats.collection import Attempt, Collection, Question
from graph.clouds.aws.formats.errors import error_in, error_line
from graph.clouds.aws.formats.finishing import finish
from graph.clouds.aws.formats.layout import call_name
from graph.clouds.aws.formats.operations import GLOBAL, Operation, operations
from graph.model import Json
from graph.snapshot import Snapshot

_SMALL = 1_000_000
_HEAD = 200_000
_DETAILS = re.compile(rb'"(UserDetailList|GroupDetailList|RoleDetailList)"\s*:\s*\[')


def recognise(path: Path) -> bool:
    """Whether a file holds, or is named after, an answer of the tables. A big one is judged by its beginning."""
    try:
        if not path.is_file() or path.stat().st_size == 0 or kind_of_archive(path):
            return False
        if _named(path) is not None:
            return True
        with path.open("rb") as file:
            head = file.read(_SMALL)
        return _looks_like_details(head) or (path.stat().st_size <= _SMALL and bool(_candidates(head)))
    except (OSError, ValueError, ImportRefusedError):
        return False


def _named(path: Path) -> Operation | None:
    return operations().get(call_name(path.name.removesuffix(".json")))


def _looks_like_details(head: bytes) -> bool:
    plain = head[:_HEAD].replace(b"\0", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    return _DETAILS.search(plain) is not None


def _candidates(data: bytes) -> list[Operation]:
    """The calls that the content fits; for an error line of the CLI, the call that failed."""
    try:
        opened = open_file(data, (), 200)
    except ImportRefusedError:
        return []
    if opened.trouble is not None:
        error = error_line(opened.trouble.text)
        return [o for o in operations().values() if error and o.api == error.api]
    return fitting_operations(opened.pages[0]) if opened.pages else []


def load(path: Path, options: ImportOptions) -> Snapshot:
    """The snapshot of one call. Raises ImportRefusedError where nothing can be read."""
    if path.stat().st_size > options.limits.bytes:
        raise ImportRefusedError(f"`{path.name}` has more than {options.limits.bytes:,} bytes, the limit.")
    opened = open_file(path.read_bytes(), (), options.limits.nesting)
    if opened.pages is None:
        raise _refused(path, opened)
    operation = _operation(path, opened.pages)
    account, region = _place(path, operation, opened.pages, options)
    arguments = _arguments(path, operation, opened.pages)
    answer = read(opened, operation, Reading(account))
    if answer.response is None:
        raise ImportRefusedError(f"`{path.name}`: {answer.gap}. Nothing in it can be read; collect it again.")
    collection = Collection()
    collection.add(Question(account, region, operation.name, arguments), Attempt(answer, path.name))
    return finish(collection, [account], None, options)


def _refused(path: Path, opened: Opened) -> ImportRefusedError:
    """Why a file without an answer is of no use."""
    if opened.trouble is None:
        return ImportRefusedError(f"`{path.name}` is JSON, but no AWS answer: neither an object nor a list of pages.")
    if error := error_line(opened.trouble.text):
        return ImportRefusedError(f"`{path.name}` holds an error, not an answer: {error}. Collect it again.")
    where = f" at {opened.place}" if opened.place else ""
    return ImportRefusedError(f"`{path.name}` is malformed: {opened.trouble.what}{where}. Collect it again.")


def _operation(path: Path, pages: list[dict[str, Json]]) -> Operation:
    """The call that the content fits; where several do, the one that the file is named after."""
    named, first = _named(path), pages[0] if pages else {}
    if error := error_in(first):
        raise ImportRefusedError(f"`{path.name}` holds an error, not an answer: {error}. Collect it again.")
    if operations()[accounts.IAM].members.keys() & first.keys() - {"Policies"} and not named:
        return operations()[accounts.IAM]
    fitting = fitting_operations(first)
    if named is not None and (named in fitting or not fitting):
        return named
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(f"{o.name}.json" for o in fitting[:5])
    raise ImportRefusedError(
        f"`{path.name}` could be the answer of {'several calls' if fitting else 'no call'} that are read. "
        f"Name it after its call{f' ({names})' if names else ''}, or put it into `aws/<account>/<region>/`."
    )


def _place(path: Path, operation: Operation, pages: list[dict[str, Json]], options: ImportOptions) -> tuple[str, str]:
    """The account and region that the answer's own ARNs name."""
    named = accounts.named_by_identity(pages) if operation.name == accounts.IDENTITY else set()
    named = named or accounts.named_by_arns(operation.name, pages)
    account = accounts.settled(named, options, f"`{path.name}`")
    regions = accounts.regions_named(operation.name, pages)
    if operation.is_global or len(regions) == 1:
        return account, operation.region(min(regions, default=GLOBAL))
    raise ImportRefusedError(
        f"`{path.name}` does not say which region it is of. Put it into `aws/{account}/<region>/{operation.name}.json`."
    )


def _arguments(path: Path, operation: Operation, pages: list[dict[str, Json]]) -> tuple[str, ...]:
    """The arguments of the call, where the answer repeats them."""
    found = []
    for parameter in operation.parameters:
        value = next((v for page in pages for v in _values(page, parameter.name)), None)
        if value is None:
            raise ImportRefusedError(
                f"`{path.name}` does not say which {parameter.name} it is of. Put it into a snapshot folder, "
                f"as `{operation.name}/<{parameter.name}>.json`."
            )
        found.append(value)
    return tuple(found)


def _values(page: dict[str, Json], name: str) -> Iterator[str]:
    for inner in (page, *(v for v in page.values() if isinstance(v, dict))):
        if isinstance(value := inner.get(name), str):
            yield value
