"""From what was typed to connect to sessions of the SDK: one's own, a role's, a role's in each member account."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from graph.cloud import CollectRefusedError, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASKED = (
    ("profile", "Profile", "A profile of the AWS CLI. Empty: the credentials of the environment."),
    ("role", "Role ARN", "The role to assume first, by its ARN. Empty: the credentials as they are."),
    ("external_id", "External id", "What the trust policies of the roles ask for. Empty: nothing."),
    (
        "member_role",
        "Role in each account",
        "To collect an organization: the name of the role to assume in each of its accounts. Empty: one account.",
    ),
    ("accounts", "Accounts", "Of an organization, only these, with commas between. Empty: all."),
    ("regions", "Regions", "Only these, with commas between. Empty: all that an account has enabled."),
    ("home", "First region", "The region that is asked first. Empty: that of the profile, else us-east-1."),
)
FIELDS = tuple(Field(name, label, help=words, optional=True) for name, label, words in _ASKED)
ATTEMPTS = 5
_HOME = "us-east-1"
_NAME = "grantpath"


def config(connections: int) -> Any:
    """Adaptive: the SDK slows down as a service asks it to.

    https://docs.aws.amazon.com/boto3/latest/guide/retries.html
    """
    from botocore.config import Config  # noqa: PLC0415 - the SDK loads only where something is collected

    return Config(
        retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
        max_pool_connections=connections,
        connect_timeout=5,
        read_timeout=30,
        user_agent_extra=_NAME,
    )


@contextmanager
def refusing(what: str, cure: str) -> Iterator[None]:
    """Turn what the SDK raises into words for a person."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CollectRefusedError(f"{what}: {error}. {cure}") from error


class Sessions:
    """The sessions of one connection. Making clients is not safe in threads, so that it is done one at a time."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values, self._lock = values, Lock()

    @property
    def external_id(self) -> str:
        return self._values.get("external_id", "").strip()

    @property
    def member_role(self) -> str:
        return self._values.get("member_role", "").strip()

    @cached_property
    def hub(self) -> Any:
        """The session that is there before any member account's."""
        from boto3 import Session  # noqa: PLC0415

        profile, role = (self._values.get(name, "").strip() for name in ("profile", "role"))
        with refusing("These credentials cannot be used", "Correct the profile, or sign in again."):
            session = Session(profile_name=profile or None)
            home = self._values.get("home", "").strip() or session.region_name or _HOME
            session = Session(profile_name=profile or None, region_name=home)
        return self._assumed(session, role) if role else session

    @property
    def home(self) -> str:
        return str(self.hub.region_name)

    @cached_property
    def caller(self) -> Mapping[str, str]:
        """Who the hub's session is: `Account` and `Arn`."""
        with refusing("AWS does not accept this connection", "Check the credentials, the role and its trust policy."):
            told: Mapping[str, str] = self.client(self.hub, "sts", self.home).get_caller_identity()
            return told

    def of(self, account: str, partition: str) -> Any:
        """A session in a member account. That it cannot be had shows with its first call."""
        return self._assumed(self.hub, f"arn:{partition}:iam::{account}:role/{self.member_role}")

    def client(self, session: Any, service: str, region: str, connections: int = 1) -> Any:
        with self._lock:
            return session.client(service, region_name=region, config=config(connections))

    def _assumed(self, session: Any, role: str) -> Any:
        """A session that assumes the role, and does so again whenever its hour is over."""
        from boto3 import Session  # noqa: PLC0415
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials  # noqa: PLC0415
        from botocore.session import get_session  # noqa: PLC0415

        def client(service: str, **keys: Any) -> Any:
            return session.client(service, region_name=session.region_name, config=config(1), **_own(keys))

        more = {"RoleSessionName": _NAME, **({"ExternalId": self.external_id} if self.external_id else {})}
        fetcher = AssumeRoleCredentialFetcher(client, session.get_credentials(), role, extra_args=more)
        inner = get_session()
        inner._credentials = DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
        return Session(botocore_session=inner, region_name=session.region_name)


def _own(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The credentials among what the SDK makes a client of."""
    return {name: keys[name] for name in keys if name.startswith("aws_")}
