"""The server: REST and gateway on one loopback port.

async with Double() as discord:
    mira = discord.person("mira")
    guild = mira.founds("Garden")
    discord.brings_bot(guild)
    ...  # a bot is started with discord.api_url, discord.gateway_url, discord.token
    asked = await mira.uses("keeper setup", guild.general).answered()
"""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.testing.faults import FaultyTransport
from tests.discord.double import (
    rest_commands,
    rest_guilds,
    rest_interactions,
    rest_messages,
    rest_threads,
)
from tests.discord.double.calls import Answer, Call, Handler, Routes
from tests.discord.double.clock import Clock
from tests.discord.double.commands import Commands
from tests.discord.double.errors import Refused
from tests.discord.double.gateway import Gateway
from tests.discord.double.guilds import Guild
from tests.discord.double.intents import Intent
from tests.discord.double.interactions import Interactions
from tests.discord.double.limits import LIFTED, Limits, Route
from tests.discord.double.people import Person
from tests.discord.double.permissions import Permission
from tests.discord.double.record import Record
from tests.discord.double.schema import Schema
from tests.discord.double.wire import busy, read_parts, response
from tests.discord.double.world import World

ROUTES: Routes = [
    *rest_messages.ROUTES,
    *rest_guilds.ROUTES,
    *rest_threads.ROUTES,
    *rest_interactions.ROUTES,
    *rest_commands.ROUTES,
]
_PREFIX = "/api/v10"
_OPEN = ("/gateway", "/interactions/", "/webhooks/{webhook_id}/{webhook_token}")
# What a facilitator needs in a guild.
USUAL = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ATTACH_FILES
    | Permission.PIN_MESSAGES
    | Permission.MANAGE_ROLES
)


class Double:
    """Discord on a loopback port.

    Args:
        allowed: the privileged intents that the developer portal has switched on.
        limits: requests and seconds by route (`limits.SEEN`); lifted by default.
        per_second: the global limit.
        nonces: seconds for which a nonce is known again.
        deadline: seconds for the first answer to an interaction.
        heartbeat: milliseconds.
        schema: checks against Discord's OpenAPI document; none are made without it.
        log: a file for the record of what stood when.
        seed: of the troubles that `faults` lets happen.
    """

    def __init__(
        self,
        *,
        allowed: Intent = Intent.GUILD_MEMBERS,
        limits: Mapping[Route, tuple[int, float]] = LIFTED,
        per_second: int = 50,
        nonces: float = 180.0,
        deadline: float = 3.0,
        heartbeat: int = 41_250,
        schema: Schema | None = None,
        log: Path | None = None,
        seed: int = 1,
    ) -> None:
        """Let nothing be there but the bot's account."""
        self.clock = Clock()
        self.record = Record(self.clock, log)
        self.world = World(self.clock, self.record, nonces)
        self.gateway = self.world.gateway = Gateway(self.world, allowed, heartbeat)
        self.commands = Commands(self.world)
        self.interactions = Interactions(self.world, deadline)
        self.limits = Limits(limits, per_second)
        self.schema = schema
        if schema is not None:
            self.gateway.on_event = schema.check_event
        self.faults = FaultyTransport(
            random.Random(seed).random,
            concerns=lambda request: request.path.startswith("/api/"),
            refusal=busy,
        )
        self.missing: list[str] = []  # what was asked for and is not built here
        self.requests: list[tuple[str, str, int]] = []  # method, path with names, status
        self.url = ""
        self._runner: web.AppRunner | None = None

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.token

    @property
    def api_url(self) -> str:
        """What `discord.api_url` is set to."""
        return self.url + _PREFIX

    @property
    def gateway_url(self) -> str:
        """What `discord.gateway_url` is set to."""
        return self.url.replace("http", "ws") + "/gateway"

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application(middlewares=[self.faults.middleware], client_max_size=32 * 1024**2)
        for method, path, handler in ROUTES:
            app.router.add_route(method, _PREFIX + path, self._served(method, path, handler))
        app.router.add_get("/gateway", self.gateway.connect)
        app.router.add_get("/gateway/", self.gateway.connect)
        app.router.add_get("/attachments/{id}/{name}", self._file)
        app.router.add_get("/ephemeral-attachments/{id}/{name}", self._file)
        app.router.add_route("*", "/{rest:.*}", self._unknown)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.gateway.url = self.gateway_url
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening."""
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self.record.close()

    # Setting the stage

    def person(self, name: str, *, locale: str = "en-US") -> Person:
        """Return somebody new."""
        return Person(self.world, self.commands, self.interactions, name, locale)

    def brings_bot(self, guild: Guild, permissions: int = USUAL) -> None:
        """Invite the bot into a guild, with the permissions that the link asked for."""
        self.world.invite_bot(guild, int(permissions))

    def removes_bot(self, guild: Guild) -> None:
        """Remove the bot from a guild."""
        self.world.leave(guild, self.world.bot)

    # Requests

    def _served(
        self, method: str, path: str, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            verdict = self.limits.judge(method, path, request.match_info)
            if verdict.banned:
                return web.Response(status=429, text="<html>", content_type="text/html")
            if verdict.wait:
                status, body = 429, verdict.body()
            else:
                status, body = await self._answer(request, method, path, handler)
            self.limits.answered(status)
            self.requests.append((method, path, status))
            if self.schema is not None:
                self.schema.check_answer(method, path, status, body)
            return response(status, body, verdict.headers)

        return serve

    async def _answer(
        self, request: web.Request, method: str, path: str, handler: Handler
    ) -> tuple[int, Any]:
        try:
            self._authenticate(request, path)
            call = await self._read(request)
            if self.schema is not None:
                self.schema.check_request(method, path, dict(request.query), call.body)
            found = handler(call)
        except Refused as refused:
            return refused.status, refused.body()
        except NotImplementedError as unbuilt:
            self.missing.append(str(unbuilt))
            return 501, {"message": str(unbuilt), "code": 0}
        if isinstance(found, Answer):
            return found.status, found.body
        return (204, None) if found is None else (200, found)

    def _authenticate(self, request: web.Request, path: str) -> None:
        needless = path.startswith(_OPEN) and path != "/gateway/bot"
        if not needless and request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refused(401, 0)

    async def _read(self, request: web.Request) -> Call:
        call = Call(self.world, self.commands, self.interactions, request.match_info, request.query)
        self.world.base = call.base = self.url
        try:
            if request.content_type == "application/json":
                text = await request.text()
                call.body = json.loads(text) if text else None
            elif request.content_type == "multipart/form-data":
                await read_parts(request, call)
        except ValueError:
            raise Refused(400, 50109) from None
        return call

    async def _file(self, request: web.Request) -> web.Response:
        content = self.world.files.get(request.path)
        if content is None:
            return web.Response(status=404)
        return web.Response(body=content)

    async def _unknown(self, request: web.Request) -> web.Response:
        self.missing.append(f"{request.method} {request.path}")
        return response(404, {"message": "404: Not Found", "code": 0}, {})
