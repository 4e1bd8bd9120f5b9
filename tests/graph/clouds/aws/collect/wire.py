"""What a service of AWS sends back, written from botocore's model of its answers, in each protocol."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.serialize import RpcV2CBORSerializer

Reply = tuple[int, dict[str, str], bytes]


def reply(model: Any, value: Mapping[str, Any]) -> Reply:
    """The answer of an operation."""
    shape, protocol = model.output_shape, model.service_model.resolved_protocol
    typed = _typed(shape, value) if shape else {}
    headers, body = _apart(shape, typed) if protocol.startswith("rest") and shape else ({}, typed)
    if protocol == "smithy-rpc-v2-cbor":
        return 200, {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}, _cbor(shape, typed)
    if protocol in ("json", "rest-json"):
        return 200, headers, _payload_json(shape, body)
    if shape is None:
        return 200, headers, b""
    if protocol == "query":
        inner = "".join(_members(shape, typed))
        name = shape.serialization.get("resultWrapper", f"{model.name}Result")
        return 200, {}, f"<{model.name}Response><{name}>{inner}</{name}></{model.name}Response>".encode()
    if protocol == "ec2":
        return 200, {}, f"<{model.name}Response>{''.join(_members(shape, typed))}</{model.name}Response>".encode()
    return 200, headers, _payload_xml(model, shape, body)


def refusal(model: Any, code: str, message: str, status: int = 400) -> Reply:
    """The same for an error."""
    protocol = model.service_model.resolved_protocol
    body = {"__type": code, "message": message}
    if protocol == "smithy-rpc-v2-cbor":
        packed = _cbor_map(body)
        return status, {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}, packed
    if protocol in ("json", "rest-json"):
        return status, {"x-amzn-errortype": code, "x-amzn-query-error": f"{code};Sender"}, json.dumps(body).encode()
    error = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    if model.service_model.service_name == "s3":
        return status, {}, error.encode()
    wrapped = (
        f"<Response><Errors>{error}</Errors></Response>"
        if protocol == "ec2"
        else f"<ErrorResponse>{error}</ErrorResponse>"
    )
    return status, {}, wrapped.encode()


def _typed(shape: Any, value: Any) -> Any:  # noqa: PLR0911 - one for each type
    """What a snapshot file holds, with the types that the shape has; what the shape does not have is left out."""
    kind = shape.type_name
    if kind == "structure":
        return {n: _typed(s, value[n]) for n, s in shape.members.items() if value.get(n) is not None}
    if kind == "list":
        return [_typed(shape.member, entry) for entry in value]
    if kind == "map":
        return {name: _typed(shape.value, entry) for name, entry in value.items()}
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value)
    if kind == "blob":
        return base64.b64decode(value)
    if kind == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def _apart(shape: Any, typed: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Members of a REST answer that travel as headers, and the rest."""
    headers = {
        shape.members[name].serialization["name"]: str(value)
        for name, value in typed.items()
        if shape.members[name].serialization.get("location") == "header"
    }
    return headers, {n: v for n, v in typed.items() if not shape.members[n].serialization.get("location")}


def _payload_json(shape: Any, body: dict[str, Any]) -> bytes:
    if shape is None:
        return b"{}"
    if payload := shape.serialization.get("payload"):
        inner = body.get(payload)
        if shape.members[payload].type_name in ("string", "blob"):
            return inner.encode() if isinstance(inner, str) else inner or b""
        return json.dumps(_json(shape.members[payload], inner or {})).encode()
    return json.dumps(_json(shape, body)).encode()


def _json(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure":
        named = {n: shape.members[n].serialization.get("name", n) for n in value}
        return {named[n]: _json(shape.members[n], inner) for n, inner in value.items()}
    if kind == "list":
        return [_json(shape.member, entry) for entry in value]
    if kind == "map":
        return {name: _json(shape.value, entry) for name, entry in value.items()}
    if kind == "timestamp" and isinstance(value, datetime):
        return value.timestamp()
    return base64.b64encode(value).decode() if kind == "blob" else value


def _payload_xml(model: Any, shape: Any, body: dict[str, Any]) -> bytes:
    if model.name == "GetBucketLocation":  # the one answer whose root is its value
        return f"<LocationConstraint>{escape(body.get('LocationConstraint') or '')}</LocationConstraint>".encode()
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("string", "blob"):
        return str(body.get(payload, "")).encode()
    if payload:
        member = shape.members[payload]
        name = member.serialization.get("name", payload)
        return f"<{name}>{''.join(_members(member, body.get(payload, {})))}</{name}>".encode()
    return f"<{shape.name}>{''.join(_members(shape, body))}</{shape.name}>".encode()


def _members(shape: Any, value: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in value.items():
        member = shape.members[name]
        yield from _element(member.serialization.get("name", name), member, inner)


def _element(name: str, shape: Any, value: Any) -> Iterator[str]:
    kind, how = shape.type_name, shape.serialization
    if kind == "structure":
        attributes = {n: s for n, s in shape.members.items() if s.serialization.get("xmlAttribute") and n in value}
        told = "".join(f' xmlns:xsi="x" {s.serialization["name"]}="{value[n]}"' for n, s in attributes.items())
        inner = "".join(_members(shape, {n: v for n, v in value.items() if n not in attributes}))
        yield f"<{name}{told}>{inner}</{name}>"
    elif kind == "list":
        item = shape.member.serialization.get("name", "member")
        entries = [
            part for entry in value for part in _element(name if how.get("flattened") else item, shape.member, entry)
        ]
        yield from entries if how.get("flattened") else (f"<{name}>{''.join(entries)}</{name}>",)
    elif kind == "map":
        pairs = [
            "".join(_element("key", shape.key, key)) + "".join(_element("value", shape.value, entry))
            for key, entry in value.items()
        ]
        yield f"<{name}>{''.join(f'<entry>{pair}</entry>' for pair in pairs)}</{name}>"
    else:
        yield f"<{name}>{escape(_scalar(kind, value))}</{name}>"


def _scalar(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "blob":
        return base64.b64encode(value).decode()
    return str(value.isoformat() if isinstance(value, datetime) else value)


def _cbor(shape: Any, typed: dict[str, Any]) -> bytes:
    packed = bytearray()
    RpcV2CBORSerializer()._serialize_type_structure(packed, typed, shape, None)
    return bytes(packed)


def _cbor_map(texts: Mapping[str, str]) -> bytes:
    def text(value: str) -> bytes:
        data = value.encode()
        return b"\x79" + len(data).to_bytes(2, "big") + data

    return bytes([0xA0 + len(texts)]) + b"".join(text(k) + text(v) for k, v in texts.items())
