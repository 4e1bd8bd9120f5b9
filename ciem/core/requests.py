"""A request as our middleware leaves it, so that views are typed."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that may come from htmx. Who is signed in is added by `ciem.accounts.requests`."""

    htmx: HtmxDetails
