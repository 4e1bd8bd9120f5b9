"""The numbers that scores are made of: a versioned table, `data/weights.json`, over which a user may lay an own.

All are assumptions, shown as such beside every score. Effort is in bits: a step of b bits succeeds one time in 2^b.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson

from graph.model import Edge, EntryKind, Verdict

SHIPPED_AT = Path(__file__).parent / "data" / "weights.json"
Numbers = Mapping[str, float]
# (section, part) → the range its numbers must lie in
_RANGES: Mapping[tuple[str, ...], tuple[float, float]] = {
    ("bits", "edge_classes"): (0, 64),
    ("bits", "families"): (0, 64),
    ("bits", "rules"): (0, 64),
    ("bits", "verdicts"): (0, 64),
    ("conditions",): (0, 64),
    ("priors",): (0, 1),
    ("harms",): (0, 10),
    ("targets",): (0, 10),
    ("criticality",): (0, 5),
    ("oversight",): (0, 10),
    ("other",): (0, 10),
}
# Parts that may name what the shipped ones do not.
_OPEN = frozenset({("bits", "families"), ("bits", "rules"), ("priors",), ("criticality",)})


class WeightsError(Exception):
    """A table that cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Weights:
    """One whole table. Of an edge's numbers the finest counts: its rule's, else its family's, else its class's."""

    name: str
    edge_classes: Numbers
    families: Numbers
    rules: Numbers
    verdicts: Numbers
    conditions: Numbers
    priors: Numbers
    harms: Numbers
    targets: Numbers
    criticality: Numbers
    oversight: Numbers
    other: Numbers

    @cached_property
    def version(self) -> str:
        """The table's name and a hash of all its numbers: whatever could change a score changes this."""
        whole = orjson.dumps({key: dict(numbers) for key, numbers in self._parts()}, option=orjson.OPT_SORT_KEYS)
        return f"{self.name}.{hashlib.sha256(whole).hexdigest()[:12]}"

    def _parts(self) -> Iterator[tuple[str, Numbers]]:
        for path in _RANGES:
            yield path[-1], getattr(self, path[-1])

    def bits(self, edge: Edge, family: str) -> float:
        """The effort of one step: that of how it is done and that of its verdict."""
        return self.technique_bits(edge, family) + self.verdicts[edge.verdict]

    def technique_bits(self, edge: Edge, family: str) -> float:
        for name in (edge.rule, edge.rule.partition(".")[2]):  # with its cloud, or in all clouds
            if name in self.rules:
                return self.rules[name]
        return self.families.get(family, self.edge_classes.get(edge.edge_class, 0))

    def prior(self, kind: EntryKind, traits: tuple[str, ...]) -> tuple[str, float]:
        """How likely it is that somebody starts here, under which key: the likeliest of its traits, else its kind's."""
        found = [key for key in (f"{kind}.{trait}" for trait in sorted(traits)) if key in self.priors]
        key = max(found, key=lambda name: self.priors[name], default=str(kind))
        return key, self.priors[key]

    def harm(self, harm: str) -> float:
        return self.harms.get(harm, self.other["harm"])

    def critical(self, kinds: tuple[str, ...], said: str = "") -> float:
        """0 to 5: as is said of a target, by number or a word of the table; else half its weightiest kind's weight."""
        if said in self.criticality:
            return self.criticality[said]
        if said.replace(".", "", 1).isdecimal():
            return min(float(said), 5.0)
        return max((self.targets[kind] for kind in kinds if kind in self.targets), default=self.other["target"]) / 2


def load(path: Path, under: Weights | None = None) -> Weights:
    """A table from a file. What it leaves out is as in `under`, or must be there if there is none.

    Raises WeightsError with the place and what is wrong there.
    """
    try:
        said = orjson.loads(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise WeightsError(f"{path} is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from error
    return _table(said, str(path), under)


def laid_over(said: object, under: Weights, where: str) -> Weights:
    """A table from what was said, whatever it leaves out being as in `under`. Raises WeightsError."""
    return _table(said, where, under)


def _table(said: object, where: str, under: Weights | None) -> Weights:
    whole = _object(said, where)
    _known(whole, {"name", *(path[0] for path in _RANGES)}, where)
    bits = f"{where}: bits"
    _known(_object(whole.get("bits", {}), bits), {path[1] for path in _RANGES if path[0] == "bits"}, bits)
    name = whole.get("name", "own")
    if not isinstance(name, str) or not name:
        raise WeightsError(f"{where}: name must be a text.")
    parts = {path[-1]: _part(whole, path, where, getattr(under, path[-1], None)) for path in _RANGES}
    _consistent(parts["verdicts"], parts["oversight"], where)
    return Weights(name, **parts)


def _part(whole: Mapping[str, object], path: tuple[str, ...], where: str, under: Numbers | None) -> Numbers:
    """One part's numbers, laid over those of the table below."""
    place, inside = f"{where}: {'.'.join(path)}", whole
    for step in path[:-1]:
        inside = _object(inside.get(step, {}), place)
    said = _object(inside.get(path[-1], {}), place)
    if under is not None and path not in _OPEN:
        _known(said, set(under), place)
    if path == ("priors",):
        _known({key.partition(".")[0]: None for key in said}, tuple(EntryKind), place)
    own = {key: _number(number, _RANGES[path], f"{place}.{key}") for key, number in said.items()}
    return dict(sorted({**(under or {}), **own}.items()))


def _number(value: object, within: tuple[float, float], place: str) -> float:
    low, high = within
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise WeightsError(f"{place} must be a number from {low} to {high}, not {_shown(value)}.")
    return float(value)


def _consistent(verdicts: Numbers, oversight: Numbers, where: str) -> None:
    """Or a grant could lower a score, and a denial, a log or a guard raise one."""
    if verdicts[Verdict.ALLOWED] > min(verdicts[Verdict.CONDITIONAL], verdicts[Verdict.UNKNOWN]):
        raise WeightsError(f"{where}: bits.verdicts.allowed must not be more than those of the other verdicts.")
    if oversight["unlogged"] < 1:
        raise WeightsError(f"{where}: oversight.unlogged must not be less than 1.")
    if oversight["guarded"] > 1:
        raise WeightsError(f"{where}: oversight.guarded must not be more than 1.")


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise WeightsError(f"{place} must be a JSON object, not {_shown(value)}.")
    return value


def _known(said: Mapping[str, object], known: Collection[str], place: str) -> None:
    for key in said:
        if key not in known:
            raise WeightsError(f"{place} has no `{key}`; there are: {', '.join(sorted(known))}.")


def _shown(value: object) -> str:
    return orjson.dumps(value).decode()[:40]


SHIPPED = load(SHIPPED_AT)
