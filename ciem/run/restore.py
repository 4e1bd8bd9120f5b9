"""Give back to their queues the tasks that a dead worker had taken and not finished.

Celery over Valkey does so only after the visibility timeout, hours later. Where one supervisor starts the only worker,
it knows just before the start that nobody holds a task. Never run this beside a living worker.
"""

from __future__ import annotations

from typing import Any

from ciem.celery import app


def restore() -> int:
    """How many were given back."""
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        tags = [tag.decode() if isinstance(tag, bytes) else tag for tag in channel.client.hkeys(channel.unacked_key)]
        for tag in tags:
            channel.qos.restore_by_tag(tag, leftmost=True)
        channel.client.delete(channel.unacked_mutex_key, channel.unacked_index_key)
    return len(tags)


if __name__ == "__main__":
    if given_back := restore():
        print(f"gave back {given_back} tasks of a worker that was killed", flush=True)
