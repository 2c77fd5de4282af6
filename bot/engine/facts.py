"""A community as features see it."""

from collections.abc import Sequence
from typing import overload

from bot.core.refs import Community, Room, RoomFacts
from bot.core.turn import CommunityFacts
from storage.communities import Communities
from storage.store import Transaction
from storage.tables import Community as CommunityRow


class _Rooms(Sequence[RoomFacts]):
    """A community's rooms, read when somebody looks: most turns never do."""

    def __init__(self, tx: Transaction, community: str) -> None:
        self._communities, self._community = Communities(tx), community
        self._rooms: list[RoomFacts] | None = None

    @property
    def _all(self) -> list[RoomFacts]:
        if self._rooms is None:
            self._rooms = self._communities.rooms(self._community)
        return self._rooms

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> RoomFacts: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RoomFacts]: ...
    def __getitem__(self, index: int | slice) -> RoomFacts | Sequence[RoomFacts]:
        return self._all[index]


def community_facts(tx: Transaction, row: CommunityRow) -> CommunityFacts:
    """Return a community as features see it."""
    uses = {
        "newcomers": row.newcomers_room,
        "prompts": row.prompts_room,
        "charter": row.charter_room,
        "moderators": row.moderators_room,
    }
    return CommunityFacts(
        id=row.id,
        ref=Community(row.platform, row.external_id),
        name=row.name,
        state=row.state,
        locale=row.locale,
        zone=row.zone,
        rooms={use: Room(row.platform, id_) for use, id_ in uses.items() if id_},
        known_rooms=_Rooms(tx, row.id),
        paused=tuple(row.paused.split()),
    )
