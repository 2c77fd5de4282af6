"""The platform's things as JSON, with exactly the fields that Discord's documents give them."""

from __future__ import annotations

from tests.discord.double.guilds import (
    CATEGORY,
    DM,
    FORUM,
    Channel,
    Guild,
    Json,
    Member,
    Role,
    User,
)
from tests.discord.double.permissions import in_channel, in_guild


def user(it: User) -> Json:
    """A user, as others see them."""
    return {
        "id": str(it.id),
        "username": it.name,
        "avatar": None,
        "discriminator": "0" if not it.bot else "0001",
        "public_flags": 0,
        "flags": 0,
        "bot": it.bot,
        "banner": None,
        "accent_color": None,
        "global_name": it.display,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }


def me(it: User) -> Json:
    """The bot, as it sees itself."""
    return {**user(it), "mfa_enabled": False, "locale": it.locale, "verified": True, "email": None}


def basic_member(it: Member) -> Json:
    """A member without the user."""
    return {
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "collectibles": None,
        "communication_disabled_until": None,
        "flags": it.flags,
        "joined_at": it.joined_at,
        "nick": it.nick,
        "pending": it.pending,
        "premium_since": None,
        "roles": [str(each) for each in it.roles],
    }


def member(it: Member) -> Json:
    """A member of a guild."""
    return {**basic_member(it), "user": user(it.user), "mute": False, "deaf": False}


def role(it: Role) -> Json:
    """A role."""
    shown: Json = {
        "id": str(it.id),
        "name": it.name,
        "permissions": str(it.permissions),
        "position": it.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": it.managed,
        "mentionable": it.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if it.bot_id is not None:
        shown["tags"] = {"bot_id": str(it.bot_id)}
    return shown


def channel(it: Channel, viewer: int | None = None) -> Json:
    """A channel, a thread (with the viewer's membership), or a private conversation."""
    if it.is_thread:
        return thread(it, viewer)
    shown: Json = {
        "id": str(it.id),
        "type": it.type,
        "last_message_id": _id(it.last_message_id),
        "flags": it.flags,
    }
    if it.type == DM:
        others = [each for each in it.recipients.values() if each.id != viewer]
        return {**shown, "recipients": [user(each) for each in others]}
    assert it.guild is not None
    shown |= {
        "guild_id": str(it.guild.id),
        "name": it.name,
        "parent_id": _id(it.parent.id if it.parent else None),
        "position": it.position,
        "permission_overwrites": [
            {"id": str(o.id), "type": o.kind, "allow": str(o.allow), "deny": str(o.deny)}
            for o in it.overwrites.values()
        ],
        "nsfw": False,
    }
    if it.type == CATEGORY:
        del shown["last_message_id"]
        return shown
    shown |= {"topic": it.topic, "rate_limit_per_user": it.slowmode}
    if it.last_pin is not None:
        shown["last_pin_timestamp"] = it.last_pin
    if it.type == FORUM:
        shown |= {
            "available_tags": [
                {
                    "id": str(tag.id),
                    "name": tag.name,
                    "moderated": tag.moderated,
                    "emoji_id": None,
                    "emoji_name": None,
                }
                for tag in it.tags
            ],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
        }
    return shown


def thread(it: Channel, viewer: int | None = None) -> Json:
    """A thread."""
    assert it.guild is not None
    assert it.parent is not None
    shown: Json = {
        "id": str(it.id),
        "type": it.type,
        "last_message_id": _id(it.last_message_id),
        "flags": it.flags,
        "guild_id": str(it.guild.id),
        "name": it.name,
        "parent_id": str(it.parent.id),
        "rate_limit_per_user": it.slowmode,
        "owner_id": str(it.owner_id),
        "thread_metadata": {
            "archived": it.archived,
            "archive_timestamp": it.archived_at,
            "auto_archive_duration": it.auto_archive,
            "locked": it.locked,
            "create_timestamp": it.created_at,
        },
        "message_count": len(it.messages),
        "member_count": min(50, len(it.thread_members)),
        "total_message_sent": it.total_sent,
    }
    if it.parent.type == FORUM:
        shown["applied_tags"] = [str(each) for each in it.applied_tags]
    if viewer in it.thread_members:
        shown["member"] = thread_member(it, viewer or 0)
    return shown


def thread_member(it: Channel, user_id: int) -> Json:
    """Somebody's membership of a thread."""
    return {
        "id": str(it.id),
        "user_id": str(user_id),
        "join_timestamp": it.thread_members[user_id],
        "flags": 1,
    }


def guild(it: Guild) -> Json:
    """A guild, as REST shows it."""
    return {
        "id": str(it.id),
        "name": it.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(it.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role(each) for each in it.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": it.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def whole_guild(it: Guild, viewer: int) -> Json:
    """A guild, as the gateway hands it out: of its members the bot only."""
    own = it.members[viewer]
    seen = [each for each in it.threads.values() if not each.archived and in_channel(each, viewer)]
    return {
        **guild(it),
        "joined_at": own.joined_at,
        "large": len(it.members) > 250,
        "unavailable": False,
        "member_count": len(it.members),
        "voice_states": [],
        "members": [member(own)],
        "channels": [channel(each) for each in it.channels.values()],
        "threads": [thread(each, viewer) for each in seen],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def my_guild(it: Guild, viewer: int) -> Json:
    """A guild in the list of the bot's own."""
    return {
        "id": str(it.id),
        "name": it.name,
        "icon": None,
        "banner": None,
        "owner": it.owner_id == viewer,
        "permissions": str(in_guild(it, it.members[viewer])),
        "features": [],
    }


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)
