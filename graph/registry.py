"""Find plug-ins in a package: one module, one object, no list to keep in step, and loud when something is wrong."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, TypeVar


class Keyed(Protocol):
    """Anything with a stable key of its own."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Keyed)


class PluginError(Exception):
    """A plug-in that is not what its place promises."""


def load(module: str, kind: type[T]) -> T:
    """The `kind` that `module` defines, named like the type in capitals.

    Raises PluginError naming the module when it cannot be imported or holds something else.
    """
    try:
        found = getattr(importlib.import_module(module), kind.__name__.upper())
    except (ImportError, AttributeError) as error:
        raise PluginError(f"`{module}` should define {kind.__name__.upper()}: {error}") from error
    if not isinstance(found, kind):
        raise PluginError(f"`{module}`: {kind.__name__.upper()} is not a {kind.__name__}")
    return found


def discover(package: str, kind: type[T], extra: tuple[str, ...] = ()) -> dict[str, T]:
    """Every plug-in directly under `package` and in the modules named by `extra`, by key, sorted."""
    path = importlib.import_module(package).__path__
    names = [f"{package}.{m.name}" for m in pkgutil.iter_modules(path) if not m.name.startswith("_")]
    found: dict[str, T] = {}
    for name in (*sorted(names), *extra):
        item = load(name, kind)
        if item.key in found:
            raise PluginError(f"`{name}`: the key `{item.key}` is taken")
        found[item.key] = item
    return dict(sorted(found.items()))
