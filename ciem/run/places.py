"""Where the embedded services keep their sockets and files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


def socket_folder(home: Path) -> Path:
    """The short folder for this home's sockets: a socket's path may have 103 characters on macOS, 107 on Linux."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    return base / f"grantpath-{os.getuid()}-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]}"


def valkey_socket(home: Path) -> Path:
    return socket_folder(home) / "valkey.sock"


def broker_url(home: Path) -> str:
    """The broker that `python -m ciem.run` starts for this home."""
    return f"redis+socket://{valkey_socket(home)}"
