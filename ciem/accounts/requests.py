"""A request of somebody who is signed in: what every view behind the sign-in receives."""

from __future__ import annotations

from ciem.accounts.models import User
from ciem.core.requests import HtmxRequest


class SignedInRequest(HtmxRequest):
    """LoginRequiredMiddleware lets no other request through to a view that is not marked public."""

    user: User
