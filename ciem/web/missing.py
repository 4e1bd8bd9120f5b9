"""What a path hangs on that could not be read, and which right would close the gap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from django.urls import reverse

from ciem.accounts.models import User
from ciem.paths.models import PolicyDocument
from ciem.paths.witness import Witness
from ciem.scans.models import GapRecord
from ciem.scans.queries import published_snapshots
from ciem.web.states import Note

_WORDS = re.compile(r"[:/|# ]")


def missing(user: User, witness: Witness, documents: Mapping[str, PolicyDocument]) -> Iterator[Note]:
    """One note for each document that decides a hop and was not read, with its remedy where the gap is known."""
    if witness.verdict != "unknown":
        return
    unread = [document for name in witness.documents if (document := documents.get(name)) and document.problem]
    gaps = GapRecord.objects.filter(
        snapshot__in=published_snapshots(user), error__in={document.problem for document in unread}
    ).select_related("snapshot")
    known = tuple(gaps) if unread else ()
    for document in unread:
        yield _note(document, _gap_of(document, known))
    if not unread:
        doubtful = ", ".join(str(i) for i, hop in enumerate(witness.hops, 1) if hop.verdict == "unknown")
        text = f"What is unknown is told at hop {doubtful} below."
        yield Note("gap", "gap", text, reverse("connections"), "What was read")


def _gap_of(document: PolicyDocument, gaps: Iterable[GapRecord]) -> GapRecord | None:
    """The gap whose argument is a word of the document's name and whose error is the document's."""
    words = set(_WORDS.split(document.name))
    return next((gap for gap in gaps if gap.error == document.problem and words & set(gap.arguments)), None)


def _note(document: PolicyDocument, gap: GapRecord | None) -> Note:
    text = f"Not read: {document.name} ({document.problem})."
    if gap is None:
        return Note("gap", "gap", text, reverse("connections"), "What was read")
    href = reverse("connection", args=[gap.snapshot.connection_id]) + "#gaps"
    return Note("gap", "gap", f"{text} {gap.remedy}".rstrip(), href, "See the gap")
