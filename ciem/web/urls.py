"""The addresses of the pages, by noun."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import path, register_converter

from ciem.accounts.sign_in import SignInForm
from ciem.web import (
    account,
    audit,
    changes,
    chokes,
    connections,
    explain,
    identities,
    importance,
    live,
    overview,
    paths,
    search,
    tables,
    targets,
    techniques,
    weights,
)
from ciem.web.names import KeyConverter

register_converter(KeyConverter, "nodekey")

urlpatterns = [
    path(
        "sign-in/",
        LoginView.as_view(template_name="web/sign_in.html", form_class=SignInForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("favicon.ico", login_not_required(lambda _: redirect(static("favicon.svg")))),
    path("password/", account.ChangePassword.as_view(), name="password"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("", overview.overview, name="overview"),
    path("connections/", connections.listing, name="connections"),
    path("connections/import/", connections.upload, name="import"),
    path("connections/live/", live.connect, name="live"),
    path("connections/<int:pk>/live/", live.change, name="live-change"),
    path("connections/<int:pk>/scan/", live.scan, name="live-scan"),
    path("connections/<int:pk>/test/", live.test, name="live-test"),
    path("connections/<int:pk>/test/ask/", live.ask_test, name="live-test-ask"),
    path("connections/<int:pk>/schedule/", live.schedule, name="live-schedule"),
    path("connections/<int:pk>/", connections.detail, name="connection"),
    path("connections/<int:pk>/remove/", connections.remove, name="connection-remove"),
    path("scans/<int:pk>/", connections.scan, name="scan"),
    path("scans/<int:pk>/cancel/", connections.cancel, name="scan-cancel"),
    path("paths/", paths.listing, name="paths"),
    path("paths/administrators/", paths.administrators, name="administrators"),
    path("paths/self-widening/", paths.widenings, name="widenings"),
    path("paths/assumed-breach/", paths.breaches, name="breaches"),
    path("paths/choke-points/", chokes.listing, name="chokes"),
    path("paths/choke-points/<slug:key>/", chokes.detail, name="choke"),
    path("paths/agents/", paths.agents, name="agents"),
    path("paths/latent/", paths.latent, name="latent"),
    path("paths/changes/", changes.page, name="changes"),
    path("paths/<slug:key>/", paths.detail, name="path"),
    path("paths/<slug:key>/text/", paths.as_text, name="path-text"),
    path("paths/<slug:key>/accept/", paths.accept, name="path-accept"),
    path("paths/<slug:key>/reopen/", paths.reopen, name="path-reopen"),
    path("identities/", identities.listing, name="identities"),
    path("identities/<nodekey:key>/", identities.detail, name="identity"),
    path("identities/<nodekey:key>/documents/<nodekey:name>/", identities.document, name="identity-document"),
    path("targets/", targets.listing, name="targets"),
    path("targets/<nodekey:key>/", targets.detail, name="target"),
    path("explain/", explain.ask, name="explain"),
    path("explain/<int:pk>/", explain.answer, name="answer"),
    path("techniques/", techniques.listing, name="techniques"),
    path("techniques/<str:key>/", techniques.detail, name="technique"),
    path("weights/", weights.page, name="weights"),
    path("weights/importance/", importance.page, name="importance"),
    path("weights/analyse/", tables.analyse, name="weights-analyse"),
    path("search/", search.results, name="search"),
    path("audit/", audit.log, name="audit"),
]
