"""`python -m bench.visits`: opens the pages of a published estate as an administrator; JSON on stdout.

GRANTPATH_HOME says where the estate was published, as `bench.worker` leaves it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import django

django.setup()  # before anything that has a model is imported

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from ciem.accounts.models import Role, User  # noqa: E402
from ciem.paths.models import Finding  # noqa: E402


def pages(objects: int) -> dict[str, list[str]]:
    """Each kind of page with addresses; of pages about one thing, of so many things spread over the ranking."""
    keys = list(Finding.objects.order_by("rank").values_list("key", "entry_key", "target_key"))
    some = keys[:: max(1, len(keys) // objects)][:objects]
    word = Finding.objects.order_by("rank").values_list("entry_name", flat=True)[0][:4]
    paths, identities, targets = reverse("paths"), reverse("identities"), reverse("targets")
    return {
        "paths": [
            paths,
            f"{paths}?group=none",
            f"{paths}?group=entry",
            f"{paths}?verdict=allowed",
            f"{paths}?q={word}",
        ],
        "one path": [reverse("path", args=[key]) for key, _entry, _target in some],
        "one identity": [reverse("identity", args=[entry]) for _key, entry, _target in some],
        "one target": [reverse("target", args=[target]) for _key, _entry, target in some],
        "identities": [identities, f"{identities}?sort=paths", f"{identities}?category=workload"],
        "identities by name": [f"{identities}?q={word}", f"{identities}?q={word}&sort=paths"],
        "targets": [f"{targets}?kind=secret", f"{targets}?kind=secret&sort=harm"],
        "search": [f"{reverse('search')}?q={word}", f"{reverse('search')}?q=no-such-name"],
        "choke points": [reverse("chokes"), f"{reverse('latent')}", reverse("administrators"), reverse("agents")],
        "overview": [reverse("overview")],
    }


def visits(client: Client, addresses: list[str], times: int) -> Iterator[tuple[float, float]]:
    """Milliseconds of each visit on the wall and of the CPU, after one of each that does not count."""
    for number in range(times + 1):
        for address in addresses:
            begin, used = time.perf_counter(), time.process_time()
            answer = client.get(address)
            if answer.status_code != 200:
                raise SystemExit(f"{address} answers {answer.status_code}")
            if number:
                yield 1000 * (time.perf_counter() - begin), 1000 * (time.process_time() - used)


def main(objects: int, times: int) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    reader, _new = User.objects.get_or_create(username="bench-reader", role=Role.ADMINISTRATOR)
    client = Client()
    client.force_login(reader)
    print(json.dumps({name: list(visits(client, some, times)) for name, some in pages(objects).items()}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
