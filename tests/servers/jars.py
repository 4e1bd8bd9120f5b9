"""`python -m tests.servers.jars`: fetch the jars that the lock file names, once, into a cache outside the project."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LOCK = Path(__file__).with_name("neo4j.lock")


def cache() -> Path:
    """`$GRANTPATH_CACHE`, else a folder among the user's caches."""
    given = os.environ.get("GRANTPATH_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "grantpath"


def locked() -> Mapping[str, str]:
    """Maven coordinates and the SHA-256 that each jar must have."""
    lines = [line.split() for line in LOCK.read_text("utf-8").splitlines() if not line.startswith("#")]
    return {line[0]: line[1] for line in lines}


def place(name: str) -> Path:
    """Where Maven's layout keeps a jar."""
    group, artifact, version, *classifier = name.split(":")
    file = f"{'-'.join([artifact, version, *classifier])}.jar"
    return cache() / "m2" / group.replace(".", "/") / artifact / version / file


def fetched() -> list[Path]:
    """Every jar of the lock, each with the hash it must have; asks the network for none."""
    wanted = locked()
    missing = [name for name in wanted if not place(name).is_file()]
    if missing:
        raise SystemExit(f"{len(missing)} jars are missing, such as {missing[0]}. Run: python -m tests.servers.jars")
    with ThreadPoolExecutor(4) as pool:
        digests = list(pool.map(_digest, map(place, wanted)))
    wrong = [name for name, found in zip(wanted, digests, strict=True) if wanted[name] != found]
    for name in wrong:
        place(name).unlink()
    if wrong:
        raise SystemExit(f"Removed {len(wrong)} jars that do not match {LOCK.name}, such as {wrong[0]}. Run it again.")
    return [place(name) for name in wanted]


def fetch() -> None:
    """What is missing, from Maven Central. No description is read: what the lock names is what there is."""
    missing = [name for name in locked() if not place(name).is_file()]
    if missing:
        print(f"Fetching {len(missing)} jars of Neo4j into {cache()}", file=sys.stderr)
        _download(missing)
    fetched()


def _download(names: Iterable[str]) -> None:
    from jgo.maven import MavenContext

    maven = MavenContext(repo_cache=cache() / "m2")

    def one(name: str) -> None:
        group, artifact, version, *classifier = name.split(":")
        component = maven.project(group, artifact).at_version(version)
        component.artifact(classifier="".join(classifier)).resolve()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, names))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    fetch()
