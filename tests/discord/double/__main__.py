"""Runs the double as a process of its own: `python -m tests.discord.double`.

It prints one line of JSON with its addresses and token, then takes orders, one JSON object a line
on standard input, and answers each with one line:

    {"do": "uses", "who": "mira", "path": "start", "options": {}}      people act (`stage.Stage`)
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import click

from tests.discord.double.schema import VARIABLE, Schema
from tests.discord.double.server import Double
from tests.discord.double.stage import Stage


@click.command()
@click.option("--log", type=click.Path(path_type=Path), help="File for what stood when.")
@click.option("--members", default=1, help="Members of the guild that there is.")
@click.option("--guilds", default=1, help="How many guilds.")
@click.option("--check/--no-check", default=False, help="Check against the OpenAPI document.")
def main(log: Path | None, members: int, guilds: int, check: bool) -> None:
    """Be Discord until standard input ends."""
    schema = Schema.load(Path(os.environ[VARIABLE])) if check else None
    asyncio.run(_serve(Double(log=log, schema=schema), guilds, members))


async def _serve(double: Double, guilds: int, members: int) -> None:
    async with double:
        stage = Stage(double, guilds, members)
        told = {"api_url": double.api_url, "gateway_url": double.gateway_url}
        _say({**told, "token": double.token})
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async for line in reader:
            _say(await stage.does(json.loads(line)))


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
