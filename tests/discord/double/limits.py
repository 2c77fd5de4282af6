"""Rate limits: a bucket a route and place, the global one, and the count of invalid requests."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Route = tuple[str, str]

MESSAGES = "/channels/{channel_id}/messages"
REACTION = MESSAGES + "/{message_id}/reactions/{emoji_name}/@me"
# What was seen of Discord; it documents no numbers but the global one.
SEEN: Mapping[Route, tuple[int, float]] = {
    ("POST", MESSAGES): (5, 5.0),
    ("PATCH", MESSAGES + "/{message_id}"): (5, 5.0),
    ("DELETE", MESSAGES + "/{message_id}"): (5, 1.0),
    ("PUT", REACTION): (1, 0.25),
    ("DELETE", REACTION): (1, 0.25),
    ("PUT", "/channels/{channel_id}/messages/pins/{message_id}"): (5, 5.0),
    ("POST", "/users/@me/channels"): (10, 10.0),
    ("PUT", "/applications/{application_id}/commands"): (5, 20.0),
}
LIFTED: Mapping[Route, tuple[int, float]] = {}
_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")
_EXEMPT = ("/interactions/", "/webhooks/{webhook_id}/{webhook_token}")


@dataclass
class Bucket:
    """How much of a limit is left."""

    limit: int
    window: float
    begun: float
    used: int = 0

    def take(self, now: float) -> float:
        """Take one; return 0, or the seconds to wait."""
        if now - self.begun >= self.window:
            self.begun, self.used = now, 0
        if self.used >= self.limit:
            return self.begun + self.window - now
        self.used += 1
        return 0.0


@dataclass
class Verdict:
    """What becomes of a request: headers, and how long to wait where it is refused."""

    headers: dict[str, str]
    wait: float = 0.0
    everywhere: bool = False
    banned: bool = False  # by what stands before Discord, which speaks HTML

    def body(self) -> dict[str, Any]:
        """Return a refusal's body."""
        return {
            "message": "You are being rate limited.",
            "retry_after": round(self.wait, 3),
            "global": self.everywhere,
            "code": 0,
        }


@dataclass
class Limits:
    """The limits of one application.

    Args:
        routes: requests and seconds, by method and path; what is not named is not limited.
        per_second: the global limit; interactions are exempt.
    """

    routes: Mapping[Route, tuple[int, float]] = field(default_factory=dict)
    per_second: int = 50
    invalid: Counter[int] = field(default_factory=Counter)  # 401, 403, 429: Discord bans for 10,000
    refused: Counter[str] = field(default_factory=Counter)
    most_invalid: int = 10_000  # in ten minutes
    _buckets: dict[tuple[object, ...], Bucket] = field(default_factory=dict)
    _all: Bucket | None = None

    def judge(self, method: str, path: str, params: Mapping[str, str]) -> Verdict:
        """Take one request into account."""
        now = time.monotonic()
        if sum(self.invalid.values()) >= self.most_invalid:
            return Verdict({}, 600.0, banned=True)
        if not path.startswith(_EXEMPT):
            self._all = self._all or Bucket(self.per_second, 1.0, now)
            self._all.limit = self.per_second
            if wait := self._all.take(now):
                self.refused["global"] += 1
                headers = {"Via": "1.1 google", "X-RateLimit-Global": "true"}
                headers |= {"Retry-After": str(max(1, round(wait))), "X-RateLimit-Scope": "global"}
                return Verdict(headers, wait, everywhere=True)
        limit, window = self.routes.get((method, path), (0, 0.0))
        if not limit:
            return Verdict({})
        major = tuple(params.get(each) for each in _MAJOR)
        bucket = self._buckets.setdefault((method, path, major), Bucket(limit, window, now))
        wait = bucket.take(now)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(limit - bucket.used),
            "X-RateLimit-Reset": f"{time.time() + bucket.begun + window - now:.3f}",
            "X-RateLimit-Reset-After": f"{bucket.begun + window - now:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(f"{method} {path}".encode()).hexdigest()[:32],
        }
        if wait:
            self.refused[path] += 1
            headers |= {"Via": "1.1 google", "X-RateLimit-Scope": "user"}
            headers["Retry-After"] = str(max(1, round(wait)))
        return Verdict(headers, wait)

    def answered(self, status: int) -> None:
        """Count what Discord counts against an address."""
        if status in (401, 403, 429):
            self.invalid[status] += 1
