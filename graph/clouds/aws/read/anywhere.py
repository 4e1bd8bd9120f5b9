"""IAM Roles Anywhere: whoever has a certificate of a trust anchor puts on the roles of the profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.read.estate import Place, Record, text, texts, values
from graph.clouds.aws.read.identities import DETAILS
from graph.clouds.aws.read.reading import Reading, Thing, identity, resource
from graph.clouds.aws.read.sessions import Limit, limited
from graph.model import Document, Entry, EntryKind, Json

PROFILES, ANCHORS = "rolesanywhere-list-profiles", "rolesanywhere-list-trust-anchors"


def anywhere_things(reading: Reading, principals: Mapping[str, Principal]) -> Iterator[Thing]:
    """Whoever has a certificate that a trust anchor accepts puts on the roles of the profiles, if these trust it."""
    anchors = [(p, a) for p, a in reading.answers.items(ANCHORS, "trustAnchors") if a.get("enabled") is True]
    profiles = [(p, a) for p, a in reading.answers.items(PROFILES, "profiles") if a.get("enabled") is True]
    for place, anchor in anchors:
        mine = [profile for at, profile in profiles if (at.account, at.region) == (place.account, place.region)]
        yield from _certified(reading, place, anchor, mine, principals)


def _certified(
    reading: Reading, place: Place, anchor: Record, profiles: Iterable[Record], principals: Mapping[str, Principal]
) -> Iterator[Thing]:
    arn, name = text(anchor, "trustAnchorArn"), text(anchor, "name")
    key = f"federated:{arn}|*|*"
    yield Principal(key, PrincipalKind.FEDERATED, None, provider=arn, audience="*", subject="*")
    words = f"whoever has a certificate of {name or arn.rpartition('/')[2]}"
    source = text(anchor, "source.sourceType")
    yield identity(key, "federated", words, place.account, "Certificate holders", trust_anchor=arn, source=source)
    yield Entry(EntryKind.FEDERATED, key, "a certificate of its authority is enough for Roles Anywhere")
    for profile in profiles:
        yield from _profile(reading, place, key, profile, principals)


def _profile(
    reading: Reading, place: Place, holder: str, profile: Record, principals: Mapping[str, Principal]
) -> Iterator[Thing]:
    arn = text(profile, "profileArn")
    name = text(profile, "name") or arn.rpartition("/")[2]
    ends: dict[str, str] = {}
    roles = tuple(role for role in texts(profile, "roleArns") if role in principals)
    limit = _session_policy(reading, place, profile)
    for role in roles:
        if limit is None:
            ends[role] = ""
            continue
        session, node = limited(principals[role], Limit(arn.rpartition("/")[2], f"{name} session", "Session", limit))
        ends[session.key] = ""
        yield from (session, node)
    attributes: dict[str, Json] = {"assigned": {holder: ends}} if ends else {}
    yield Resource(arn, "rolesanywhere:profile", place.account, arn, place.region, runs_as=roles, attributes=attributes)
    yield resource(arn, "profile", name, place.account, "Roles Anywhere profile", roles=texts(profile, "roleArns"))


def _session_policy(reading: Reading, place: Place, profile: Record) -> Document | None:
    """What the profile lets its sessions do, all its policies together; None where it has none.

    https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html
    """
    arn = text(profile, "profileArn")
    bodies = [body for body in values(profile, "sessionPolicy") if body != ""]
    bodies += [_managed(reading, place, managed) for managed in texts(profile, "managedPolicyArns")]
    if not bodies:
        return None
    name = f"{arn} session policy"
    if any(not isinstance(body, Mapping) for body in bodies):
        return reading.papers.unread(name, "a policy of the profile is not in the snapshot", place.account)
    said = [one for body in bodies if isinstance(body, Mapping) for one in values(body, "Statement")]
    return reading.papers.make(name, {"Version": "2012-10-17", "Statement": said}, place.account)


def _managed(reading: Reading, place: Place, arn: str) -> Json:
    for at, policy in reading.answers.items(DETAILS, "Policies"):
        if at.account == place.account and text(policy, "Arn") == arn:
            versions = [v for v in values(policy, "PolicyVersionList") if isinstance(v, Mapping)]
            return next((v.get("Document") for v in versions if v.get("IsDefaultVersion") is True), None)
    return None
