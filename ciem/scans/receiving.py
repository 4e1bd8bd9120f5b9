"""Take the files of a form from the network: only from those who may import, never more than fits, never half."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from ciem.accounts.permissions import Permission, can


class ReceivedFile(TemporaryUploadedFile):
    """A file of a form. With a `problem` its content was thrown away, and the form says why."""

    problem = ""


class GuardedUploadHandler(FileUploadHandler):
    """Writes what comes to a file of its own until there is a problem, and from then on reads without keeping.

    It runs before the view, when the token of the form is looked for: so it asks itself who is sending. To read to the
    end lets the browser hear the answer; to break off would show it a broken connection.
    """

    file: ReceivedFile
    total = 0  # of all files of the form
    problem = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = ReceivedFile(self.file_name or "", self.content_type, 0, self.charset, self.content_type_extra)
        user = getattr(self.request, "user", None) or AnonymousUser()
        if not can(user, Permission.IMPORT):
            self.problem = "Your role does not include: import."

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.total += len(raw_data)
        if self.total > settings.MAX_UPLOAD_BYTES:
            self.problem = f"The file is larger than {settings.MAX_UPLOAD_BYTES // 1_000_000} MB."
        if not self.problem:
            self._write(raw_data)
        if self.problem:
            os.truncate(self.file.temporary_file_path(), 0)

    def _write(self, raw_data: bytes) -> None:
        try:
            self.file.write(raw_data)
            self.file.flush()
        except OSError as error:
            self.problem = f"The file could not be kept ({error.strerror}). Make room and send it again."

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        self.file.seek(0)
        self.file.size, self.file.problem = file_size, self.problem
        return self.file

    def upload_interrupted(self) -> None:
        self.file.close()  # which removes it
