"""The audit log: who did what, for those who may read it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from ciem.accounts.models import AuditEntry
from ciem.accounts.permissions import Permission, require
from ciem.accounts.requests import SignedInRequest
from ciem.core.paging import Page, page_number, page_of
from ciem.web.shell import show


@dataclass(frozen=True, slots=True)
class AuditPage:
    list: Page[AuditEntry]
    turn: str = "?"


@require_safe
def log(request: SignedInRequest) -> HttpResponse:
    require(request.user, Permission.READ_AUDIT)
    return show(
        request, "web/audit.html", AuditPage(page_of(AuditEntry.objects.all(), page_number(request.GET.get("page"))))
    )
