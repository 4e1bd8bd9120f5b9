"""Signing in: passwords are guessed slowly, and each try is on record.

Failures are counted for a name at an address, for an address, and for a name wherever it is tried. Whoever guesses from
one place is stopped there and locks nobody else out; only guessing from many places at once makes the name wait.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from ciem.accounts import audit
from ciem.accounts.models import SignInGuard, User

ADDRESS_FACTOR = 6  # people behind one address share its count, so it is allowed more
# At most a hundred wrong passwords in a row for one name: https://pages.nist.gov/800-63-4/sp800-63b.html#throttle
NAME_FACTOR = 20
_NETWORK = 64  # whoever has one address of IPv6 has at least so many bits of them


def client_address(request: HttpRequest) -> str:
    """Where the request comes from. Of a forwarded list only the last entry is the proxy's own word."""
    if settings.BEHIND_PROXY:
        return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", 1)[-1].strip()[:100]
    return str(request.META.get("REMOTE_ADDR", ""))


def _neighbourhood(request: HttpRequest | None) -> str:
    """What counts as one address."""
    words = client_address(request) if request else ""
    try:
        address = ipaddress.ip_address(words)
    except ValueError:
        return words
    return words if address.version == 4 else str(ipaddress.ip_network((address, _NETWORK), strict=False))


def _limits(request: HttpRequest | None, username: str) -> dict[str, int]:
    """How many failures each count allows. A name is kept as its hash: people type passwords into the wrong field."""
    address, tries = _neighbourhood(request), settings.SIGN_IN_TRIES
    name = hashlib.sha256(username.strip().lower().encode(errors="replace")).hexdigest()[:32]
    limits = {f"name:{name} at {address}": tries, f"name:{name}": tries * NAME_FACTOR}
    return {**limits, f"address:{address}": tries * ADDRESS_FACTOR} if address else limits


def locked_until(request: HttpRequest | None, username: str) -> datetime | None:
    """Until when this name, or this address, has to wait; None when it need not."""
    waiting = SignInGuard.objects.filter(key__in=_limits(request, username), locked_until__gt=timezone.now())
    until: datetime | None = waiting.aggregate(until=Max("locked_until"))["until"]
    return until


@transaction.atomic
def note_failure(request: HttpRequest | None, username: str) -> None:
    """Count a wrong password and put it on record; at a limit, lock and say so too."""
    now = timezone.now()
    known = User.objects.filter(username=username).first()
    wait = timedelta(seconds=settings.SIGN_IN_WAIT_SECONDS)
    for key, limit in _limits(request, username).items():
        guard, _ = SignInGuard.objects.select_for_update().get_or_create(key=key, defaults={"last_failure": now})
        forgotten = now - guard.last_failure > wait
        guard.failures = 1 if forgotten else guard.failures + 1
        guard.last_failure = now
        locks = guard.failures >= limit
        if locks:
            guard.locked_until, guard.failures = now + wait, 0
        guard.save()
        if locks:
            audit.record(None, "sign-in locked", guard, _where(request))
    audit.record(None, "sign-in failed", known or User(username="(no such user)"), _where(request))


def _where(request: HttpRequest | None) -> dict[str, str]:
    return {"address": client_address(request)} if request else {}


def note_success(request: HttpRequest | None, username: str) -> None:
    """A right password clears the counts of the name; the address keeps its own."""
    names = [key for key in _limits(request, username) if key.startswith("name:")]
    SignInGuard.objects.filter(key__in=names).delete()


@receiver(user_logged_in)
@transaction.atomic
def _note_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    audit.record(user, "signed in", user, _where(request))


@receiver(user_logged_out)
@transaction.atomic
def _note_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(user, "signed out", user, _where(request))


class GuardedBackend(ModelBackend):
    """Django's password check behind the guard. Roles decide what one may do, so there are no permissions here."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username is None or password is None:
            return None
        if locked_until(request, username):
            raise PermissionDenied  # no other backend is asked, and the password is not even looked at
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if not isinstance(user, User):
            note_failure(request, username)
            return None
        note_success(request, username)
        return user


class SignInForm(AuthenticationForm):
    """Django's form, which also says when one has to wait."""

    error_messages = {  # noqa: RUF012  as Django declares it
        **AuthenticationForm.error_messages,
        "invalid_login": "User name or password is wrong. Capital letters matter in both.",
    }

    def clean(self) -> dict[str, Any]:
        until = locked_until(self.request, self.cleaned_data.get("username", ""))
        if until:
            minutes = math.ceil((until - timezone.now()).total_seconds() / 60)
            raise ValidationError(f"Too many wrong passwords. Try again in {minutes} min.", code="locked")
        return super().clean()
