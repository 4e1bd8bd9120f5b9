"""Tell people of scans that failed while nobody looked. The pages tell it too; mail goes where settings say."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail

from ciem.scans.models import Scan

log = logging.getLogger(__name__)


def failed(scan: Scan) -> None:
    """Mail that is not taken is logged: it must not end the work that it tells of."""
    if not settings.EMAIL_HOST or not settings.NOTIFY:
        return
    subject = f"Grantpath: the scan of {scan.connection} failed".replace("\n", " ")
    asked = f"{scan.queued_at:%Y-%m-%d %H:%M} UTC"
    words = f"{scan.error}\n\nScan {scan.pk}, asked {asked}. What was published before stays.\n"
    try:
        send_mail(subject, words, None, settings.NOTIFY)
    except OSError as error:
        log.warning("%s: the mail about its failure was not taken (%s)", scan, error)
