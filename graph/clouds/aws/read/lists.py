"""What has a list of its own, beside all policies, of who may do what: search collections and the tables of a lake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from graph.clouds.aws.facts import Resource
from graph.clouds.aws.read.estate import Place, Record, State, text, texts, values
from graph.clouds.aws.read.purpose import by_words, objects_at
from graph.clouds.aws.read.reading import Mark, Reading, Thing, partition, resource
from graph.clouds.aws.read.sorts import Item, Sort, items, thing, things
from graph.model import Json

COLLECTIONS = Sort(
    "aoss:collection",
    "collection",
    "OpenSearch collection",
    "opensearchserverless-list-collections",
    "collectionSummaries",
    "arn",
    "name",
)
WORK_GROUPS = Sort(
    "athena:workgroup",
    "work-group",
    "Athena work group",
    "athena-list-work-groups",
    "WorkGroups",
    "arn:{partition}:athena:{region}:{account}:workgroup/{Name}",
    "Name",
)
SORTS = (COLLECTIONS, WORK_GROUPS)
ANYBODY = "*"
_EVERYBODY = frozenset({"IAM_ALLOWED_PRINCIPALS", "EVERYONE"})
Names = Mapping[str, tuple[str, ...]]  # by permission, the identities that have it


def read_lists(reading: Reading) -> Iterator[Thing]:
    """Collections with what their data access policies say, tables with their permissions in Lake Formation."""
    for item in items(reading, COLLECTIONS):
        yield from thing(reading, item, (), **_attribute(_admitted(reading, item)))
    yield from things(reading, (WORK_GROUPS,))
    yield from _tables(reading)


def _attribute(admits: Names | None) -> dict[str, Json]:
    """Nothing where the list was not read in full: then nobody is known to be on it, or not to be."""
    return {} if admits is None else {"admits": admits}


def _principal(reading: Reading, account: str, named: str) -> str:
    """The role behind a session; users and roles are what they are."""
    if named in _EVERYBODY:
        return ANYBODY
    if ":assumed-role/" in named:
        return reading.role(account, named.partition(":assumed-role/")[2].partition("/")[0])
    return named


# ----- collections


def _admitted(reading: Reading, item: Item) -> Names | None:
    """By permission on the indexes of a collection, whom some data access policy names for it.

    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-data-access.html
    """
    where = (item.account, item.place.region)
    if reading.answers.state(*where, "opensearchserverless-list-access-policies", "data") is not State.ASKED:
        return None
    listed = reading.answers.one(*where, "opensearchserverless-list-access-policies", "data")
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for name in texts(listed, "accessPolicySummaries.name"):
        if reading.answers.state(*where, "opensearchserverless-get-access-policy", "data", name) is not State.ASKED:
            return None
        answer = reading.answers.one(*where, "opensearchserverless-get-access-policy", "data", name)
        for part in values(answer, "accessPolicyDetail.policy"):
            named = [_principal(reading, item.account, one) for one in texts(_record(part), "Principal")]
            for permission in _on_indexes(_record(part), item.name):
                found[permission].update(dict.fromkeys(named))
    return {permission: tuple(some) for permission, some in sorted(found.items())}


def _record(value: Json) -> Record:
    return value if isinstance(value, Mapping) else {}


def _on_indexes(part: Record, collection: str) -> Iterator[str]:
    for rule in values(part, "Rules"):
        about = (one.partition("/")[2].partition("/")[0] for one in texts(_record(rule), "Resource"))
        if text(_record(rule), "ResourceType") == "index" and any(fnmatchcase(collection, one) for one in about):
            yield from texts(_record(rule), "Permission")


# ----- tables


def _tables(reading: Reading) -> Iterator[Thing]:
    for part in reading.answers.parts("glue-get-tables"):
        place, database = Place(part.scope, part.region), "".join(part.arguments)
        named = f"{_glue(place)}:database/{database}"
        yield Resource(named, "glue:database", place.account, named, region=place.region)
        for table in values(part.response, "TableList"):
            name = text(_record(table), "Name")
            if name:
                yield from _table(reading, place, database, name, _record(table))


def _glue(place: Place) -> str:
    """How the name of anything in the Data Catalog begins."""
    return f"arn:{partition(place.region)}:glue:{place.region}:{place.account}"


def _table(reading: Reading, place: Place, database: str, name: str, record: Record) -> Iterator[Thing]:
    """A table of a place that Lake Formation keeps is read by its permissions, any other by those on the objects.

    https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
    """
    start = _glue(place)
    arn, location = f"{start}:table/{database}/{name}", text(record, "StorageDescriptor.Location")
    kept = objects_at(f"{location.rstrip('/')}/", place.region) if location.startswith("s3") else ()
    about: dict[str, Json] = {"name": name, "registered": record.get("IsRegisteredWithLakeFormation") is True}
    about["behind"] = (f"{start}:database/{database}", f"{start}:catalog")
    about |= {"objects": kept, "buckets": tuple(dict.fromkeys(one.partition("/")[0] for one in kept))} if kept else {}
    about |= _attribute(_permitted(reading, place, database, name))
    yield Resource(arn, "glue:table", place.account, arn, region=place.region, tags={}, attributes=about)
    yield resource(arn, "data-table", f"{database}.{name}", place.account, "Data lake table", region=place.region)
    if purpose := by_words(f"{database} {name} {location.replace('/', ' ')}"):
        yield Mark(arn, purpose, "its name says so")


def _permitted(reading: Reading, place: Place, database: str, name: str) -> Names | None:
    """By permission on a table, who has it; `GRANT` where one may pass on reading it."""
    where, call = (place.account, place.region), "lakeformation-list-permissions"
    if reading.answers.state(*where, call) is not State.ASKED:
        return None
    found: dict[str, dict[str, None]] = defaultdict(dict)
    settings = reading.answers.one(*where, "lakeformation-get-data-lake-settings")
    admins = texts(settings, "DataLakeSettings.DataLakeAdmins.DataLakePrincipalIdentifier")
    found["GRANT"].update(dict.fromkeys(_principal(reading, place.account, one) for one in admins))
    for entry in map(_record, values(reading.answers.one(*where, call), "PrincipalResourcePermissions")):
        who = _principal(reading, place.account, text(entry, "Principal.DataLakePrincipalIdentifier"))
        if values(entry, "Resource.LFTagPolicy"):  # which tables have the tags no call shows
            for permission in _spelled(texts(entry, "Permissions")):
                found[f"?{permission}"][who] = None
        elif _speaks_of(entry, database, name):
            for permission in _spelled(texts(entry, "Permissions")):
                found[permission][who] = None
            if "SELECT" in _spelled(texts(entry, "PermissionsWithGrantOption")):
                found["GRANT"][who] = None
    return {permission: tuple(some) for permission, some in sorted(found.items())}


def _spelled(permissions: Iterable[str]) -> frozenset[str]:
    """`ALL` is every permission."""
    said = frozenset(permissions)
    return said | {"SELECT", "INSERT", "ALTER"} if said & {"ALL", "SUPER"} else said


def _speaks_of(entry: Record, database: str, name: str) -> bool:
    """Whether a grant is about this table: it, all of its database, or some of its columns."""
    for about in ("Resource.Table", "Resource.TableWithColumns"):
        for said in map(_record, values(entry, about)):
            wild = "TableWildcard" in said
            if text(said, "DatabaseName") == database and (wild or text(said, "Name") in (name, "ALL_TABLES")):
                return True
    return False
