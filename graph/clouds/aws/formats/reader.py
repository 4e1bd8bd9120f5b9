"""Reads the files of accounts into a collection: which account a folder is of, what each file answers."""

from __future__ import annotations

from graph.cloud import ImportOptions, ImportRefusedError
from graph.clouds.aws.formats import accounts
from graph.clouds.aws.formats.answers import NotJsonError, Opened, Reading, open_file, open_packed, read
from graph.clouds.aws.formats.cleaning import clean, holds_credentials, is_refused
from graph.clouds.aws.formats.collection import Attempt, Collection, Question
from graph.clouds.aws.formats.layout import AccountFolder, Found, Layout, arity, service_of
from graph.clouds.aws.formats.operations import operations

_PROGRESS_EVERY = 200


class Reader:
    """Reads the files of all account folders into a collection."""

    def __init__(self, layout: Layout, options: ImportOptions, collection: Collection) -> None:
        self.layout, self.options, self.collection = layout, options, collection
        self.total, self.done = sum(len(folder.found) for folder in layout.folders), 0

    def read(self) -> list[str]:
        """The accounts that were read."""
        scopes = set()
        for folder in self.layout.folders:
            if account := self._folder(folder):
                scopes.add(account)
        self.options.progress(self.total, self.total, "files read")
        return sorted(scopes)

    def _folder(self, folder: AccountFolder) -> str:
        """Read a folder; its account, or an empty text when its content is another account's."""
        telling = [f for f in folder.found if f.call in (accounts.IDENTITY, accounts.IAM)]
        opened = {f.member.path: self._open(f) for f in telling}
        identity, iam = (
            [p for f in telling if f.call == call for o in opened[f.member.path] for p in o.pages or ()]
            for call in (accounts.IDENTITY, accounts.IAM)
        )
        account = folder.account or self._told(folder, identity, iam)
        if not account:
            return ""
        fault = accounts.mismatch(account, identity, iam) if folder.account else ""
        if fault:
            remedy = "Put each account's answers into the folder of that account, and import again."
            self.collection.problem(folder.name, fault, remedy)
            self.collection.gap(Question(account, "*", "*"), fault, remedy)
            return ""
        reading = Reading(account, merged=folder.bare)
        for found in folder.found:
            self._file(found, opened.pop(found.member.path, None), reading)
        return account

    def _told(self, folder: AccountFolder, identity: accounts.Pages, iam: accounts.Pages) -> str:
        """The account that the content of a bare folder names; one folder of several may fail alone."""
        caller, owners = accounts.named_by_identity(identity), accounts.named_by_arns(accounts.IAM, iam)
        named = caller if caller and (not owners or caller & owners) else caller | owners
        try:
            return accounts.settled(named, self.options, f"`{folder.name}`")
        except ImportRefusedError as error:
            if len(self.layout.folders) == 1:
                raise
            self.collection.problem(folder.name, f"{error} The folder was not read.")
            return ""

    def _open(self, found: Found) -> list[Opened]:
        nesting = self.options.limits.nesting
        try:
            data = found.member.read()
        except OSError as error:
            trouble = NotJsonError(f"the file cannot be read ({error.strerror or error})")
            return [Opened(found.arguments, None, trouble)]
        return list(open_packed(data, nesting)) if found.packed else [open_file(data, found.arguments, nesting)]

    def _file(self, found: Found, opened: list[Opened] | None, reading: Reading) -> None:
        self.done += 1
        if self.done % _PROGRESS_EVERY == 0:
            self.options.progress(self.done, self.total, f"reading {reading.account}")
        if is_refused(found.call):
            self._refuse(found)
        elif found.call in operations():
            for one in opened or self._open(found):
                self._answer(found, one, reading)
        else:
            self._unknown(found, reading.account)

    def _refuse(self, found: Found) -> None:
        what = "refused: such an answer carries credentials or content; it was not stored"
        self.collection.problem(found.member.name, what, "Delete the file and do not collect it.")

    def _answer(self, found: Found, opened: Opened, reading: Reading) -> None:
        operation = operations()[found.call]
        question = Question(reading.account, operation.region(found.region), found.call, opened.arguments)
        answer = read(opened, operation, reading)
        if len(opened.arguments) in arity(operation) or (found.packed and opened.trouble):
            self.collection.add(question, Attempt(answer, found.member.name, found.alternative))
            return
        names = " / ".join(parameter.name for parameter in operation.parameters)
        what = f"malformed: `{found.call}` takes {f'the arguments {names}' if names else 'no argument'} in its path"
        self.collection.problem(found.member.name, what, "Rename the file.", opened.place)
        self.collection.gap(question._replace(arguments=()), "malformed: wrong arguments in the path")

    def _unknown(self, found: Found, account: str) -> None:
        """Keep the answer of a call that the tables do not have, cleaned, for a later version to read."""
        name = found.member.name
        for opened in self._open(found):
            page = opened.pages[0] if opened.pages else None
            if page is None or len(opened.pages or ()) > 1:
                self.collection.ignore(name, f"`{found.call}` is not in the tables, and this is no response")
            elif holds_credentials(page):
                self._refuse(found)
            else:
                self.collection.ignore(name, f"`{found.call}` is not in the tables; kept, not read")
                page.pop("ResponseMetadata", None)
                response = clean(page, service_of(found.call)).response
                question = Question(account, found.region, found.call, opened.arguments)
                self.collection.keep_once(question, response, name)
