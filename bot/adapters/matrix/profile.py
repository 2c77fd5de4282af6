"""What people see of the account: its name and its picture, as the settings say."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.matrix.client import Client
from bot.core.ports import Memory

_MEMORY = "matrix.avatar"


@dataclass(frozen=True, slots=True)
class Profile:
    """A display name and a picture; None leaves what there is."""

    name: str | None = None
    avatar: Path | None = None

    async def show(self, client: Client, memory: Memory) -> None:
        """Set what differs; a picture is sent to the homeserver once.

        Raises: `MatrixError`, `OSError`.
        """
        if self.name is None and self.avatar is None:
            return
        shown = await client.profile()
        if self.name is not None and shown.get("displayname") != self.name:
            await client.set_profile("displayname", self.name)
        if self.avatar is not None:
            address = await self._address(client, memory, self.avatar)
            if shown.get("avatar_url") != address:
                await client.set_profile("avatar_url", address)

    async def _address(self, client: Client, memory: Memory, picture: Path) -> str:
        data = picture.read_bytes()  # noqa: ASYNC240 - a small file, once a start
        digest = hashlib.sha256(data).hexdigest()
        kept = dict(await memory.recall(_MEMORY))
        if digest not in kept:
            kind = mimetypes.guess_type(picture.name)[0] or "application/octet-stream"
            address = await client.upload(data, picture.name, kind)
            await memory.remember(_MEMORY, {**dict.fromkeys(kept), digest: address})
            return address
        return kept[digest]
