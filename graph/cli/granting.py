"""Show or write the rights that collecting needs, as files for the tools that give them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from graph.cli.loading import UsageError
from graph.cli.writing import note, put, write
from graph.cloud import Rights
from graph.clouds import clouds


def rights(arguments: Namespace) -> bool:
    """The ways there are, or the files of one."""
    known = clouds()
    if arguments.cloud not in known:
        raise UsageError(f"There is no cloud `{arguments.cloud}`; there are: {', '.join(known)}.")
    ways = {way.key: way for way in known[arguments.cloud].rights}
    if not ways:
        raise UsageError(f"Nothing is collected from the cloud `{arguments.cloud}`, so no rights are needed.")
    if arguments.format is None:
        write(map(_line, ways.values()), None)
    elif arguments.format in ways:
        _hand_out(ways[arguments.format].files(), arguments)
    else:
        raise UsageError(f"There is no format `{arguments.format}`; there are: {', '.join(ways)}.")
    return False


def _line(way: Rights) -> Mapping[str, object]:
    return {"format": way.key, "about": way.about, "files": sorted(way.files())}


def _hand_out(files: Mapping[str, str], arguments: Namespace) -> None:
    if arguments.output is not None:
        _write_into(Path(arguments.output), files)
    elif len(files) == 1:
        put(next(iter(files.values())).encode())
    else:
        raise UsageError(f"These are {len(files)} files ({', '.join(sorted(files))}): name a folder with --output.")


def _write_into(folder: Path, files: Mapping[str, str]) -> None:
    """All of the files or none."""
    others = [name for name, text in sorted(files.items()) if _says_otherwise(folder / name, text)]
    if others:
        raise UsageError(f"`{folder}` holds other files of these names: {', '.join(others)}. Name another folder.")
    try:
        for name, text in sorted(files.items()):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    except OSError as error:
        raise UsageError(f"`{folder}` cannot be written to: {error.strerror}.") from error
    note(f"Written to {folder}: {', '.join(sorted(files))}.")


def _says_otherwise(path: Path, text: str) -> bool:
    return path.exists() and (not path.is_file() or path.read_bytes() != text.encode())
