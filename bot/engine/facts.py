"""A community as features see it."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar, overload

from bot.core.refs import Community, Need, Room
from bot.core.turn import CommunityFacts
from bot.engine.budget import budget_of
from storage.communities import Communities
from storage.tables import Community as CommunityRow
from storage.transaction import Transaction

F = TypeVar("F")


class _Read(Sequence[F]):
    """What is known of a community's rooms or roles, read when somebody looks: most turns never
    do.
    """

    def __init__(self, read: Callable[[], list[F]]) -> None:
        self._read = read
        self._found: list[F] | None = None

    @property
    def _all(self) -> list[F]:
        if self._found is None:
            self._found = self._read()
        return self._found

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> F: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[F]: ...
    def __getitem__(self, index: int | slice) -> F | Sequence[F]:
        return self._all[index]


def community_facts(
    tx: Transaction, row: CommunityRow, off: Collection[str] = ()
) -> CommunityFacts:
    """Return a community as features see it; what is `off` everywhere is paused here, too."""
    uses = {
        "newcomers": row.newcomers_room,
        "prompts": row.prompts_room,
        "charter": row.charter_room,
        "moderators": row.moderators_room,
    }
    communities = Communities(tx)
    return CommunityFacts(
        id=row.id,
        ref=Community(row.platform, row.external_id),
        name=row.name,
        state=row.state,
        locale=row.locale,
        zone=row.zone,
        rooms={use: Room(row.platform, id_) for use, id_ in uses.items() if id_},
        known_rooms=_Read(lambda: communities.rooms(row.id)),
        outside=_Read(lambda: communities.outside(row.id)),
        known_roles=_Read(lambda: communities.roles(row.id)),
        moderator_role=row.moderator_role,
        lacks=[Need(each) for each in row.lacks or ()],
        budget=budget_of(row),
        paused=tuple(sorted({*row.paused.split(), *off})),
    )
