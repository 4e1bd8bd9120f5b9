"""Read AWS live: every call of the tables, by the SDK, into the folder that importing reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.cloud import Collector, CollectRefusedError, ImportOptions, Piece, Values
from graph.clouds.aws.collect.asking import Error
from graph.clouds.aws.collect.joining import finish, write_manifest
from graph.clouds.aws.collect.piece import CONNECTIONS, closed, collect_place
from graph.clouds.aws.collect.plan import EVERYTHING, Place, accounts, pieces, place_of
from graph.clouds.aws.collect.sessions import FIELDS, Sessions
from graph.model import Gap, Problem
from graph.snapshot import Snapshot, Stored

_CHECKED = 20  # accounts that a check tries to enter


def _check(values: Values) -> tuple[Problem, ...]:
    """What is missing to collect with these values, in words; the first accounts of an organization are entered."""
    sessions = Sessions(values)
    try:
        places = accounts(sessions, values)
    except CollectRefusedError as error:
        return (Problem("", "", str(error)),)
    found = ((place.account, _unentered(sessions, place)) for place in places[:_CHECKED])
    cure = "Check that the role is there and trusts this connection, with the external id that it asks for."
    return tuple(Problem("", account, f"The account cannot be entered: {why}", cure) for account, why in found if why)


def _unentered(sessions: Sessions, place: Place) -> str:
    """Why a session in the account is not to be had."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the SDK loads only where it is used

    try:
        sessions.client(_session(sessions, place), "sts", place.home).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        return str(error)
    return ""


def _session(sessions: Sessions, place: Place) -> Any:
    return sessions.of(place.account, place.partition) if place.assumed else sessions.hub


def _collect(values: Values, piece: Piece, folder: Path, tell: Callable[[int, str], None]) -> list[Gap]:
    """One piece. An account that cannot be entered is a gap, not an error: others can."""
    place, sessions = place_of(piece), Sessions(values)
    began = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    tell(1, piece.words)
    why = _unentered(sessions, place)
    if not why and place.region == EVERYTHING:
        why = "the account could not be entered when the collection began"
    if why:
        gaps = closed(place, Error("", why))
        write_manifest(folder, began, gaps)
        return gaps
    session = _session(sessions, place)
    gaps = collect_place(place, lambda s, r: sessions.client(session, s, r, CONNECTIONS), folder, tell)
    write_manifest(folder, began, ())
    return gaps


def _finish(
    values: Values, folder: Path, lost: Sequence[tuple[Piece, str]], options: ImportOptions
) -> Snapshot | Stored:
    return finish(folder, lost, options)


COLLECTOR = Collector(fields=FIELDS, check=_check, pieces=pieces, collect=_collect, finish=_finish)
