"""The Django project: people, connections, imports, findings and the pages that show them."""

from ciem.celery import app

__all__ = ["app"]
