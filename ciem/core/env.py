"""Read settings from the environment, loudly, and remember each one for the reference page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


class SettingError(Exception):
    """A setting that is missing or means nothing. The message names the variable and what it accepts."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable as the reference page shows it."""

    name: str
    kind: str
    default: str
    help: str


_declared: dict[str, Setting] = {}


def declared() -> tuple[Setting, ...]:
    """Every setting read so far, sorted by name."""
    return tuple(_declared[name] for name in sorted(_declared))


def _declare(name: str, kind: str, default: str, words: str) -> None:
    _declared[name] = Setting(name, kind, default, words)


def text(name: str, default: str, words: str, *, shown: str | None = None) -> str:
    """A plain value. `shown` replaces the default on the reference page where it depends on the machine."""
    _declare(name, "text", default if shown is None else shown, words)
    return os.environ.get(name, default)


def flag(name: str, default: bool, words: str) -> bool:
    """Yes or no. Anything but 1, 0, true, false, yes, no, on, off stops the start."""
    _declare(name, "flag", "yes" if default else "no", words)
    value = os.environ.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        raise SettingError(f"{name} is `{value}`; write yes or no")
    return default


def number(name: str, default: int, words: str, *, least: int = 0) -> int:
    """A whole number of at least `least`."""
    _declare(name, "number", str(default), words)
    value = os.environ.get(name, "").strip() or str(default)
    if not value.isdecimal() or int(value) < least:
        raise SettingError(f"{name} is `{value}`; write a whole number of at least {least}")
    return int(value)


def names(name: str, default: tuple[str, ...], words: str) -> list[str]:
    """A list separated by commas."""
    _declare(name, "list", ",".join(default), words)
    value = os.environ.get(name)
    return list(default) if value is None else [part.strip() for part in value.split(",") if part.strip()]


def path(name: str, default: Path, words: str, *, shown: str) -> Path:
    """A file or folder, absolute or relative to the working directory."""
    _declare(name, "path", shown, words)
    return Path(os.environ.get(name) or default).expanduser().resolve()


def secret(name: str, words: str) -> str:
    """NAME, or the content of the file that NAME_FILE names, or "" when neither is set.

    A pointer to a file that is missing or empty stops the start: silently going on without the secret would be worse.
    """
    _declare(name, "secret", "", f"{words} {name}_FILE may name a file that holds it.")
    pointer = os.environ.get(f"{name}_FILE")
    if not pointer:
        return os.environ.get(name, "")
    try:
        value = Path(pointer).read_text().strip()
    except OSError as error:
        raise SettingError(f"{name}_FILE names `{pointer}`, which cannot be read: {error.strerror}") from error
    if not value:
        raise SettingError(f"{name}_FILE names `{pointer}`, which is empty")
    return value
