"""Communities, their rooms, and what their moderators set."""

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam
from sqlmodel import col, delete, select

from bot.core.refs import Community as CommunityRef
from bot.core.refs import Need, OutsideRoom, RoleFacts, Room, RoomFacts, Way
from storage.tables import Community, CommunityRole, CommunityRoom
from storage.transaction import Transaction

# Built once: to build them anew costs more than to run them.
_BY_REF = select(Community).where(
    col(Community.platform) == bindparam("platform"),
    col(Community.external_id) == bindparam("external"),
)
_MANY = select(Community).where(col(Community.id).in_(bindparam("communities", expanding=True)))


class Communities:
    """The communities of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def find(self, ref: CommunityRef) -> Community | None:
        """Return a community by its platform's id."""
        row: Community | None = self.tx.known.get((Community, ref))
        if row is None:
            row = self.tx.session.scalar(_BY_REF, {"platform": ref.platform, "external": ref.id})
        if row is not None:
            self.tx.known[Community, row.id] = self.tx.known[Community, ref] = row
        return row

    def get(self, community: str) -> Community:
        """Return a community by our id."""
        row = self.tx.get(Community, community)
        if row is None:
            raise LookupError("There is no such community.")
        return row

    def fetch(self, communities: Collection[str]) -> None:
        """Read these communities at once, for a transaction that needs many."""
        for row in self.tx.session.scalars(_MANY, {"communities": list(communities)}):
            self.tx.known[Community, row.id] = row

    def all(self) -> list[Community]:
        """Return every community, those that the bot left included."""
        return list(self.tx.session.exec(select(Community).order_by(Community.id)))

    def add(self, ref: CommunityRef, name: str, fresh_id: str, locale: str, zone: str) -> Community:
        """Make a community's row, before anybody set it up."""
        row = Community(
            id=fresh_id,
            platform=ref.platform,
            external_id=ref.id,
            name=name,
            state="new",
            locale=locale,
            zone=zone,
        )
        self.save(row)
        return row

    def save(self, row: Community) -> None:
        """Keep a changed row."""
        self.tx.session.add(row)
        self.tx.session.flush()

    def set_rooms(
        self, community: str, rooms: Iterable[RoomFacts], outside: Iterable[OutsideRoom] = ()
    ) -> None:
        """Replace what is known of the community's rooms."""
        self.tx.session.exec(
            delete(CommunityRoom).where(col(CommunityRoom.community_id) == community)
        )
        for facts in rooms:
            self.tx.session.add(
                CommunityRoom(
                    community_id=community,
                    external_id=facts.room.id,
                    name=facts.name,
                    can_post=facts.can_post,
                    can_pin=facts.can_pin,
                    lacks=list(facts.lacks) or None,
                    topic=facts.topic,
                )
            )
        for each in outside:
            row = CommunityRoom(
                community_id=community,
                external_id=each.room.id,
                name=each.name,
                can_post=False,
                can_pin=False,
                way=each.way,
            )
            self.tx.session.add(row)
        self.tx.session.flush()
        self.tx.known.pop((CommunityRoom, community), None)

    def fetch_rooms(self, communities: Collection[str]) -> None:
        """Read which rooms these communities have, for a transaction that needs many."""
        known = self.tx.known
        known.update(((CommunityRoom, community), set()) for community in communities)
        query = select(CommunityRoom.community_id, CommunityRoom.external_id).where(
            col(CommunityRoom.community_id).in_(communities), CommunityRoom.way == ""
        )
        for community, room in self.tx.session.exec(query):
            known[CommunityRoom, community].add(room)

    def has_lost(self, community: str, room: Room) -> bool:
        """Tell whether a room is not there any more, where the platform told of any."""
        key = (CommunityRoom, community)
        if key not in self.tx.known:
            self.fetch_rooms([community])
        return bool(self.tx.known[key]) and room.id not in self.tx.known[key]

    def rooms(self, community: str) -> list[RoomFacts]:
        """Return the community's rooms by name."""
        platform = self.get(community).platform
        query = select(CommunityRoom).where(
            CommunityRoom.community_id == community, CommunityRoom.way == ""
        )
        return [
            RoomFacts(
                Room(platform, row.external_id),
                row.name,
                row.can_post,
                row.can_pin,
                tuple(map(Need, row.lacks or ())),
                row.topic,
            )
            for row in self.tx.session.exec(
                query.order_by(CommunityRoom.name, CommunityRoom.external_id)
            )
        ]

    def outside(self, community: str) -> list[OutsideRoom]:
        """Return the community's rooms that the bot is not in, by name."""
        platform = self.get(community).platform
        query = select(CommunityRoom).where(
            CommunityRoom.community_id == community, CommunityRoom.way != ""
        )
        return [
            OutsideRoom(Room(platform, row.external_id), row.name, Way(row.way))
            for row in self.tx.session.exec(
                query.order_by(CommunityRoom.name, CommunityRoom.external_id)
            )
        ]

    def set_roles(self, community: str, roles: Iterable[RoleFacts]) -> None:
        """Replace what is known of the community's roles, the highest first."""
        self.tx.session.exec(
            delete(CommunityRole).where(col(CommunityRole.community_id) == community)
        )
        for rank, facts in enumerate(roles):
            row = CommunityRole(
                community_id=community, external_id=facts.id, name=facts.name, rank=rank
            )
            self.tx.session.add(row)
        self.tx.session.flush()

    def roles(self, community: str) -> list[RoleFacts]:
        """Return the community's roles, the highest first."""
        query = select(CommunityRole).where(CommunityRole.community_id == community)
        return [
            RoleFacts(row.external_id, row.name)
            for row in self.tx.session.exec(query.order_by(col(CommunityRole.rank)))
        ]
