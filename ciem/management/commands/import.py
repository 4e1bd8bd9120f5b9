"""`manage.py import PATH`: what the web's upload does, for a file or folder on this machine."""  # noqa: N999

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ciem.management.importing import import_path, importer, wait
from ciem.scans.models import GapRecord, Scan, State


class Command(BaseCommand):
    """The import runs in the worker: `make demo` or `python -m ciem.run` must be running."""

    help = "Import a file, archive or folder into a connection."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--connection", default="", help="its name; made when new (default: the file's name)")
        parser.add_argument("--collected-at", default="", help="when it was collected, where the file does not say")
        parser.add_argument("--scope", default="", help="of which scope it is, where the file does not say")
        parser.add_argument("--user", default="", help="in whose name (default: the first administrator)")
        parser.add_argument("--wait", action="store_true", help="until it is over; the exit code says how it went")

    def handle(self, *_: Any, path: Path, **options: Any) -> None:
        if not path.exists():
            raise CommandError(f"There is no {path}.")
        place = path.resolve()
        try:
            scan = import_path(
                importer(options["user"]),
                place,
                options["connection"] or place.stem,
                collected_at=_moment(options["collected_at"]),
                scope=options["scope"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or place} cannot be read: {error.strerror}.") from error
        scan.refresh_from_db()
        self.stdout.write(f"Import {scan.pk} into {scan.connection} is queued.")
        if scan.sent_at is None:
            self.stderr.write("No queue answers. The import begins when `make demo` or `python -m ciem.run` runs.")
        elif options["wait"]:
            self._tell(wait(scan, self.stdout.write))

    def _tell(self, scan: Scan) -> None:
        problems = scan.problems.count()
        gaps = GapRecord.objects.filter(snapshot=scan.snapshot).asked().count() if scan.snapshot else 0
        if scan.state != State.DONE:
            raise CommandError(f"{scan.get_state_display()}: {scan.error}")
        paths = scan.graph.counts.get("paths", 0) if scan.graph else 0
        self.stdout.write(f"Done: {paths} attack paths; {gaps} gaps, {problems} problems in the input.")


def _moment(words: str) -> Any:
    if not words:
        return None
    try:
        moment = parse_datetime(words)
    except ValueError as error:
        raise CommandError(f"--collected-at {words}: {error}.") from error
    if moment is None:
        raise CommandError(f"--collected-at {words}: write it as 2026-03-02T08:00:00Z.")
    return moment if moment.tzinfo else timezone.make_aware(moment)
