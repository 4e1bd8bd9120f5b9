"""Who sees which connection, and that a connection is one scope."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from ciem.accounts.models import AuditEntry
from ciem.connections import actions
from ciem.connections.models import Connection, ConnectionSet

pytestmark = pytest.mark.django_db


def seen_by(user):
    return set(Connection.objects.visible_to(user).values_list("name", flat=True))


def test_administrators_and_auditors_see_all_others_what_they_were_granted(
    dana, erin, alice, bob, charlie, harbour, lighthouse
):
    assert seen_by(dana) == seen_by(erin) == {"Harbour", "Lighthouse"}
    assert seen_by(alice) == seen_by(bob) == {"Harbour"}
    assert seen_by(charlie) == set()


def test_a_disabled_administrator_sees_nothing(dana, harbour):
    dana.is_active = False
    assert seen_by(dana) == set()


def test_a_row_is_seen_by_those_who_may_see_all_that_it_touches(dana, alice, charlie, harbour, lighthouse):
    one, both, none = (ConnectionSet.objects.of(ids) for ids in ([harbour.pk], [lighthouse.pk, harbour.pk], []))

    def sets(user):
        return set(ConnectionSet.objects.visible_to(user))

    assert sets(dana) == {one, both, none}
    assert sets(alice) == {one}
    assert sets(charlie) == set()


def test_equal_members_are_one_set(harbour, lighthouse):
    first = ConnectionSet.objects.of([harbour.pk, lighthouse.pk])
    assert ConnectionSet.objects.of([lighthouse.pk, harbour.pk, harbour.pk]) == first


def test_whoever_makes_a_connection_sees_it(charlie):
    made = actions.connect(by=charlie, name="  The   mill ")
    assert seen_by(charlie) == {"The mill"}
    assert AuditEntry.objects.get().object_id == str(made.pk)


def test_an_analyst_makes_no_connection_and_a_name_is_taken_once(bob, alice, harbour):
    with pytest.raises(PermissionDenied):
        actions.connect(by=bob, name="The mill")
    with pytest.raises(ValidationError):
        actions.connect(by=alice, name="Harbour")


def test_a_foreign_connection_is_renamed_by_nobody(charlie, alice, harbour):
    with pytest.raises(Http404):
        actions.rename(by=charlie, connection=harbour, name="Mine")
    actions.rename(by=alice, connection=harbour, name="The harbour")
    assert AuditEntry.objects.get().details == {"before": "Harbour"}


def test_a_grant_opens_and_its_end_closes(dana, charlie, harbour):
    actions.grant(by=dana, user=charlie, connection=harbour)
    actions.grant(by=dana, user=charlie, connection=harbour)
    assert seen_by(charlie) == {"Harbour"}
    actions.revoke(by=dana, user=charlie, connection=harbour)
    assert seen_by(charlie) == set()
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == ["grant given", "grant taken"]


def test_an_architect_grants_nothing(alice, charlie, harbour):
    with pytest.raises(PermissionDenied):
        actions.grant(by=alice, user=charlie, connection=harbour)


def test_the_first_file_says_what_a_connection_is_and_the_next_must_agree(harbour):
    fresh = Connection.objects.create(name="Mill")
    actions.settle_scope(fresh, "toy", "mill")
    actions.settle_scope(fresh, "toy", "mill")
    assert (fresh.cloud, fresh.scope) == ("toy", "mill")
    with pytest.raises(actions.WrongScopeError, match="Mill reads toy mill"):
        actions.settle_scope(fresh, "toy", "bakery")


def test_a_scope_is_in_the_estate_once(harbour):
    second = Connection.objects.create(name="Harbour again")
    with pytest.raises(actions.WrongScopeError, match="another connection already reads"):
        actions.settle_scope(second, "toy", "harbour")
    second.refresh_from_db()
    assert second.scope == ""
