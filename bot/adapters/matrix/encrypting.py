"""Whether this account encrypts; what that takes is loaded only if it does."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog

from bot.adapters.matrix.backoff import Backoff
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.transport import MatrixError, Refused
from bot.core.errors import Misconfigured
from bot.core.ports import Clock, Ids, Memory

if TYPE_CHECKING:
    from bot.adapters.matrix.encryption.machine import Encryption

log = structlog.get_logger(__name__)

NOT_INSTALLED = (
    "Encrypted rooms need a part that is not installed: pip install 'circlekeeper[e2e]'."
)


def is_installed() -> bool:
    """Tell whether the part that encrypts is there."""
    return find_spec("vodozemac") is not None


async def begin(
    client: Client, memory: Memory, errands: Errands, clock: Clock, ids: Ids, wanted: bool | None
) -> Encryption | None:
    """Return the encryption of our device, or None where the account has none.

    `wanted`: True makes whatever stands in the way an error; None leaves encryption out where its
    part is not installed, or another program encrypts with our device.
    Raises: `Misconfigured`; `Refused` when we are signed out.
    """
    if wanted is False or (wanted is None and not is_installed()):
        return None
    if not is_installed():
        raise Misconfigured(NOT_INSTALLED)
    from bot.adapters.matrix.encryption import machine
    from bot.adapters.matrix.encryption.own import OtherDevice

    backoff = Backoff(clock, ids)
    while True:
        try:
            device_id = client.device_id or ""
            return await machine.begin(client, device_id, memory, errands, clock, ids)
        except OtherDevice as error:
            if wanted:
                raise
            log.warning("encrypted rooms are left out", why=str(error))
            return None
        except MatrixError as error:
            if isinstance(error, Refused) and error.signed_out:
                raise
            after = error.retry_after if isinstance(error, Refused) else None
            seconds = await backoff.rest(after)
            log.warning("encryption not begun", error=str(error), again_in=round(seconds, 1))
