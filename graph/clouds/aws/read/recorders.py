"""What records API calls on data in an account, as its own answers tell: trails and event data stores.

Management events need no trail: for 90 days every account keeps them by itself.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from graph.clouds.aws.read.estate import NOTHING, Place, Record, State, text, values
from graph.clouds.aws.read.reading import Reading
from graph.clouds.aws.read.selectors import Recorder, records_at

TRAILS, STORES = "cloudtrail-describe-trails", "cloudtrail-list-event-data-stores"
_STATUS, _SELECTORS, _STORE = (
    "cloudtrail-get-trail-status",
    "cloudtrail-get-event-selectors",
    "cloudtrail-get-event-data-store",
)
CALLS = frozenset({TRAILS, STORES, _STATUS, _SELECTORS, _STORE})
_STOPPED = ("STOPPED_INGESTION", "PENDING_DELETION")


def regions_read(reading: Reading) -> Mapping[str, tuple[str, ...]]:
    """By account, where its trails were asked for."""
    found: dict[str, list[str]] = defaultdict(list)
    for part in reading.answers.parts(TRAILS):
        found[part.scope].append(part.region)
    return {account: tuple(regions) for account, regions in found.items()}


def recorders(reading: Reading, account: str, regions: Iterable[str]) -> tuple[Recorder, ...]:
    """The trails and event data stores that an account's own answers show; those of its organization are among them."""
    found: dict[str, Recorder] = {}
    places = [Place(account, region) for region in regions]
    for place in places:
        for trail in records_at(reading.answers.one(account, place.region, TRAILS), "trailList"):
            if (arn := text(trail, "TrailARN")) and arn not in found:
                found[arn] = _trail(reading, places, arn, trail)
        for store in records_at(reading.answers.one(account, place.region, STORES), "EventDataStores"):
            arn = text(store, "EventDataStoreArn")
            found[arn] = _store(reading, place, arn)
    return tuple(found[arn] for arn in sorted(found))


def all_known(reading: Reading, account: str, regions: Sequence[str], region: str) -> bool:
    """Whether all trails that record in a region were told, and all event data stores wherever trails were."""
    trails = region in regions or (not region and bool(regions))
    return trails and all(reading.answers.state(account, one, STORES) is State.ASKED for one in regions)


def _trail(reading: Reading, places: Sequence[Place], arn: str, trail: Record) -> Recorder:
    """What is told of it, in whichever region it was asked."""
    everywhere = values(trail, "IsMultiRegionTrail") == (True,)
    selectors = _told(reading, places, _SELECTORS, arn)
    said = values(_told(reading, places, _STATUS, arn) or NOTHING, "IsLogging")
    return Recorder(
        arn,
        places[0].account,
        "" if everywhere else text(trail, "HomeRegion"),
        values(trail, "IsOrganizationTrail") == (True,),
        said[0] if said and isinstance(said[0], bool) else None,
        tuple(records_at(selectors, "EventSelectors", "AdvancedEventSelectors")) if selectors is not None else None,
    )


def _store(reading: Reading, place: Place, arn: str) -> Recorder:
    known = reading.answers.state(place.account, place.region, _STORE, arn) is State.ASKED
    store = reading.answers.one(place.account, place.region, _STORE, arn)
    region = "" if values(store, "MultiRegionEnabled") == (True,) else place.region
    selectors = tuple(records_at(store, "AdvancedEventSelectors")) if known else None
    running = text(store, "Status") not in _STOPPED if known else None
    return Recorder(arn, place.account, region, values(store, "OrganizationEnabled") == (True,), running, selectors)


def _told(reading: Reading, places: Iterable[Place], call: str, arn: str) -> Record | None:
    asked = (p for p in places if reading.answers.state(p.account, p.region, call, arn) is State.ASKED)
    return next((reading.answers.one(p.account, p.region, call, arn) for p in asked), None)
