"""One question to AWS with all that can go wrong: pages, refusals, throttling, a budget, jobs that are awaited."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, NamedTuple

from graph.clouds.aws.collect.calls import pages, parameters, plain, region_of
from graph.clouds.aws.formats.operations import Operation
from graph.model import Json

# The session is over: no service of the piece will answer any more.
_OVER = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "CredentialRetrievalError", "NoCredentialsError"}
)
# The service does not answer this account here, whatever it is asked.
_CLOSED = frozenset(
    {
        "AuthFailure",
        "ConnectTimeoutError",
        "EndpointConnectionError",
        "InvalidClientTokenId",
        "OptInRequired",
        "SSLError",
        "SubscriptionRequiredException",
        "UnrecognizedClientException",
    }
)
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_PATIENCE = 3  # questions that a service throttles to the end before it is left alone
_JOB_SECONDS = 180.0


class Error(NamedTuple):
    """Why a question has no answer, or not all of it."""

    code: str
    message: str

    @property
    def body(self) -> dict[str, Json]:
        return {"Error": {"Code": self.code, "Message": self.message}}


@dataclass(frozen=True, slots=True)
class Told:
    """The pages of an answer as JSON, and what broke it off."""

    pages: tuple[dict[str, Json], ...] = ()
    error: Error | None = None


class StoppedError(Exception):
    """The piece was called off."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one service may cost in one piece; requests that are sent again count."""

    seconds: float = 3600
    calls: int = 20_000


@dataclass
class Caller:
    """Asks the services of one piece. Safe in threads; `client(service, region)` is called once for each."""

    account: str
    region: str
    client: Callable[[str, str], Any]
    budget: Budget = Budget()
    clock: Callable[[], float] = time.monotonic
    stop: Event = field(default_factory=Event)
    calls: Counter[str] = field(default_factory=Counter)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)
    _closed: dict[str, Error] = field(default_factory=dict)
    _throttled: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: Lock = field(default_factory=Lock)

    def ask(self, operation: Operation, arguments: Sequence[str], more: Mapping[str, Any] | None = None) -> Told:
        """The answer to a call of the tables; an answer that is still being made is waited for."""
        if operation.name == "iam-get-credential-report":
            self._report(operation)
        told, waited = self._once(operation, arguments, more), 0.0
        while _unfinished(told) and waited < _JOB_SECONDS:
            waited += self._pause(waited)
            told = self._once(operation, arguments, more)
        if _unfinished(told):
            return Told(error=Error("JobInProgress", f"AWS had not finished after {_JOB_SECONDS:.0f} seconds"))
        return told

    def _once(self, operation: Operation, arguments: Sequence[str], more: Mapping[str, Any] | None) -> Told:
        found: list[dict[str, Json]] = []
        error = self._guarded(operation.service, lambda: self._read(operation, arguments, more or {}, found))
        return Told(tuple(found), error)

    def _read(
        self, operation: Operation, arguments: Sequence[str], more: Mapping[str, Any], found: list[dict[str, Json]]
    ) -> None:
        client = self._client(operation.service, region_of(operation, self.region))
        given = {**parameters(client, operation, self.account, arguments), **more}
        for page in pages(client, _method(client, operation.api), given):
            self._count(operation.service, page)
            body = plain(page)
            found.append(body if isinstance(body, dict) else {})
            self._allowed(operation.service)

    def _guarded(self, service: str, act: Callable[[], None]) -> Error | None:
        """Do it unless the service is closed; what went wrong, and whether that closes it."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        from botocore.parsers import ResponseParserError  # noqa: PLC0415 - no BotoCoreError

        try:
            self._allowed(service)
            act()
        except _ClosedError as closed:
            return closed.error
        except ClientError as error:
            self._count(service, error.response)
            return self._judged(service, _of_client(error))
        except (BotoCoreError, ResponseParserError, ValueError) as error:
            return self._judged(service, Error(type(error).__name__, str(error)))
        self._throttled.pop(service, None)
        return None

    def _allowed(self, service: str) -> None:
        if self.stop.is_set():
            raise StoppedError
        with self._lock:
            closed = self._closed.get("") or self._closed.get(service)
            begun = self._begun.setdefault(service, self.clock())
        if closed:
            raise _ClosedError(closed)
        if self.calls[service] >= self.budget.calls:
            raise _ClosedError(
                Error("BudgetExceeded", f"{self.budget.calls:,} calls of {service} were made, the limit")
            )
        if self.clock() - begun > self.budget.seconds:
            words = f"{service} took more than {self.budget.seconds:,.0f} seconds, the limit"
            raise _ClosedError(Error("BudgetExceeded", words))

    def _count(self, service: str, response: Mapping[str, Any]) -> None:
        with self._lock:
            self.calls[service] += 1 + int(response.get("ResponseMetadata", {}).get("RetryAttempts", 0))

    def _judged(self, service: str, error: Error) -> Error:
        with self._lock:
            if error.code in _OVER:
                self._closed[""] = error
            elif error.code in _CLOSED:
                self._closed[service] = error
            elif error.code in _THROTTLED:
                self._throttled[service] += 1
                if self._throttled[service] >= _PATIENCE:
                    self._closed[service] = error
        return error

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self.client(service, region)
            return self._clients[service, region]

    def _report(self, operation: Operation) -> None:
        """Have the report made; where that is refused, an older one may be there, or the answer says that none is.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html
        """
        state, waited = {"State": "STARTED"}, 0.0

        def generate() -> None:
            page = self._client("iam", self.region).generate_credential_report()
            self._count("iam", page)
            state["State"] = page["State"]

        while state["State"] != "COMPLETE" and waited < _JOB_SECONDS:
            if self._guarded(operation.service, generate):
                return
            waited += self._pause(waited) if state["State"] != "COMPLETE" else 0

    def _pause(self, waited: float) -> float:
        """Longer each time; how long."""
        seconds = min(4.0, 0.2 + waited / 2)
        if self.stop.wait(seconds):
            raise StoppedError
        return seconds


class _ClosedError(Exception):
    """A service is asked no more."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.code)
        self.error = error


def _unfinished(told: Told) -> bool:
    return bool(told.pages) and told.pages[0].get("JobStatus") == "IN_PROGRESS"


def _method(client: Any, api: str) -> str:
    return next(str(method) for method, name in client.meta.method_to_api_mapping.items() if name == api)


def _of_client(error: Any) -> Error:
    """What a service said. That a role cannot be assumed any more is no refusal of the call that was made."""
    told = error.response.get("Error", {})
    if error.operation_name == "AssumeRole":
        return Error(
            "CredentialRetrievalError", f"the role cannot be assumed: {told.get('Code')}: {told.get('Message')}"
        )
    return Error(str(told.get("Code") or "error"), str(told.get("Message") or ""))
