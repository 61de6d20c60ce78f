"""The OpenAPI description as a page of its own: no script, nothing from another host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from banzuke.leaderboard.catalogue import Catalogue


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    place: str
    kind: str
    default: str
    description: str
    required: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of an operation; schema is the name of what it holds, if it has one."""

    status: str
    description: str
    schema: str | None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    description: str
    parameters: list[Parameter]
    answers: list[Answer]


@dataclass(frozen=True, kw_only=True)
class Schema:
    """One object that the API sends: name, description, fields (name, kind, description)."""

    name: str
    description: str
    fields: list[tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True)
class OpenApiPage:
    """Context of ``api_docs.html``."""

    title: str
    operations: list[Operation]
    schemas: list[Schema]


def openapi_page(document: Mapping[str, Any], say: Catalogue) -> OpenApiPage:
    """Turn an OpenAPI document into a page."""
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    known = document.get("components", {}).get("schemas", {})
    answered = {answer.schema for operation in operations for answer in operation.answers}
    schemas = [_schema(name, known[name]) for name in known if name in _used(answered, known)]
    return OpenApiPage(title=say("api.title"), operations=operations, schemas=schemas)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        description=operation.get("description") or operation.get("summary", ""),
        parameters=[_parameter(one) for one in operation.get("parameters", [])],
        answers=[
            Answer(
                status=status, description=answer.get("description", ""), schema=_reference(answer)
            )
            for status, answer in sorted(operation.get("responses", {}).items())
        ],
    )


def _parameter(parameter: Mapping[str, Any]) -> Parameter:
    schema = parameter.get("schema", {})
    default = schema.get("default")
    return Parameter(
        name=parameter["name"],
        place=parameter["in"],
        kind=_kind(schema),
        default="" if default in (None, "", []) else str(default).lower(),
        description=parameter.get("description") or schema.get("description", ""),
        required=bool(parameter.get("required")),
    )


def _schema(name: str, schema: Mapping[str, Any]) -> Schema:
    fields = [
        (field, _kind(kind), kind.get("description", ""))
        for field, kind in schema.get("properties", {}).items()
    ]
    return Schema(name=name, description=schema.get("description", ""), fields=fields)


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"'{value}'" for value in schema["enum"])
    if "const" in schema:
        return f"'{schema['const']}'"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_kind(schema['additionalProperties'])}"
    return str(schema.get("type", "any"))


def _reference(answer: Mapping[str, Any]) -> str | None:
    for content in answer.get("content", {}).values():
        if "$ref" in content.get("schema", {}):
            return _kind(content["schema"])
    return None


def _used(names: set[str | None], known: Mapping[str, Any]) -> set[str]:
    """Return the schemas that the answers hold, and those inside of them."""
    found: set[str] = set()
    waiting = [name for name in names if name in known]
    while waiting:
        name = waiting.pop()
        if name is None or name in found:
            continue
        found.add(name)
        text = str(known[name])
        waiting += [other for other in known if f"schemas/{other}'" in text]
    return found
