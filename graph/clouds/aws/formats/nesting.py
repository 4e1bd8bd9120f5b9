"""How deep JSON is nested, told before it is parsed, at the speed of the file."""

from __future__ import annotations

import numpy as np

_KEPT = b'[]{}"'
_OTHERS = bytes(set(range(256)) - set(_KEPT))
_CHUNK = 4_000_000
_STEP = np.zeros(256, dtype=np.int8)
_STEP[[ord("["), ord("{")]] = 1
_STEP[[ord("]"), ord("}")]] = -1


def deeper_than(limit: int, data: bytes) -> bool:
    """Whether JSON is nested deeper than a limit. Most has fewer brackets than that to begin with."""
    return data.count(b"{") + data.count(b"[") > limit and nesting(data) > limit


def nesting(data: bytes) -> int:
    """The greatest depth of brackets outside strings. Exact for JSON; for anything else some number."""
    # A run of backslashes pairs up from the left, as in the JSON grammar; what stays before a quote escapes it.
    marks = data.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _OTHERS)
    deepest = depth = quotes = 0
    for start in range(0, len(marks), _CHUNK):
        chunk = np.frombuffer(marks, dtype=np.uint8, count=min(_CHUNK, len(marks) - start), offset=start)
        seen = np.cumsum(chunk == ord('"'), dtype=np.int32) + quotes
        levels = np.cumsum(np.where(seen % 2 == 0, _STEP[chunk], 0), dtype=np.int32) + depth
        deepest = max(deepest, int(levels.max()))
        depth, quotes = int(levels[-1]), int(seen[-1]) % 2
    return deepest
