"""The organization: its accounts, where each one hangs, and the policies that lie on it level by level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graph.clouds.aws.facts import Account, Resource
from graph.clouds.aws.read.estate import NOTHING, Place, Record, State, text, texts, values
from graph.clouds.aws.read.reading import Reading, Thing, resource
from graph.model import Document, Json

DESCRIBE, ACCOUNTS = "organizations-describe-organization", "organizations-list-accounts"
LIST, POLICY, TARGETS = (
    "organizations-list-policies",
    "organizations-describe-policy",
    "organizations-list-targets-for-policy",
)
DELEGATION = "organizations-describe-resource-policy"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"

# AWS attaches these itself and their text never changes.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
_FULL_ACCESS: Mapping[str, Mapping[str, Json]] = {
    "p-FullAWSAccess": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
    "p-RCPFullAWSAccess": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    },
}

Levels = tuple[tuple[Document, ...], ...] | None


@dataclass(frozen=True, slots=True)
class Tree:
    """Where everything hangs: the parent of each organizational unit and account."""

    parents: Mapping[str, str]

    def way(self, child: str) -> tuple[str, ...]:
        """Root first, the child last; a way that does not begin at a root was not read whole."""
        way = [child]
        while (parent := self.parents.get(way[-1])) and parent not in way:
            way.append(parent)
        return tuple(reversed(way))


def read_accounts(reading: Reading, read: Mapping[str, str]) -> dict[str, Account]:
    """Every account that was read or that the organization lists; `read` names those with answers of their own."""
    if reading.commons:
        return dict(reading.commons.accounts)
    found = {account: Account(account, _alias(reading, account)) for account in read}
    for place, described in _organizations(reading):
        found |= _members(reading, place, described, read)
    for account in read:
        if found[account].organization is None and _alone(reading, account):
            found[account] = Account(account, found[account].name, scps=(), rcps=())
    return dict(sorted(found.items()))


def whole_organizations(reading: Reading) -> frozenset[str]:
    """The organizations whose list of accounts was read whole: an account that is not on it is none of theirs."""
    if reading.commons:
        return reading.commons.whole_organizations
    return frozenset(
        text(described, "Id")
        for place, described in _organizations(reading)
        if reading.answers.state(place.account, "global", ACCOUNTS) is State.ASKED
    )


def read_policies(reading: Reading) -> Iterator[Thing]:
    """The policies that hold accounts down, as things of the management account that somebody may be let to change.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
    """
    for place, described in _organizations(reading):
        owner = text(described, "MasterAccountId")
        delegated = reading.policies(place, text(described, "Arn"), DELEGATION, "ResourcePolicy.Content")
        listed = values(reading.answers.one(place.account, "global", LIST, SCP), "Policies")
        for policy in listed:
            arn = text(policy, "Arn") if isinstance(policy, Mapping) and policy.get("AwsManaged") is not True else ""
            if arn:
                yield Resource(arn, "organizations:policy", owner, arn, policies=delegated)
                name = text(policy, "Name") or arn.rpartition("/")[2]
                yield resource(arn, "organization-policy", name, owner, "Organization policy")


def _alias(reading: Reading, account: str) -> str:
    return text(reading.answers.one(account, "global", "iam-list-account-aliases"), "AccountAliases")


def _organizations(reading: Reading) -> list[tuple[Place, Record]]:
    """Each organization once, told by the account that also lists its members where there is one."""
    by_id: dict[str, list[tuple[Place, Record]]] = defaultdict(list)
    for place, described in reading.answers.items(DESCRIBE, "Organization"):
        if text(described, "Id"):
            by_id[text(described, "Id")].append((place, described))
    return [min(told, key=lambda t: _rank(reading, t[0])) for told in by_id.values()]


def _rank(reading: Reading, place: Place) -> tuple[bool, bool]:
    lists = reading.answers.state(place.account, "global", ACCOUNTS)
    policies = reading.answers.state(place.account, "global", LIST, SCP)
    return lists is not State.ASKED, policies is not State.ASKED


def _alone(reading: Reading, account: str) -> bool:
    """Asked, and there is no organization."""
    asked = reading.answers.state(account, "global", DESCRIBE) is State.ASKED
    return asked and not text(reading.answers.one(account, "global", DESCRIBE), "Organization.Id")


def _members(reading: Reading, place: Place, described: Record, read: Mapping[str, str]) -> dict[str, Account]:
    tree, organization = _tree(reading, place), text(described, "Id")
    listed = {
        text(a, "Id"): text(a, "Name")
        for p, a in reading.answers.items(ACCOUNTS, "Accounts")
        if p.account == place.account
    }
    listed = listed or {place.account: ""} | _sharing(reading, organization)
    scps, rcps = _attachments(reading, place, SCP), _attachments(reading, place, RCP)
    members = {}
    for account, name in sorted(listed.items()):
        manages = account == text(described, "MasterAccountId")
        way = tree.way(account)
        members[account] = Account(
            account,
            name or _alias(reading, account),
            organization,
            _path(organization, way),
            manages,
            () if manages else _levels(reading, place, scps, way, SCP),
            () if manages else _levels(reading, place, rcps, way, RCP),
        )
    return members


def _sharing(reading: Reading, organization: str) -> dict[str, str]:
    """The accounts that say themselves that they belong to the organization."""
    said = reading.answers.items(DESCRIBE, "Organization")
    return {place.account: "" for place, about in said if text(about, "Id") == organization}


def _tree(reading: Reading, place: Place) -> Tree:
    parents: dict[str, str] = {}
    for part in reading.answers.parts("organizations-list-organizational-units-for-parent"):
        if part.scope == place.account and part.arguments:
            parents |= dict.fromkeys(texts(part.response, "OrganizationalUnits.Id"), part.arguments[0])
    for part in reading.answers.parts("organizations-list-accounts-for-parent"):
        if part.scope == place.account and part.arguments:
            parents |= dict.fromkeys(texts(part.response, "Accounts.Id"), part.arguments[0])
    for part in reading.answers.parts("organizations-list-parents"):
        if part.scope == place.account and part.arguments and text(part.response, "Parents.Id"):
            parents[part.arguments[0]] = text(part.response, "Parents.Id")
    return Tree(parents)


def _path(organization: str, way: tuple[str, ...]) -> str | None:
    """As `aws:PrincipalOrgPaths` has it: `o-…/r-…/ou-…/`; None when the way to the root was not read."""
    return "/".join((organization, *way[:-1], "")) if way[0].startswith("r-") else None


def _attachments(reading: Reading, place: Place, kind: str) -> dict[str, list[Document]] | None:
    """The policies of one kind by the root, unit or account they hang on; None when they were never asked for."""
    if not _enabled(reading, place, kind):
        return {}
    if reading.answers.state(place.account, "global", LIST, kind) is State.NEVER:
        return None
    hanging: dict[str, list[Document]] = defaultdict(list)
    policies = reading.answers.one(place.account, "global", LIST, kind)
    for policy in sorted(texts(policies, "Policies.Id")):
        document = _document(reading, place, policy)
        for target in texts(reading.answers.one(place.account, "global", TARGETS, policy), "Targets.TargetId"):
            hanging[target].append(document)
    return hanging


def _enabled(reading: Reading, place: Place, kind: str) -> bool:
    """Whether the root has this kind of policy switched on; without the list of roots it is taken to be on."""
    roots = reading.answers.one(place.account, "global", "organizations-list-roots")
    types = dict(zip(texts(roots, "Roots.PolicyTypes.Type"), texts(roots, "Roots.PolicyTypes.Status"), strict=False))
    return not roots or types.get(kind) == "ENABLED"


def _document(reading: Reading, place: Place, policy: str) -> Document:
    answer = reading.answers.one(place.account, "global", POLICY, policy)
    name = text(answer, "Policy.PolicySummary.Arn") or policy
    content = answer.get("Policy", NOTHING)
    body = content.get("Content") if isinstance(content, Mapping) else None
    if body is not None or policy in _FULL_ACCESS:
        return reading.papers.make(name, body or _FULL_ACCESS[policy], place.account)
    return reading.papers.unread(name, reading.answers.why(place.account, "global", POLICY, policy), place.account)


def _levels(
    reading: Reading, place: Place, hanging: Mapping[str, list[Document]] | None, way: tuple[str, ...], kind: str
) -> Levels:
    """Root first. What could not be read makes a level with an unread document: it may allow and it may deny."""
    if hanging is None:
        return None
    if not _enabled(reading, place, kind):
        return ()
    unread = _unread(reading, place, way, kind)
    return tuple((*_level(reading, hanging.get(target, ()), kind), *unread) for target in way)


def _level(reading: Reading, documents: Sequence[Document], kind: str) -> tuple[Document, ...]:
    """RCPFullAWSAccess is on every level and cannot be taken off; of SCPs a level must bring at least one itself."""
    always = reading.papers.make("p-RCPFullAWSAccess", _FULL_ACCESS["p-RCPFullAWSAccess"], "")
    if kind == SCP or any(document.body == always.body for document in documents):
        return tuple(documents)
    return (*documents, always)


def _unread(reading: Reading, place: Place, way: tuple[str, ...], kind: str) -> tuple[Document, ...]:
    """Documents that stand for what lies on this way and was not read: policies, their targets, or the way itself."""
    answers, here = reading.answers, (place.account, "global")
    lost = []
    if answers.state(*here, LIST, kind) is State.GAP:
        lost.append("the list of policies could not be read")
    policies = texts(answers.one(*here, LIST, kind), "Policies.Id")
    untold = [p for p in sorted(policies) if answers.state(*here, TARGETS, p) is not State.ASKED]
    lost += [f"the targets of {policy} could not be read" for policy in untold]
    if not way[0].startswith("r-"):
        lost.append("where the account hangs in the organization was not read")
    return tuple(reading.papers.unread(f"{kind} of {way[-1]}", words, place.account) for words in lost)
