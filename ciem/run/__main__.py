"""`python -m ciem.run`: prepare the home folder, start everything, stop everything."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ciem.run import lock, places, welcome
from ciem.run.services import Plan, services
from ciem.run.supervise import Group, log
from ciem.run.welcome import Welcome

PROJECT = Path(__file__).resolve().parents[2]


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ciem.run", description="Run Grantpath on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000); 0: any that is free")
    parser.add_argument("--workers", type=int, default=2, help="how many imports and questions run at once (2)")
    parser.add_argument("--no-demo", action="store_true", help="start empty, without the demo user and estate")
    return parser.parse_args(words)


def plan(options: argparse.Namespace, home: Path) -> Plan:
    port = lock.free_port(options.host, options.port, "make run" if options.no_demo else "make demo")
    return Plan(PROJECT, home, options.host, port, options.workers, demo=not options.no_demo)


def prepare(wanted: Plan) -> None:
    """Bring database, static files and the demo's user into shape, in a process of Django's."""
    command = [sys.executable, str(PROJECT / "manage.py"), "prepare", *(["--demo"] if wanted.demo else [])]
    done = subprocess.run(command, env={**os.environ, **wanted.environment}, cwd=PROJECT, check=False)
    if done.returncode:
        raise lock.StartError("The home folder could not be prepared; the lines above say why.")


def say_ready(wanted: Plan, greeting: Welcome | None) -> None:
    """With a demo estate still to be imported, the importer says it, when there is something to see."""
    if greeting is not None and greeting.is_complete:
        print(welcome.words(wanted.address, greeting), flush=True)
    elif not wanted.demo:
        first = "`.venv/bin/python manage.py createadmin NAME` makes a first user"
        log(f"ready at {wanted.address} - {first}; Ctrl-C stops everything")


def main() -> int:
    options = parse(sys.argv[1:])
    home = Path(os.environ.get("GRANTPATH_HOME") or PROJECT / ".grantpath").expanduser().resolve()
    os.umask(0o077)  # whatever this and its children write, only its owner reads
    try:
        holder = lock.take(home)
        wanted = plan(options, home)
        lock.tell(home, wanted.address)
        prepare(wanted)
        greeting = welcome.kept(home) if wanted.demo else None
        started = services(wanted, import_demo=greeting is not None and not greeting.is_complete)
    except lock.StartError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        words = f"The home folder {home} cannot be used ({error.strerror or error}: {error.filename or home})."
        print(words, "Make room there, see to its rights, or set GRANTPATH_HOME to another folder.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # nothing has been started yet
        return 130
    code = Group(started, holder, lambda: say_ready(wanted, greeting)).run()
    shutil.rmtree(places.socket_folder(home), ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
