"""Discord's published OpenAPI document, read strictly: what it does not name is a violation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.discord.double.allowed import ALLOWED
from tests.discord.double.guilds import Json
from tests.discord.double.strictness import strict

VARIABLE = "CIRCLEKEEPER_DISCORD_OPENAPI"
_URI = "urn:discord"
_TRUTHS = ("true", "false", "True", "False", "1", "0")


@dataclass(frozen=True)
class Violation:
    """Where something differs from the document, and how."""

    where: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.place}: {self.message}"


class Schema:
    """The document; it collects what violates it."""

    def __init__(self, document: Json) -> None:
        """Read the document, strictly."""
        self._document = strict(document)
        resource: Resource[Any] = DRAFT202012.create_resource(self._document)
        self._registry: Registry[Any] = Registry().with_resource(_URI, resource)
        self._validator = cache(self._made)
        self.found: dict[Violation, int] = {}
        self.checked = 0
        self._fine: set[tuple[str, bytes]] = set()

    @classmethod
    def load(cls, file: Path) -> Schema:
        """Read the document from a file."""
        return cls(json.loads(file.read_text()))

    @property
    def violations(self) -> list[Violation]:
        """Return what was found and is not on the allow-list."""
        return [each for each in self.found if not any(a.covers(each) for a in ALLOWED)]

    def check_request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any,  # noqa: ANN401
    ) -> None:
        """Check what a bot asks for."""
        where = f"request {method} {path}"
        operation = self._operation(method, path)
        if operation is None:
            return self._violated(where, "", "is not in the document")
        known = {each["name"]: each["schema"] for each in self._parameters(path, operation)}
        for name, value in query.items():
            if name not in known:
                self._violated(where, f"?{name}", "is not in the document")
            elif not _fits(known[name], value):
                self._violated(where, f"?{name}", f"{value!r} does not fit")
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            at = ("paths", path, method.lower(), "requestBody", "content", "application/json")
            self._check(where, _pointer(*at, "schema"), body)
        elif body is not None:
            self._violated(where, "", "has a body")
        return None

    def check_answer(self, method: str, path: str, status: int, body: Any) -> None:  # noqa: ANN401
        """Check what the double answers."""
        where = f"answer {method} {path} {status}"
        operation = self._operation(method, path)
        if operation is None:
            return self._violated(where, "", "is not in the document")
        answers = operation["responses"]
        code = str(status) if str(status) in answers else f"{status // 100}XX"
        if code not in answers:
            return self._violated(where, "", "no such status in the document")
        at: tuple[str, ...] = ("paths", path, method.lower(), "responses", code)
        if "$ref" in answers[code]:
            at = tuple(answers[code]["$ref"].removeprefix("#/").split("/"))
        found = self._document
        for part in at:
            found = found[part]
        if "content" in found:
            return self._check(where, _pointer(*at, "content", "application/json", "schema"), body)
        return None if body is None else self._violated(where, "", "has a body")

    def check(self, where: str, name: str, value: Any) -> None:  # noqa: ANN401
        """Check a thing against a named schema."""
        self._check(where, _pointer("components", "schemas", name), value)

    def _check(self, where: str, pointer: str, value: Any) -> None:  # noqa: ANN401
        self.checked += 1
        # The same member and channel come with all that people do: checking them is slow.
        seen = (pointer, sha256(repr(value).encode("utf-8", "surrogatepass")).digest())
        if seen in self._fine:
            return
        errors = list(self._validator(pointer).iter_errors(value))
        for error in errors:
            place = "/".join("*" if isinstance(p, int) else str(p) for p in error.absolute_path)
            self._violated(where, place, error.message[:300])
        if not errors:
            self._fine.add(seen)

    def _violated(self, where: str, place: str, message: str) -> None:
        found = Violation(where, place, message)
        self.found[found] = self.found.get(found, 0) + 1

    def _made(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": f"{_URI}#{pointer}"}, registry=self._registry)

    def _operation(self, method: str, path: str) -> Json | None:
        found: Json | None = self._document["paths"].get(path, {}).get(method.lower())
        return found

    def _parameters(self, path: str, operation: Json) -> list[Json]:
        both = [
            *operation.get("parameters", []),
            *self._document["paths"][path].get("parameters", []),
        ]
        return [each for each in both if each.get("in") == "query"]

    def check_event(self, event: str, payload: Json) -> None:
        """Check what the gateway tells, where the document has a schema for it."""
        where = f"event {event}"
        match event:
            case "MESSAGE_CREATE" | "MESSAGE_UPDATE":
                self._check_message(where, payload)
            case "GUILD_CREATE":
                whole = ("joined_at", "large", "unavailable", "member_count", "voice_states")
                lists = ("members", "channels", "threads", "presences", "stage_instances")
                more = ("guild_scheduled_events", "soundboard_sounds")
                self.check(
                    where, "GuildWithCountsResponse", _without(payload, *whole, *lists, *more)
                )
                for kind, schema in (
                    ("members", "GuildMemberResponse"),
                    ("channels", "GuildChannelResponse"),
                    ("threads", "ThreadResponse"),
                ):
                    for each in payload[kind]:
                        self.check(where, schema, each)
            case "GUILD_MEMBER_ADD" | "GUILD_MEMBER_UPDATE":
                self.check(where, "GuildMemberResponse", _without(payload, "guild_id"))
            case "MESSAGE_REACTION_ADD" if "member" in payload:
                self.check(where, "GuildMemberResponse", payload["member"])
            case "GUILD_MEMBERS_CHUNK":
                for each in payload["members"]:
                    self.check(where, "GuildMemberResponse", each)
            case "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE":
                self.check(where, "GuildRoleResponse", payload["role"])
            case "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "CHANNEL_DELETE":
                self.check(where, "GuildChannelResponse", payload)
            case "THREAD_CREATE" | "THREAD_UPDATE":
                self.check(where, "ThreadResponse", _without(payload, "newly_created"))
            case "READY":
                self.check(where, "UserPIIResponse", payload["user"])
            case "INTERACTION_CREATE":
                self._check_interaction(where, payload)

    def _check_message(self, where: str, payload: Json) -> None:
        shown = _without(payload, "guild_id", "member", "channel_type")
        shown["mentions"] = [_without(each, "member") for each in shown["mentions"]]
        self.check(where, "MessageResponse", shown)

    def _check_interaction(self, where: str, payload: Json) -> None:
        kinds = {1: "PrivateChannelResponse", 10: "ThreadResponse"}
        kinds |= {11: "ThreadResponse", 12: "ThreadResponse"}
        channel = payload["channel"]
        self.check(where, kinds.get(channel["type"], "GuildChannelResponse"), channel)
        for name, schema in (
            ("message", "MessageResponse"),
            ("member", "PrivateGuildMemberResponse"),
            ("user", "UserResponse"),
        ):
            if name in payload:
                self.check(where, schema, payload[name])


def _pointer(*parts: str) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _without(it: Json, *names: str) -> Json:
    return {key: value for key, value in it.items() if key not in names}


def _fits(schema: Json, value: str) -> bool:
    if schema.get("type") == "boolean":
        return value in _TRUTHS
    if schema.get("type") == "integer":
        return value.isdigit() and (
            schema.get("minimum", 0) <= int(value) <= schema.get("maximum", 2**63)
        )
    return bool(value)
