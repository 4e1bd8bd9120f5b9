"""Who may do what, that every write leaves its mark, and that guessing passwords is slow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from ciem.accounts import actions, audit, queries
from ciem.accounts.models import AuditEntry, AuditError, Role, SignInGuard, User
from ciem.accounts.permissions import PERMISSIONS, Permission, can
from ciem.accounts.sign_in import SignInForm, client_address

pytestmark = pytest.mark.django_db

MAY = {
    Role.ADMINISTRATOR: set(Permission),
    Role.ARCHITECT: {"browse", "ask", "import", "connect", "decide"},
    Role.ANALYST: {"browse", "ask"},
    Role.AUDITOR: {"browse", "ask", "read-audit"},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_table_says_and_nothing_else(role):
    user = User(username="x", role=role)
    assert {permission for permission in Permission if can(user, permission)} == MAY[role]
    assert set(PERMISSIONS) == set(Role)


def test_a_visitor_and_a_disabled_user_may_nothing():
    for user in (AnonymousUser(), User(role=Role.ADMINISTRATOR, is_active=False)):
        assert not any(can(user, permission) for permission in Permission)


def test_an_audit_entry_is_never_changed_or_removed(dana):
    with transaction.atomic():
        entry = audit.record(dana, "looked", dana)
    for change in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AuditError):
            change()
    with pytest.raises(AuditError):
        AuditEntry.objects.update(action="nothing")


@pytest.mark.django_db(transaction=True)
def test_an_audit_entry_outside_the_write_s_transaction_is_refused():
    with pytest.raises(audit.NoTransactionError):
        audit.record(None, "looked", User(username="x"))


def test_a_write_that_fails_leaves_no_entry(dana):
    with pytest.raises(ValidationError):
        actions.create_user(by=dana, username="dana", password="long enough, surely", role=Role.ANALYST)
    assert not AuditEntry.objects.exists()


def test_making_a_user_is_on_record_without_the_password(dana):
    actions.create_user(by=dana, username="frank", password="long enough, surely", role=Role.ANALYST)
    entry = AuditEntry.objects.get()
    assert (entry.by_name, entry.action, entry.object_label) == ("dana", "user created", "frank")
    assert "long enough" not in str(entry.details)


def test_a_short_password_is_refused(dana):
    with pytest.raises(ValidationError, match="too short"):
        actions.create_user(by=dana, username="frank", password="short", role=Role.ANALYST)


def test_only_administrators_manage_users(alice, erin):
    for who in (alice, erin):
        with pytest.raises(PermissionDenied):
            actions.change_role(by=who, user=who, role=Role.ADMINISTRATOR)
        with pytest.raises(PermissionDenied):
            queries.users(who)


def test_the_last_administrator_stays(dana):
    for change in (
        lambda: actions.change_role(by=dana, user=dana, role=Role.AUDITOR),
        lambda: actions.set_active(by=dana, user=dana, active=False),
    ):
        with pytest.raises(ValidationError, match="last administrator"):
            change()


def test_the_audit_log_is_for_those_who_may_read_it(dana, erin, alice):
    actions.change_role(by=dana, user=alice, role=Role.ANALYST)
    assert [entry.action for entry in queries.audit_log(erin).rows] == ["role changed"]
    with pytest.raises(PermissionDenied):
        queries.audit_log(alice)


def sign_in(name: str, password: str, address: str = "192.0.2.1") -> User | None:
    return authenticate(RequestFactory().post("/", REMOTE_ADDR=address), username=name, password=password)


def test_after_a_few_wrong_passwords_even_the_right_one_waits(dana, settings):
    for _ in range(settings.SIGN_IN_TRIES):
        assert sign_in("dana", "wrong") is None
    assert sign_in("dana", "the password of dana") is None
    here = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    form = SignInForm(here, {"username": "Dana", "password": "the password of dana"})
    assert not form.is_valid()
    assert "Too many wrong passwords" in str(form.errors)


def test_whoever_guesses_locks_only_themselves_out(dana, settings):
    for _ in range(settings.SIGN_IN_TRIES * 3):
        sign_in("dana", "wrong", "203.0.113.9")
    assert sign_in("dana", "the password of dana") == dana


def test_a_name_that_is_guessed_from_many_places_waits_everywhere(dana, settings):
    settings.SIGN_IN_TRIES = 2
    for number in range(40):
        sign_in("dana", "wrong", f"203.0.113.{number}")
    assert sign_in("dana", "the password of dana") is None


def test_a_network_of_version_six_counts_as_one_address(dana, settings):
    for number in range(settings.SIGN_IN_TRIES):
        sign_in("dana", "wrong", f"2001:db8::{number:x}")
    assert sign_in("dana", "the password of dana", "2001:db8::ffff") is None
    assert sign_in("dana", "the password of dana", "2001:db8:0:1::1") == dana


def test_every_try_is_on_record_and_what_was_typed_is_not(dana, settings):
    for _ in range(settings.SIGN_IN_TRIES):
        sign_in("dana", "wrong")
    sign_in("the password of dana", "dana", "192.0.2.2")
    failed = AuditEntry.objects.filter(action="sign-in failed")
    assert [entry.object_label for entry in failed] == ["(no such user)", *["dana"] * settings.SIGN_IN_TRIES]
    assert failed.last().details == {"address": "192.0.2.1"}
    assert AuditEntry.objects.filter(action="sign-in locked").count() == 1
    kept = [*AuditEntry.objects.values_list("object_label", "object_id", "details"), *SignInGuard.objects.values_list()]
    assert "the password" not in str(kept)


def test_signing_in_gives_another_session_and_both_ends_are_on_record(dana, settings):
    client = Client()
    client.get(reverse("login"))
    client.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else"
    client.post(reverse("login"), {"username": "dana", "password": "the password of dana"})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "chosen-by-somebody-else"
    client.post(reverse("logout"))
    assert [entry.action for entry in AuditEntry.objects.filter(by=dana)] == ["signed out", "signed in"]


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(dana, place):
    form = {"username": "dana", "password": "the password of dana", "next": place}
    assert Client().post(reverse("login"), form)["Location"] == "/"


def test_the_wait_ends(dana, settings):
    for _ in range(settings.SIGN_IN_TRIES):
        sign_in("dana", "wrong")
    SignInGuard.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert sign_in("dana", "the password of dana") == dana


def test_a_right_password_clears_the_count(dana, settings):
    for _ in range(3):
        for _ in range(settings.SIGN_IN_TRIES - 1):
            sign_in("dana", "wrong")
        assert sign_in("dana", "the password of dana") == dana


def test_one_address_that_tries_many_names_waits(dana, settings):
    for number in range(settings.SIGN_IN_TRIES * 6):
        sign_in(f"somebody{number}", "wrong")
    assert sign_in("dana", "the password of dana") is None
    assert sign_in("dana", "the password of dana", "192.0.2.99") == dana


def test_behind_a_proxy_the_address_is_the_one_the_proxy_saw(settings):
    request = RequestFactory().post("/", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.5", REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == "10.0.0.1"
    settings.BEHIND_PROXY = True
    assert client_address(request) == "192.0.2.5"


def test_a_disabled_user_stays_out(dana, alice):
    actions.set_active(by=dana, user=alice, active=False)
    assert sign_in("alice", "the password of alice") is None
