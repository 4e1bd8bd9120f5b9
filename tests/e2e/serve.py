"""The site in a process of its own, as a user meets it: web server, worker and the small estate of the page tests.

With `--bare` there are only people, as after the installation.

Prints one line of JSON when it is ready and stops when its standard input ends, so that it never outlives its tests.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from ciem.accounts.models import User  # noqa: E402
from ciem.paths.models import Comparison, Question  # noqa: E402
from ciem.pipeline import work_on_comparison, work_on_import, work_on_question  # noqa: E402
from ciem.scans.models import UNFINISHED, Scan  # noqa: E402
from tests.web import world as worlds  # noqa: E402

PAUSE = 1.5  # an import waits so long before the worker takes it, so that a page can be seen waiting


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, as gunicorn has."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves early hangs up; what goes wrong in Django is logged by Django."""


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """One line per request would hide what matters."""


def work(stop: threading.Event) -> None:
    """What a worker does, without a queue: look for rows and take them."""
    while not stop.wait(PAUSE):
        for pk in Scan.objects.filter(state__in=UNFINISHED).values_list("pk", flat=True):
            work_on_import(pk)
        for pk in Question.objects.filter(state__in=UNFINISHED).values_list("pk", flat=True):
            work_on_question(pk)
        for pk in Comparison.objects.filter(state__in=UNFINISHED).values_list("pk", flat=True):
            work_on_comparison(pk)
        connection.close()


def session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["grantpath_session"].value


def main() -> None:
    call_command("migrate", verbosity=0)
    ids: dict[str, int] = {}
    if "--bare" in sys.argv:
        users = worlds.people()
    else:
        world = worlds.make()
        worlds.compared(world)
        users = (world.alice, world.bob, world.charlie, world.erin)
        live, reading = worlds.read_live(world)
        ids = {"home": world.home.pk, "scan": world.scan.pk, "live": live.pk, "reading": reading.pk}
    sessions = {user.username: session(user) for user in users}
    server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet)
    stop = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    worker = threading.Thread(target=work, args=(stop,))
    worker.start()
    print(json.dumps({"port": server.server_port, "sessions": sessions, "ids": ids}), flush=True)
    sys.stdin.read()
    stop.set()
    worker.join()
    server.shutdown()


if __name__ == "__main__":
    main()
