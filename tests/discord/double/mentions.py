"""Whom a message pings."""

from __future__ import annotations

import re

from tests.discord.double.guilds import Json, Message
from tests.discord.double.permissions import Permission, in_channel


def find(message: Message, body: Json) -> None:
    """Find out who is pinged: what stands in the text, and is allowed."""
    text, channel = message.text, message.channel
    allowed = body.get("allowed_mentions")
    parse = ("users", "roles", "everyone") if allowed is None else allowed.get("parse") or ()
    users = {int(each) for each in (allowed or {}).get("users") or ()}
    roles = {int(each) for each in (allowed or {}).get("roles") or ()}
    guild = channel.guild
    known = channel.recipients if guild is None else {i: m.user for i, m in guild.members.items()}
    named = [int(each) for each in re.findall(r"<@!?(\d+)>", text)]
    found = [i for i in dict.fromkeys(named) if i in known and ("users" in parse or i in users)]
    message.mentions = [known[each] for each in found]
    pings = allowed.get("replied_user", False) if allowed is not None else True
    if (
        message.replied_to is not None
        and pings
        and message.replied_to.author not in message.mentions
    ):
        message.mentions.append(message.replied_to.author)
    message.mention_roles, message.mention_everyone = [], False
    if guild is None:
        return
    may_all = bool(in_channel(channel, message.author.id) & Permission.MENTION_EVERYONE)
    for id_ in dict.fromkeys(int(each) for each in re.findall(r"<@&(\d+)>", text)):
        role = guild.roles.get(id_)
        if role and (role.mentionable or may_all) and ("roles" in parse or id_ in roles):
            message.mention_roles.append(id_)
    if may_all and "everyone" in parse and re.search(r"@(everyone|here)\b", text):
        message.mention_everyone = True
