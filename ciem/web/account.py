"""One's own account: another password."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy

from ciem.accounts import audit
from ciem.web.shell import show


class ChangePassword(PasswordChangeView):
    """Asks for the old one first; every other session of the user ends."""

    success_url = reverse_lazy("overview")

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            answer = super().form_valid(form)
            audit.record(form.user, "password changed", form.user)
        messages.success(self.request, "Your password was changed.")
        return answer

    def render_to_response(self, context: dict[str, Any], **_: Any) -> HttpResponse:
        form = context["form"]
        return show(self.request, "web/password.html", form, 422 if form.errors else 200)
