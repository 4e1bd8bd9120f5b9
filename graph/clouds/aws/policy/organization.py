"""What the organization lays on accounts: levels of service control policies, and resource control policies."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.library import Library, Text


class Organization:
    """The compiled guard rails of each account; nothing for the management account, which they do not bind."""

    def __init__(self, facts: AwsFacts, library: Library) -> None:
        self.canonical_ids = facts.canonical_ids
        bound = {key: account for key, account in facts.accounts.items() if not account.management}
        self._scps = {key: tuple(library.all(level) for level in account.scps or ()) for key, account in bound.items()}
        self._rcps = {
            key: tuple(text for level in account.rcps or () for text in library.all(level))
            for key, account in bound.items()
        }

    def texts(self) -> Iterator[Text]:
        """Every document of every account."""
        for levels in self._scps.values():
            for level in levels:
                yield from level
        for texts in self._rcps.values():
            yield from texts

    def scps(self, account: str | None) -> tuple[tuple[Text, ...], ...]:
        """Levels, each of which must allow."""
        return self._scps.get(account or "", ())

    def rcps(self, account: str | None) -> tuple[Text, ...]:
        """Of these only denies matter, so levels do not."""
        return self._rcps.get(account or "", ())
