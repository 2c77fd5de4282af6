"""Signing in: with the host's token, or by password on a device that stays the same."""

from dataclasses import dataclass, field

import structlog

from bot.adapters.matrix.backoff import Backoff
from bot.adapters.matrix.client import Client
from bot.adapters.matrix.transport import MatrixError, Refused
from bot.core.errors import Misconfigured
from bot.core.ports import Clock, Ids, Memory

log = structlog.get_logger(__name__)

MEMORY = "matrix.login"
DEVICE_NAME = "Circlekeeper"


@dataclass(slots=True)
class SignIn:
    """How to become the account; transaction ids count within a device, so the device persists."""

    client: Client
    clock: Clock
    ids: Ids
    access_token: str | None = field(default=None, repr=False)
    device_id: str | None = None
    password: str | None = field(default=None, repr=False)
    attempts: int | None = None  # after which nobody waits for the homeserver any more
    _failed: int = 0

    async def run(self, memory: Memory) -> None:
        """Sign in; wait as long as the homeserver is away, or for so many attempts.

        Raises: `Misconfigured` when the token, the password or the device is wrong; `MatrixError`
            after the last attempt.
        """
        kept = {} if self.access_token else dict(await memory.recall(MEMORY))
        if self.access_token:
            self.client.use_token(self.access_token, self.device_id)
        elif kept.get("access_token"):
            self.client.use_token(kept["access_token"], kept.get("device_id"))
        backoff = Backoff(self.clock, self.ids)
        signed = bool(self.access_token or kept.get("access_token"))
        while True:
            try:
                if signed:
                    return await self._check()
                await self._log_in(memory, kept.get("device_id"))
                signed = True
            except Refused as error:
                if signed and error.signed_out:
                    if self.access_token or not self.password:
                        raise self.signed_out() from error
                    signed = False  # the remembered token is used up; the device is not
                elif not (signed or error.limited or error.for_now) and error.status < 404:
                    raise Misconfigured(
                        f"The homeserver does not accept the password of {self.client.user_id} "
                        f"({error}); check CIRCLEKEEPER_MATRIX__PASSWORD."
                    ) from error
                else:
                    await self._rest(backoff, error)
            except MatrixError as error:
                await self._rest(backoff, error)

    def signed_out(self) -> Misconfigured:
        """Return the sentence that says how to get a new token."""
        return Misconfigured(
            f"The homeserver does not accept the access token of {self.client.user_id} any more: "
            "get a new one with `circlekeeper matrix login --new-device` and set "
            "CIRCLEKEEPER_MATRIX__ACCESS_TOKEN and CIRCLEKEEPER_MATRIX__DEVICE_ID."
        )

    async def _check(self) -> None:
        who = await self.client.whoami()
        if who.get("user_id") != self.client.user_id:
            raise Misconfigured(
                f"The access token belongs to another account than {self.client.user_id}; "
                "CIRCLEKEEPER_MATRIX__USER_ID and CIRCLEKEEPER_MATRIX__ACCESS_TOKEN must fit."
            )
        device = who.get("device_id")
        wanted = self.device_id if self.access_token else None
        if wanted and device and device != wanted:
            raise Misconfigured(
                f"The access token belongs to the device {device}, not to {wanted}; "
                "CIRCLEKEEPER_MATRIX__DEVICE_ID must be the token's own."
            )
        self.client.use_token(self.client.access_token, str(device) if device else wanted)

    async def _log_in(self, memory: Memory, device_id: str | None) -> None:
        answer = await self.client.login(self.password or "", device_id, DEVICE_NAME)
        await memory.remember(
            MEMORY,
            {"access_token": str(answer["access_token"]), "device_id": str(answer["device_id"])},
        )

    async def _rest(self, backoff: Backoff, error: MatrixError) -> None:
        self._failed += 1
        if self._failed == self.attempts:
            raise error
        after = error.retry_after if isinstance(error, Refused) else None
        seconds = backoff.pause(after)
        log.warning("matrix sign-in failed", error=str(error), again_in=round(seconds, 1))
        await self.clock.sleep(seconds)
