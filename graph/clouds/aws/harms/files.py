"""Harms to file systems that hold training data or notebooks: mounting them, writing to them, deleting them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.clouds.aws.harms.row import Harm, all_on, harmed

_GUIDE = "https://docs.aws.amazon.com/efs/latest/ug"
_FILES = "elasticfilesystem:file-system"
# A client without a name is let in or not by the file system's own policy, and everybody by the network around it.
_NEAR = "one is on a network that its mount targets let in"


def _mounted() -> Iterator[Harm]:
    """https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html"""
    rows = (
        ("read-files", "read_training_data", ("ClientMount",), "Read files of a file system", "read files on {target}"),
        ("write-files", "poison_data", ("ClientMount", "ClientWrite"), "Write to a file system", "write to {target}"),
    )
    for slug, harm, names, title, does in rows:
        rule = harmed(_FILES, "training_data", all_on(_FILES, *(f"elasticfilesystem:{name}" for name in names)))
        yield Harm(
            key=f"aws.training-data.{slug}",
            asset="training_data",
            harm=harm,
            rule=replace(rule, supposes=_NEAR),
            title=title,
            does=does,
            reason="Whoever mounts it sees what jobs train from and what people keep in their notebooks.",
            page=f"{_GUIDE}/iam-access-control-nfs-efs.html",
        )


ROWS = (
    *_mounted(),
    Harm(
        key="aws.training-data.erase-files",
        asset="training_data",
        harm="destroy",
        # It cannot be deleted while something can be mounted from it.
        rule=harmed(
            _FILES,
            "training_data",
            all_on(_FILES, "elasticfilesystem:DeleteMountTarget", "elasticfilesystem:DeleteFileSystem"),
        ),
        title="Delete a file system",
        does="delete {target}",
        reason="What is on it is gone at once, unless it was backed up.",
        page=f"{_GUIDE}/API_DeleteFileSystem.html",
    ),
)
