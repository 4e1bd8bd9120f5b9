"""Every address of the site, asked by everybody in every way: who may, who may not, and for whom nothing is there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from ciem.accounts.models import AuditEntry, Role, User
from ciem.connections.models import Connection, ConnectionGrant, ConnectionSet
from ciem.paths.models import (
    Comparison,
    Finding,
    FindingChange,
    ImportanceTable,
    Question,
    QuestionKind,
    WeightTable,
)
from ciem.paths.studied import choke_key
from ciem.scans.models import ConnectionTest, EstateGraph, Scan, State
from tests.web import world as worlds

YES, AWAY, NO, GONE = "yes", "sign in", "no", "nothing there"
FORMS = {
    "import": {},
    "scan-cancel": {},
    "live": {"cloud": worlds.CLOUD},
    "live-change": {},
    "live-scan": {},
    "live-test-ask": {},
    "live-schedule": {"rhythm": "never"},
    "connection-remove": {},
    "path-accept": {"until": "2999-01-01", "note": "known"},
    "path-reopen": {},
    "explain": {"identity": "x", "action": "y", "resource": "z"},
    "changes": {},
    "weights": {"body": '{"name": "ours", "priors": {"key": 0.5}}', "note": "known"},
    "importance": {"body": '{"name": "ours", "rules": []}', "note": "known"},
    "weights-analyse": {},
}
# Who may post where, among those who see the object: everybody else is told that their role does not include it.
MAY_POST = {
    "import": {"administrator", "architect"},
    "scan-cancel": {"administrator", "architect"},
    "live": {"administrator", "architect"},
    "live-change": {"administrator", "architect"},
    "live-scan": {"administrator", "architect"},
    "live-test-ask": {"administrator", "architect"},
    "live-schedule": {"administrator", "architect"},
    "connection-remove": {"administrator", "architect"},
    "path-accept": {"administrator", "architect"},
    "path-reopen": {"administrator", "architect"},
    "explain": {"administrator", "architect", "analyst", "auditor"},
    "changes": {"administrator", "architect", "analyst", "auditor"},
    "weights": {"administrator", "architect"},
    "importance": {"administrator", "architect"},
    "weights-analyse": {"administrator", "architect"},
}
ROLE = {
    "import": {"administrator", "architect"},
    "live": {"administrator", "architect"},
    "live-change": {"administrator", "architect"},
    "audit": {"administrator", "auditor"},
}
CHANGED = (Connection, ConnectionTest, Finding, FindingChange, Scan, Question, Comparison, WeightTable, ImportanceTable)
OPEN = {"login", "logout"}
TECHNIQUE = "toy.borrow-badge"
NOBODYS = {"technique"}  # has an address with a name in it, and says nothing of anybody's estate


def addresses(world, question):
    """One address of each name; those with an object name one of the home connection."""
    live, _ = worlds.read_live(world)
    objects = {
        "technique": TECHNIQUE,
        "live-change": live.pk,
        "live-scan": live.pk,
        "live-test": live.pk,
        "live-test-ask": live.pk,
        "live-schedule": live.pk,
        "connection": world.home.pk,
        "connection-remove": world.home.pk,
        "scan": world.scan.pk,
        "scan-cancel": world.scan.pk,
        "path": worlds.CHAIN,
        "choke": choke_key(worlds.CHOKES[0]),
        "path-text": worlds.CHAIN,
        "path-accept": worlds.CHAIN,
        "path-reopen": worlds.CHAIN,
        "identity": worlds.DEPLOYER.key,
        "identity-document": (worlds.DEPLOYER.key, worlds.DOCUMENT),
        "target": worlds.ENDPOINT.key,
        "answer": question.pk,
    }
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert objects.keys() <= names
    given = {name: one if isinstance(one, tuple) else (one,) for name, one in objects.items()}
    return {name: (reverse(name, args=given.get(name, ())), name in objects.keys() - NOBODYS) for name in names}


@pytest.fixture
def question(world):
    return Question.objects.create(
        graph=EstateGraph.objects.get(is_current=True),
        kind=QuestionKind.ACCESS,
        subject="x",
        verb="y",
        object="z",
        key="k",
        state=State.DONE,
        answer={"verdict": "denied", "scopes": []},
        touches=ConnectionSet.objects.of([world.home.pk]),
    )


@pytest.fixture
def analyst(world):
    user = User.objects.create_user("ann", password="the password of ann", role=Role.ANALYST)
    ConnectionGrant.objects.create(user=user, connection=world.home)
    return user


def told(answer):
    """What an answer says to whoever asked."""
    if answer.status_code == 302 and answer["Location"].startswith(reverse("login")):
        return AWAY
    return {403: NO, 404: GONE}.get(answer.status_code, YES)


def test_reading_every_address_as_everybody(world, signed_in, question, analyst):
    people = (world.alice, world.bob, analyst, world.erin, world.charlie)
    assert {user.role for user in people} == set(Role)
    for name, (address, has_object) in addresses(world, question).items():
        if name in OPEN:
            continue
        assert told(Client().get(address)) == AWAY, name
        for user in people:
            stranger = user == world.charlie
            expected = GONE if has_object and stranger else YES
            if name in ROLE and user.role not in ROLE[name] and expected == YES:
                expected = NO
            if name in FORMS and has_object and name not in ROLE:
                expected = YES  # 405: it is for posting only, which tells nothing about the object
            assert told(signed_in(user).get(address)) == expected, (name, user.username)


def test_writing_as_everybody(world, signed_in, question, analyst):
    for name, (address, has_object) in addresses(world, question).items():
        if name in OPEN or name not in FORMS:
            continue
        assert told(Client().post(address, FORMS[name])) == AWAY, name
        for user in (world.erin, analyst, world.bob, world.charlie):
            expected = GONE if has_object and user == world.charlie else YES if user.role in MAY_POST[name] else NO
            assert told(signed_in(user).post(address, FORMS[name])) == expected, (name, user.username)


def test_an_auditor_changes_nothing_by_any_address(world, signed_in, question):
    def everything():
        kept = [list(model.objects.order_by("pk").values()) for model in CHANGED]
        return kept, AuditEntry.objects.exclude(action__in={"signed in", "signed out"}).count()

    known = addresses(world, question)
    before = everything()
    for name, (address, _) in known.items():
        for method in ("post", "put", "patch", "delete"):
            if name != "logout":
                getattr(signed_in(world.erin), method)(address, FORMS.get(name, {}))
    assert everything() == before
