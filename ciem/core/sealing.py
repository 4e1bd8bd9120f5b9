"""Seal what must not be read from the database alone; the key lies elsewhere and is not the one that signs sessions."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from ciem.core import keys

LEAST = 32  # characters of a key: it is hashed once, so it must not be a word that can be guessed


class SealError(Exception):
    """A key that cannot be used, or something that none of the keys opens. The message says what to do."""


def seal(words: str) -> str:
    """Seal with the newest key."""
    return _keys().encrypt(words.encode()).decode()


def unseal(token: str) -> str:
    """Open with whichever key it was sealed."""
    try:
        return _keys().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SealError(
            "The credentials were sealed with another key. Give the former key to GRANTPATH_SEALING_KEY, after the "
            "newest and a comma, or type the credentials again."
        ) from error


def sealed_anew(token: str) -> str:
    """The same, sealed with the newest key."""
    return seal(unseal(token))


def new_key() -> None:
    """A new key in the home folder, before the former, which still opens what it sealed."""
    if settings.SEALING_KEY:
        raise SealError("The key is given by GRANTPATH_SEALING_KEY: put a new one there, before the former.")
    _write([secrets.token_urlsafe(64), *_spelt()[:1]])


def forget_old_keys() -> None:
    """Only the newest key in the home folder stays."""
    if settings.SEALING_KEY:
        raise SealError("The keys are given by GRANTPATH_SEALING_KEY: take the former ones away there.")
    _write(_spelt()[:1])


def _place() -> Path:
    return Path(settings.GRANTPATH_HOME) / "sealing_key"


def _spelt() -> list[str]:
    """Newest first. Read at each use: another process may have made a new one."""
    return (settings.SEALING_KEY or keys.kept(_place())).replace(",", " ").split()


def _keys() -> MultiFernet:
    spelt = _spelt()
    if not spelt or min(map(len, spelt)) < LEAST:
        raise SealError(f"Each key in GRANTPATH_SEALING_KEY needs at least {LEAST} characters, as random as can be.")
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in spelt])


def _write(spelt: list[str]) -> None:
    """Replaced in one step: whoever reads sees the old keys or the new ones."""
    place = _place()
    aside = place.with_name(f"{place.name}.{os.getpid()}")
    aside.touch(mode=0o600)
    with aside.open("w") as file:
        file.write("\n".join(spelt))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(place)
