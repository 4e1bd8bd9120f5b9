"""Secrets that this installation makes for itself and keeps in files only it can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept(place: Path) -> str:
    """The secret in this file, made at the first call. Of several processes that make it at once, one wins."""
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = place.with_name(f"{place.name}.{os.getpid()}")
        own.touch(mode=0o600)
        own.write_text(secrets.token_urlsafe(64))
        try:
            os.link(own, place)  # unlike rename, refuses to replace what another process has just made
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return place.read_text().strip()
