"""A small AWS on 127.0.0.1 that answers with the files of a snapshot folder, in the protocol of each service.

The SDK's requests come over HTTP. Which operation they are and with what parameters is told by a header that the SDK is
made to add (`telling`): botocore writes requests and reads answers, and has nothing for the other way round.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import botocore.session
import pytest

from graph.cloud import Limits
from graph.clouds.aws.collect import sessions
from graph.clouds.aws.formats.layout import arrange
from graph.clouds.aws.formats.members import folder_members
from graph.clouds.aws.formats.operations import DOCUMENTS, Operation, operations
from tests.graph.clouds.aws.collect.wire import Reply, refusal, reply

HEADER = "x-told-by-the-test"
_CREDENTIAL = re.compile(r"Credential=\w{4}(\d{12})/\d+/([\w-]+)/")
_HOST = re.compile(r"//[a-z0-9]+\.(?=127\.0\.0\.1)")
_LISTS = "NextToken", "nextToken"
_LAST = re.compile(r"[tT]oken|Marker|Truncated|LastEvaluated")  # would say that a list goes on


class Asked(NamedTuple):
    """A request that came in."""

    account: str
    region: str
    call: str
    arguments: tuple[str, ...]


Rule = Callable[[Asked], "tuple[str, int] | None"]


@dataclass
class Aws:
    """The answers by account, region, call and arguments; and who came with what.

    `rule` may refuse a request with a code and an HTTP status. Lists come in pages of `page` entries, 0 for whole.
    """

    answers: Mapping[Asked, Any] = field(default_factory=dict)
    rule: Rule = lambda _asked: None
    page: int = 0
    entries: int = 0  # in each list of an answer that no file has
    asked: list[Asked] = field(default_factory=list)
    apis: set[str] = field(default_factory=set)
    assumed: list[tuple[str, str]] = field(default_factory=list)
    closed: frozenset[str] = frozenset()  # accounts whose role nobody may assume

    def answer(self, account: str, region: str, told: Mapping[str, Any]) -> Reply:
        model = _service(told["service"]).operation_model(told["api"])
        self.apis.add(f"{told['service']}:{told['api']}")
        operation = _operation(told["service"], told["api"])
        if operation is None:
            return reply(model, {"State": "COMPLETE"})
        arguments = tuple(str(told["given"][parameter.name]) for parameter in operation.parameters)
        asked = Asked(account, operation.region(region), operation.name, arguments)
        self.asked.append(asked)
        if refused := self.rule(asked):
            return refusal(model, refused[0], "as the test wants it", refused[1])
        found = self.answers.get(asked)
        if found is None and operation.name == "ec2-describe-regions":
            found = next((a for q, a in self.answers.items() if q.account == account and q.call == asked.call), None)
        return self._found(operation, model, told["given"], found)

    def _found(self, operation: Operation, model: Any, given: Mapping[str, Any], found: Any) -> Reply:
        if found is None:
            return reply(model, made_up(operation, model.output_shape, self.entries))
        if error := found.get("Error"):
            return refusal(model, error["Code"], error.get("Message", ""))
        if operation.items:
            names = {name for value in given.values() if isinstance(value, list) for name in value}
            member, _, key = operation.items.key.partition("[].")
            found = found | {member: [e for e in found.get(member, []) if {e.get(key), e.get("id")} & names]}
        return reply(model, self._paged(model, given, found))

    def _paged(self, model: Any, given: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
        lists = [name for name, value in found.items() if isinstance(value, list)]
        token = next((t for t in _LISTS if t in model.output_shape.members and t in model.input_shape.members), None)
        if not self.page or not token or len(lists) != 1:
            return found
        start = int(given.get(token, 0))
        more = {token: str(start + self.page)} if len(found[lists[0]]) > start + self.page else {}
        return {**found, lists[0]: found[lists[0]][start : start + self.page], **more}


def answers_of(folder: Path) -> dict[Asked, Any]:
    """What the files of a snapshot folder say."""
    members, _links = folder_members(folder, Limits())
    return {
        Asked(account.account, found.region, found.call, found.arguments): json.loads(found.member.read())
        for account in arrange(members).folders
        for found in account.found
    }


def telling(client: Any) -> Any:
    """Have a client say in a header what it asks."""

    def keep(params: Any, context: dict[str, Any], **_: Any) -> None:
        context["told"] = dict(params)

    def say(model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        told = {"service": model.service_model.service_name, "api": model.name, "given": context["told"]}
        params["headers"][HEADER] = json.dumps(told)
        params["url"] = _HOST.sub("//", params["url"])  # an account before the name of the host would be no address

    client.meta.events.register_first("before-parameter-build", keep)
    client.meta.events.register("before-call", say)
    return client


def made_up(operation: Operation, shape: Any, entries: int) -> Any:
    """An answer of the operation's shape that says nothing, with so many entries in each list."""
    found = _made_up(shape, entries, 5)
    found = {name: value for name, value in found.items() if not _LAST.search(name)}
    for name in found.keys() & operation.shape.members.keys():
        if operation.shape.members[name].kind in DOCUMENTS:
            found[name] = {"Version": "2012-10-17", "Statement": []}
    return found | {"JobStatus": "COMPLETED"}


def _made_up(shape: Any, entries: int, depth: int) -> Any:
    kind = shape.type_name
    if kind == "structure" and getattr(shape, "is_tagged_union", False):
        name, member = next(iter(shape.members.items()))
        return {name: _made_up(member, entries, depth)}
    if kind == "structure":
        inner = {n: _made_up(s, entries, depth - 1) for n, s in shape.members.items()} if depth else {}
        return inner | {
            n: "arn:aws:any:::x/1234" for n in inner if n.lower().endswith("arn") and isinstance(inner[n], str)
        }
    if kind == "list":
        return [_made_up(shape.member, entries, depth) for _ in range(entries if depth else 0)]
    if kind == "timestamp":
        return "2026-01-31T08:00:00Z"
    least = max(int(shape.metadata.get("min", 1)), 1)
    scalars = {"map": {}, "boolean": False, "integer": 1, "long": 1, "float": 1.0, "double": 1.0, "blob": ""}
    return scalars.get(kind, shape.metadata.get("enum", ["x" * least])[0])


@contextmanager
def serving(aws: Aws) -> Iterator[str]:
    """The URL at which it answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
            who = _CREDENTIAL.search(self.headers.get("Authorization", ""))
            account, region = (who[1], who[2]) if who else ("", "")
            told = self.headers.get(HEADER)
            form = parse_qs(body)
            status, headers, data = aws.answer(account, region, json.loads(told)) if told else _assume(aws, form)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(data))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_HEAD = _handle  # noqa: N815 - the names that the server calls

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def _assume(aws: Aws, form: Mapping[str, list[str]]) -> Reply:
    model = _service("sts").operation_model("AssumeRole")
    role, external = form["RoleArn"][0], form.get("ExternalId", [""])[0]
    aws.assumed.append((role, external))
    account = role.split(":")[4]
    if account in aws.closed:
        return refusal(model, "AccessDenied", f"not authorized to perform: sts:AssumeRole on resource: {role}", 403)
    given = {"SecretAccessKey": "s" * 20, "SessionToken": "t", "Expiration": "2099-01-01T00:00:00+00:00"}
    return reply(model, {"Credentials": {"AccessKeyId": f"ASIA{account}", **given}})


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


@cache
def _operation(service: str, api: str) -> Operation | None:
    return next((o for o in operations().values() if (o.service, o.api) == (service, api)), None)


def enter(patch: pytest.MonkeyPatch, account: str, nowhere: Path) -> None:
    """The environment holds a key of the account, and nothing of whoever runs the tests."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{account}")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "s" * 20)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        patch.setenv(name, str(nowhere))


@contextmanager
def reached(one: Aws, patch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """The SDK finds this AWS in the place of the real one."""
    plain = sessions.Sessions.client
    patch.setattr(sessions.Sessions, "client", lambda *given: telling(plain(*given)))
    patch.setattr(sessions, "ATTEMPTS", 2)
    with serving(one) as url:
        patch.setenv("AWS_ENDPOINT_URL", url)
        yield one
