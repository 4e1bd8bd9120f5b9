"""Whether a call on data is among what a trail or an event data store records, as its selectors say.

Answers are True, False or None, which is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph.clouds.aws.read.estate import Record, text, texts, values
from graph.model import Json

Answer = bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call on data: the type of resource as CloudTrail names it, the event's name, and what it is done to.

    `below` begins the ARNs of what it may be done to; with `whole` it is such an ARN itself.
    """

    type: str
    name: str
    reads: bool
    below: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Recorder:
    """A trail or an event data store. `region` is "" for all of them, `selectors` None where they were not read."""

    arn: str
    account: str
    region: str
    organization: bool
    running: Answer
    selectors: tuple[Record, ...] | None

    def records(self, call: Call, region: str) -> Answer:
        if (self.region and region and self.region != region) or self.running is False:
            return False
        if self.selectors is None:
            return None
        found = any_of(_selected(selector, call) for selector in self.selectors)
        sure = self.running is True and (not self.region or bool(region))
        return found if found is not True or sure else None


def any_of(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return True if True in found else None if None in found else False


def records_at(record: Record, *paths: str) -> Iterator[Record]:
    return (item for path in paths for item in values(record, path) if isinstance(item, dict))


def _selected(selector: Record, call: Call) -> Answer:
    if "FieldSelectors" in selector:
        fields = [_field(field, call) for field in records_at(selector, "FieldSelectors")]
        return False if False in fields else None if None in fields else True
    wanted = text(selector, "ReadWriteType") or "All"
    if wanted != "All" and (wanted == "ReadOnly") != call.reads:
        return False
    here = (one for one in records_at(selector, "DataResources") if text(one, "Type") == call.type)
    return any_of(_beneath(value, call) for one in here for value in texts(one, "Values"))


def _field(field: Record, call: Call) -> Answer:
    """One field of an advanced selector: all its operators must let the call through.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
    """
    name = text(field, "Field")
    if name == "resources.ARN":
        return _by_arn(field, call)
    known = {
        "eventCategory": "Data",
        "resources.type": call.type,
        "eventName": call.name,
        "readOnly": "true" if call.reads else "false",
    }
    return _fits(field, known[name]) if name in known else None  # such as who calls, or from where


def _fits(field: Record, value: str) -> bool:
    told = (
        ("Equals", value.__eq__),
        ("StartsWith", value.startswith),
        ("EndsWith", value.endswith),
        ("NotEquals", value.__ne__),
        ("NotStartsWith", lambda given: not value.startswith(given)),
        ("NotEndsWith", lambda given: not value.endswith(given)),
    )
    return all(
        (all if operator.startswith("Not") else any)(test(given) for given in texts(field, operator))
        for operator, test in told
        if texts(field, operator)
    )


def _by_arn(field: Record, call: Call) -> Answer:
    """What lies beneath the place is recorded, all of it or some; what single names leave out is little."""
    inside = any_of(
        _beneath(value, call) if operator == "StartsWith" else _is(value, call)
        for operator in ("Equals", "StartsWith")
        for value in texts(field, operator)
    )
    if not texts(field, "Equals") and not texts(field, "StartsWith"):
        inside = True
    outside = any_of(_beneath(value, call) for value in texts(field, "NotStartsWith"))
    odd: list[Json] = [*values(field, "EndsWith"), *values(field, "NotEndsWith"), *_named(field, call)]
    if inside is False or outside is True:
        return False
    return None if odd or inside is None or outside is None else True


def _named(field: Record, call: Call) -> Iterator[str]:
    """Names that are left out and are the very place, or in it."""
    return (value for value in texts(field, "NotEquals") if _is(value, call) is not False)


def _is(value: str, call: Call) -> Answer:
    if call.whole:
        return value == call.below
    return None if value.startswith(call.below) else False


def _beneath(value: str, call: Call) -> Answer:
    """Whether everything of the place begins so; None for a part of it."""
    if call.below.startswith(value):
        return True
    return None if value.startswith(call.below) and not call.whole else False
