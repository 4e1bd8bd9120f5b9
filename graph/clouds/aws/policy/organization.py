"""What the organization lays on accounts: levels of service control policies, and resource control policies."""

from __future__ import annotations

from collections.abc import Iterator

from graph.clouds.aws.facts import AwsFacts
from graph.clouds.aws.policy.library import Library, Text


class Organization:
    """The compiled guard rails of each account; nothing for the management account, which they do not bind."""

    def __init__(self, facts: AwsFacts, library: Library) -> None:
        self.canonical_ids = facts.canonical_ids
        self._library = library
        self._bound = {key: account for key, account in facts.accounts.items() if not account.management}
        self._own = facts.beyond.accounts if facts.beyond else frozenset(self._bound)
        self._scps: dict[str | None, tuple[tuple[Text, ...], ...]] = {}
        self._rcps: dict[str | None, tuple[Text, ...]] = {}

    def texts(self) -> Iterator[Text]:
        """Every document of every account whose identities are here."""
        for account in sorted(self._own & self._bound.keys()):
            for level in self.scps(account):
                yield from level
            yield from self.rcps(account)

    def scps(self, account: str | None) -> tuple[tuple[Text, ...], ...]:
        """Levels, each of which must allow."""
        if account not in self._scps:
            bound = self._bound.get(account or "")
            self._scps[account] = tuple(map(self._library.all, bound.scps or ())) if bound else ()
        return self._scps[account]

    def rcps(self, account: str | None) -> tuple[Text, ...]:
        """Of these only denies matter, so levels do not."""
        if account not in self._rcps:
            bound = self._bound.get(account or "")
            levels = bound.rcps or () if bound else ()
            self._rcps[account] = tuple(text for level in levels for text in self._library.all(level))
        return self._rcps[account]
