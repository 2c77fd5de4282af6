"""Bodies as they come and go over HTTP."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord.double.calls import Call


async def read_parts(request: web.Request, call: Call) -> None:
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        content = bytes(await part.read())
        if part.name == "payload_json":
            call.body = json.loads(content)
        else:
            call.files.append((part.name or "", part.filename or "file", content))


def response(status: int, body: Any, headers: dict[str, str]) -> web.Response:  # noqa: ANN401
    if body is None:
        return web.Response(status=status, headers=headers)
    # A charset would keep discord.py from reading it as JSON.
    headers = {**headers, "Content-Type": "application/json"}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


def busy(after: float) -> web.Response:
    """Refuse as Discord does; without Via discord.py takes it for a ban."""
    body = {"message": "The resource is being rate limited.", "retry_after": after, "global": False}
    headers = {"Via": "1.1 google", "Retry-After": str(max(1, round(after)))}
    headers["X-RateLimit-Scope"] = "shared"
    return response(429, {**body, "code": 0}, headers)
