"""The stage that scenes of the planted estate are played on: an attacker, a prize, and what most scenes need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from graph.clouds.aws.demo.calls import Account, Answer, allow, trust

MANAGEMENT, ACCOUNT, OTHER, VAULT = "100000000009", "111111111111", "222222222222", "333333333333"
STRANGER = "999999999999"
KEY_MADE = "2026-01-05T08:00:00Z"


@dataclass
class Stage:
    """One playing of a scene. `a` is the account it plays in, `b` a neighbour, `m` the management account,
    `v` an account without identities.
    """

    name: str
    good: bool
    a: Account
    b: Account
    m: Account
    v: Account
    found: list[tuple[str, str, str]] = field(default_factory=list)
    administrators: list[str] = field(default_factory=list)
    abroad: list[tuple[str, str]] = field(default_factory=list)
    even_so: list[tuple[str, str]] = field(default_factory=list)  # abroad, where the scene is played badly
    _prize: str = ""

    def attacker(self, *statements: Answer, account: Account | None = None, **more: object) -> str:
        """A user with an active access key and these rights; its ARN."""
        home = account or self.a
        home.user(self.name, *statements, key=KEY_MADE, **more)  # type: ignore[arg-type]
        return home.arn("iam", f"user/{self.name}")

    @property
    def who(self) -> str:
        return self.a.arn("iam", f"user/{self.name}")

    @property
    def prize(self) -> str:
        """The secret of this playing."""
        if not self._prize:
            self._prize = self.a.secret(f"{self.name}/prize")
        return self._prize

    def reads(self) -> Answer:
        return allow("secretsmanager:GetSecretValue", self.prize)

    def role(self, trusted: Answer | str, *statements: Answer, suffix: str = "role", **more: object) -> str:
        """A role that reads the prize unless it is told what else; a string is the service that it trusts."""
        made = trust({"Service": trusted}) if isinstance(trusted, str) else trusted
        return self.a.role(f"{self.name}-{suffix}", made, *(statements or (self.reads(),)), **more)  # type: ignore[arg-type]

    def home_trust(self, account: Account | None = None) -> Answer:
        """Whoever the account lets."""
        return trust({"AWS": f"arn:aws:iam::{(account or self.a).number}:root"})

    def pick(self, right: str, wrong: str) -> str:
        return right if self.good else wrong

    def wins(self, harm: str = "read_secrets", target: str = "", who: str = "") -> None:
        """What is to be found where the scene is played well."""
        self.found.append((who or self.who, harm, target or self.prize))

    def owns(self, account: Account | None = None, who: str = "") -> None:
        self.wins("administer", (account or self.a).arn("iam", "root"), who)

    def administers(self) -> None:
        """The attacker owns the account as it stands: no path, but a line in the list of administrators."""
        self.administrators.append(self.who)

    def beyond(self, harm: str, target: str, *, even_so: bool = False) -> None:
        """What lies in another account, and is won by whoever owns this one as well; perhaps in the near miss too."""
        (self.even_so if even_so and not self.good else self.abroad).append((harm, target))

    def expected(self) -> Iterator[tuple[str, str, str]]:
        if not self.administrators:
            yield from self.found or [(self.who, "read_secrets", self.prize)]


@dataclass(frozen=True)
class Scene:
    """`why` says why the path is there, `miss` what is missing in the near miss.

    Harms in `weak` hang on something that is named on the path; all others are certain.
    """

    play: Callable[[Stage], None]
    why: str
    miss: str
    weak: tuple[str, ...] = ()


SCENES: dict[str, Scene] = {}


def scene(why: str, miss: str, *weak: str) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Add a scene under the name of its function."""

    def add(play: Callable[[Stage], None]) -> Callable[[Stage], None]:
        SCENES[play.__name__.strip("_").replace("_", "-")] = Scene(play, why, miss, weak)
        return play

    return add
