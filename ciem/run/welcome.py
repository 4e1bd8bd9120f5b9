"""The demo's user as kept in the home folder, and the lines that greet whoever started it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Welcome:
    """`is_complete` says that the demo estate is imported; an empty password, that somebody has changed it."""

    user: str
    password: str
    is_complete: bool = False


def _place(home: Path) -> Path:
    return home / "demo.json"


def keep(home: Path, welcome: Welcome) -> None:
    """Write it down for the next start; only the owner of the home folder can read it."""
    place = _place(home)
    place.touch(mode=0o600)
    place.chmod(0o600)
    place.write_text(json.dumps(asdict(welcome)))


def kept(home: Path) -> Welcome | None:
    """What was written down, if anything."""
    try:
        return Welcome(**json.loads(_place(home).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def words(address: str, welcome: Welcome) -> str:
    """Where to look and how to get in."""
    return "\n".join(
        (
            "",
            f"  Overview      {address}",
            f"  Attack paths  {address}paths/",
            f"  Sign in as    {welcome.user}",
            f"  Password      {welcome.password or '(it was changed)'}",
            "  Stop          Ctrl-C",
            "",
        )
    )
