"""Logging in, guilds, members, roles, channels and private conversations over REST."""

from __future__ import annotations

from tests.discord.double import objects
from tests.discord.double.calls import Call, Routes
from tests.discord.double.errors import Refused, invalid
from tests.discord.double.guilds import Guild, Json, Member, Role
from tests.discord.double.permissions import Permission, demand, in_guild

P = Permission
_MEMBER = "/guilds/{guild_id}/members/{user_id}"


def me(call: Call) -> Json:
    """Return the bot."""
    return objects.me(call.world.bot)


def application(call: Call) -> Json:
    """Return the application."""
    world = call.world
    owner = next((each for each in world.users.values() if not each.bot), world.bot)
    return {
        "id": str(world.application_id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": objects.user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": world.gateway.flags,
        "flags_new": str(world.gateway.flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": objects.user(owner),
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def gateway(call: Call) -> Json:
    """Return where to listen."""
    return {"url": call.world.gateway.url}


def gateway_bot(call: Call) -> Json:
    """Return where to listen, and with how many shards."""
    there = call.world.gateway
    start = {
        "total": 1000,
        "remaining": there.sessions_left,
        "reset_after": int(1000 * there.sessions_reset),
        "max_concurrency": 16,
    }
    return {"url": there.url, "shards": there.shards, "session_start_limit": start}


def user(call: Call) -> Json:
    """Return somebody."""
    found = call.world.users.get(call.id("user_id"))
    if found is None:
        raise Refused(404, 10013)
    return objects.user(found)


def direct(call: Call) -> Json:
    """Open the private conversation with somebody."""
    world = call.world
    recipient = (call.body or {}).get("recipient_id")
    if recipient is None:
        raise invalid("recipient_id", code="BASE_TYPE_REQUIRED", message="This field is required")
    found = world.users.get(int(recipient))
    if found is None or found.bot:
        raise Refused(400, 50033)
    channel = world.direct(found)
    world.record.note("direct", user=str(found.id), channel=str(channel.id))
    return objects.channel(channel, world.bot.id)


def my_guilds(call: Call) -> list[Json]:
    """Return the guilds that the bot is in."""
    bot = call.world.bot.id
    mine = [each for each in call.world.guilds.values() if bot in each.members]
    after, limit = int(call.query.get("after", 0)), call.number("limit", 200, 200)
    found = [each for each in sorted(mine, key=lambda g: g.id) if each.id > after]
    return [objects.my_guild(each, bot) for each in found[:limit]]


def leave(call: Call) -> None:
    """Let the bot leave a guild."""
    call.world.leave(call.guild(), call.world.bot)


def guild(call: Call) -> Json:
    """Return a guild."""
    found = call.guild()
    counts: Json = {}
    if call.query.get("with_counts", "").casefold() in ("true", "1"):
        counts = {"approximate_member_count": len(found.members), "approximate_presence_count": 0}
    return objects.guild(found) | counts


def channels(call: Call) -> list[Json]:
    """Return a guild's channels."""
    return [objects.channel(each) for each in call.guild().channels.values()]


def roles(call: Call) -> list[Json]:
    """Return a guild's roles."""
    return [objects.role(each) for each in call.guild().roles.values()]


def member(call: Call) -> Json:
    """Return a member."""
    return objects.member(_member(call))


def members(call: Call) -> list[Json]:
    """Return members, by id, where the portal allows it."""
    guild_ = call.guild()
    if not call.world.gateway.allowed & 2:
        raise Refused(403, 50001)
    after, limit = int(call.query.get("after", 0)), call.number("limit", 1, 1000)
    found = [guild_.members[each] for each in sorted(guild_.members) if each > after]
    return [objects.member(each) for each in found[:limit]]


def _member(call: Call) -> Member:
    guild_, id_ = call.guild(), call.id("user_id")
    if id_ not in call.world.users:
        raise Refused(404, 10013)
    if id_ not in guild_.members:
        raise Refused(404, 10007)
    return guild_.members[id_]


def give(call: Call) -> None:
    """Give a role."""
    guild_, member_, role = _role(call)
    if role.id not in member_.roles:
        member_.roles.append(role.id)
        call.world.update_member(guild_, member_)
        call.world.record.note("role", user=str(member_.user.id), role=str(role.id))


def take(call: Call) -> None:
    """Take a role."""
    guild_, member_, role = _role(call)
    if role.id in member_.roles:
        member_.roles.remove(role.id)
        call.world.update_member(guild_, member_)
        call.world.record.note("unrole", user=str(member_.user.id), role=str(role.id))


def _role(call: Call) -> tuple[Guild, Member, Role]:
    """Return what a role is given to; refuse what is not below the bot's own highest role."""
    guild_, member_ = call.guild(), _member(call)
    role = guild_.roles.get(call.id("role_id"))
    if role is None:
        raise Refused(404, 10011)
    own = guild_.members[call.world.bot.id]
    if not in_guild(guild_, own) & P.MANAGE_ROLES:
        raise Refused(403, 50013)
    if role.managed or role.id == guild_.id:
        raise Refused(400, 50028)
    if role.position >= guild_.highest(own):
        raise Refused(403, 50013)
    return guild_, member_, role


def channel(call: Call) -> Json:
    """Return a channel."""
    found = call.channel()
    demand(found, call.world.bot.id)
    return objects.channel(found, call.world.bot.id)


ROUTES: Routes = [
    ("GET", "/users/@me", me),
    ("GET", "/oauth2/applications/@me", application),
    ("GET", "/applications/@me", application),
    ("GET", "/gateway", gateway),
    ("GET", "/gateway/bot", gateway_bot),
    ("GET", "/users/@me/guilds", my_guilds),
    ("DELETE", "/users/@me/guilds/{guild_id}", leave),
    ("POST", "/users/@me/channels", direct),
    ("GET", "/users/{user_id}", user),
    ("GET", "/guilds/{guild_id}", guild),
    ("GET", "/guilds/{guild_id}/channels", channels),
    ("GET", "/guilds/{guild_id}/roles", roles),
    ("GET", "/guilds/{guild_id}/members", members),
    ("GET", _MEMBER, member),
    ("PUT", _MEMBER + "/roles/{role_id}", give),
    ("DELETE", _MEMBER + "/roles/{role_id}", take),
    ("GET", "/channels/{channel_id}", channel),
]
