"""IAM Roles Anywhere: whoever has a certificate of a trust anchor puts on the roles of the profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graph.clouds.aws.facts import Principal, PrincipalKind, Resource
from graph.clouds.aws.read.estate import Place, Record, text, texts, values
from graph.clouds.aws.read.identities import DETAILS
from graph.clouds.aws.read.reading import Reading, Thing, identity, parse, resource
from graph.clouds.aws.read.sessions import Limit, limited
from graph.model import Document, Entry, EntryKind, Json

PROFILES, ANCHORS = "rolesanywhere-list-profiles", "rolesanywhere-list-trust-anchors"


def anywhere_things(reading: Reading, principals: Mapping[str, Principal]) -> Iterator[Thing]:
    """Whoever has a certificate that a trust anchor accepts puts on the roles of the profiles, if these trust it."""
    anchors = list(reading.answers.items(ANCHORS, "trustAnchors"))
    for place, anchor in anchors:
        yield from _anchor(place, anchor)
    for place, profile in reading.answers.items(PROFILES, "profiles"):
        here = [anchor for at, anchor in anchors if (at.account, at.region) == (place.account, place.region)]
        holders = [holder(anchor) for anchor in here if anchor.get("enabled") is True]
        yield from _profile(reading, place, holders if profile.get("enabled") is True else [], profile, principals)


def holder(anchor: Record) -> str:
    """Whoever has a certificate of its authority."""
    return f"federated:{text(anchor, 'trustAnchorArn')}|*|*"


def _anchor(place: Place, anchor: Record) -> Iterator[Thing]:
    arn, enabled = text(anchor, "trustAnchorArn"), anchor.get("enabled") is True
    name, source = text(anchor, "name") or arn.rpartition("/")[2], text(anchor, "source.sourceType")
    told: dict[str, Json] = {"enabled": enabled}
    if issuer := text(anchor, "source.sourceData.acmPcaArn"):
        told["behind"] = (issuer,)
        named = parse(issuer)
        owner, region = (named.account, named.region) if named else (place.account, place.region)
        yield Resource(issuer, "acm-pca:certificate-authority", owner, issuer, region)
    yield Resource(arn, "rolesanywhere:trust-anchor", place.account, arn, place.region, attributes=told)
    label = "Roles Anywhere trust anchor"
    yield resource(arn, "trust-anchor", name, place.account, label, source=source, enabled=enabled)
    if not enabled:
        return
    key, words = holder(anchor), f"whoever has a certificate of {name}"
    yield Principal(key, PrincipalKind.FEDERATED, None, provider=arn, audience="*", subject="*")
    yield identity(key, "federated", words, place.account, "Certificate holders", trust_anchor=arn, source=source)
    yield Entry(EntryKind.FEDERATED, key, "a certificate of its authority is enough for Roles Anywhere")


def _profile(
    reading: Reading, place: Place, holders: Iterable[str], profile: Record, principals: Mapping[str, Principal]
) -> Iterator[Thing]:
    arn, enabled = text(profile, "profileArn"), profile.get("enabled") is True
    name = text(profile, "name") or arn.rpartition("/")[2]
    roles = tuple(role for role in texts(profile, "roleArns") if role in principals)
    limit, number = _session_policy(reading, place, profile), arn.rpartition("/")[2]
    sessions: list[str] = []
    for role in roles:
        if limit is None:
            sessions.append(role)
            continue
        session, node = limited(principals[role], Limit(number, f"{name} session", "Session", limit))
        sessions.append(session.key)
        yield from (session, node)
    told: dict[str, Json] = {"enabled": enabled, "sessions": tuple(sessions)}
    told |= {"assigned": {holder: dict.fromkeys(sessions, "") for holder in holders}} if sessions else {}
    yield Resource(arn, "rolesanywhere:profile", place.account, arn, place.region, runs_as=roles, attributes=told)
    label, named = "Roles Anywhere profile", texts(profile, "roleArns")
    yield resource(arn, "profile", name, place.account, label, roles=named, enabled=enabled)


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
