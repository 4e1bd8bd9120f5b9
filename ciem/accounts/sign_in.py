"""Signing in: passwords are guessed slowly. Failures are counted per name and per address, and both then wait."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone

from ciem.accounts import audit
from ciem.accounts.models import SignInGuard, User

ADDRESS_FACTOR = 6  # people behind one address share its count, so it is allowed more


def client_address(request: HttpRequest) -> str:
    """Where the request comes from. Of a forwarded list only the last entry is the proxy's own word."""
    if settings.BEHIND_PROXY:
        return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", 1)[-1].strip()[:100]
    return str(request.META.get("REMOTE_ADDR", ""))


def _limits(request: HttpRequest | None, username: str) -> dict[str, int]:
    address = client_address(request) if request else ""
    limits = {f"name:{username.strip().lower()[:200]}": settings.SIGN_IN_TRIES}
    if address:
        limits[f"address:{address}"] = settings.SIGN_IN_TRIES * ADDRESS_FACTOR
    return limits


def locked_until(request: HttpRequest | None, username: str) -> datetime | None:
    """Until when this name, or this address, has to wait; None when it need not."""
    waiting = SignInGuard.objects.filter(key__in=_limits(request, username), locked_until__gt=timezone.now())
    until: datetime | None = waiting.aggregate(until=Max("locked_until"))["until"]
    return until


@transaction.atomic
def note_failure(request: HttpRequest | None, username: str) -> None:
    """Count a wrong password; at the limit, lock and say so in the audit log."""
    now = timezone.now()
    wait = timedelta(seconds=settings.SIGN_IN_WAIT_SECONDS)
    for key, limit in _limits(request, username).items():
        guard, _ = SignInGuard.objects.select_for_update().get_or_create(key=key, defaults={"last_failure": now})
        forgotten = now - guard.last_failure > wait
        guard.failures = 1 if forgotten else guard.failures + 1
        guard.last_failure = now
        if guard.failures >= limit:
            guard.locked_until, guard.failures = now + wait, 0
            audit.record(None, "sign-in locked", guard)
        guard.save()


def note_success(username: str) -> None:
    """A right password clears the name's count; the address keeps its own."""
    SignInGuard.objects.filter(key__in=_limits(None, username)).delete()


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
        note_success(username)
        return user


class SignInForm(AuthenticationForm):
    """Django's form, which also says when one has to wait."""

    def clean(self) -> dict[str, Any]:
        until = locked_until(self.request, self.cleaned_data.get("username", ""))
        if until:
            minutes = math.ceil((until - timezone.now()).total_seconds() / 60)
            raise ValidationError(f"Too many wrong passwords. Try again in {minutes} min.", code="locked")
        return super().clean()
