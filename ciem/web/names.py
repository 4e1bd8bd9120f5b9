"""Names are written by strangers: cut long ones, show what hides in them, and put keys into addresses."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote

# Characters that reorder or hide the text around them (Unicode TR36 §2.1 "bidirectional text spoofing"):
# control characters, format characters, surrogates, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN = frozenset("\n\t")
_WIDE = frozenset("WF")


def visible(text: object) -> str:
    """The same text with each hidden or reordering character spelled out as [U+202E]."""
    return "".join(
        f"[U+{ord(c):04X}]" if c not in _PLAIN and unicodedata.category(c) in _HIDDEN else c for c in str(text)
    )


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _fitting(text: str, room: int) -> str:
    taken = 0
    for i, character in enumerate(text):
        taken += _width(character)
        if taken > room:
            return text[:i]
    return text


def shorten(text: str, room: int = 18) -> str:
    """Cut in the middle to so many columns: both ends of a name tell most."""
    if sum(map(_width, text[: room + 1])) <= room and len(text) <= room:
        return text
    head = _fitting(text, (room - 1 + 1) // 2)
    tail = _fitting(text[::-1], room - 1 - (room - 1 + 1) // 2)[::-1]
    return f"{head}…{tail}"


class KeyConverter:
    """A node key as one readable segment of an address: `~` stands for `%`, so that servers leave slashes alone.

    A decoded `%2F` would split the path (PEP 3333 gives applications the decoded path only).
    """

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return unquote(value.replace("~", "%"), errors="strict")

    def to_url(self, value: str) -> str:
        if not value.strip("."):  # browsers take "." and ".." for folders
            return value.replace(".", "~2E")
        return quote(value, safe=":@=,+").replace("~", "%7E").replace("%", "~")
