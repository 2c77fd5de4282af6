"""What the bot does becomes messages of the world, and changes of them."""

from bot.adapters.playground.world import PLATFORM, Message, World
from bot.core.actions import (
    AskChoice,
    AskForm,
    Edit,
    Enter,
    Forget,
    Look,
    OpenThread,
    Pin,
    Retract,
    Say,
    SetRole,
)
from bot.core.errors import Undeliverable, Unreachable
from bot.core.events import Looked
from bot.core.ports import Clock, Delivery
from bot.core.refs import Direct, Member, MessageRef, Room


def carry_out(world: World, clock: Clock, delivery: Delivery) -> MessageRef | None:
    """Carry an action out; what stands already is left."""
    action = delivery.action
    known = world.by_key.get(delivery.key)
    if known in world.messages:
        return world.messages[known].ref
    match action:
        case Say() | AskChoice() | AskForm():
            return _show(world, clock, delivery, action)
        case OpenThread():
            on = _needs(world, delivery.on)
            on.title = action.title
            world.update(on)
            first = Message(
                world.new_id(), clock.now(), "", action.text, room=on.room, thread=_root(on)
            )
            return world.add(first, delivery.key).ref
        case Edit():
            on = _needs(world, delivery.on)
            if on.text != action.text:
                on.text, on.edited = action.text, True
                world.update(on)
        case Retract():
            if delivery.on is not None and delivery.on.id in world.messages:
                world.remove(world.messages[delivery.on.id])
        case Pin():
            on = _needs(world, delivery.on)
            on.pinned = True
            world.update(on)
        case SetRole():
            _give_role(world, action)
        case Forget() | Enter() | Look():
            pass  # the bot is everywhere, and remembers nothing but what stands there
    return None


def _show(
    world: World, clock: Clock, delivery: Delivery, action: Say | AskChoice | AskForm
) -> MessageRef:
    text = "\n\n".join((*action.before, action.text))
    message = Message(world.new_id(), clock.now(), "", text)
    match action.to:
        case Direct(member):
            person = world.people.get(member.id)
            if person is None or person.closed:
                raise Unreachable("Direct messages to this member are closed.")
            message.person = member.id
        case Room(_, room, thread):
            if room not in world.rooms:
                raise Undeliverable("The room is gone.")
            message.room, message.thread = room, thread or ""
    if action.aside is not None:
        message.person = action.aside.id
    if not isinstance(action, AskForm) and action.in_thread and delivery.on is not None:
        message.thread = _root(_needs(world, delivery.on))
    if not isinstance(action, AskForm):
        message.ping = action.ping
    if isinstance(action, Say):
        if action.file is not None:
            message.file = {"name": action.file.name, "text": action.file.text}
        message.reactions = {emoji: [""] for emoji in action.reactions}
        reply_to = action.reply_to
        if reply_to is not None and reply_to.id in world.messages:
            message.reply_to = reply_to.id
    else:
        message.question, message.opener = action.question, action.opener
        message.choices = tuple((each.id, each.label, each.emoji or "") for each in action.choices)
    if isinstance(action, AskForm) and action.answers is not None:
        message.opens = action.answers.id
    return world.add(message, delivery.key).ref


def look(world: World, action: Look) -> Looked:
    """Return what is found of a message."""
    message = world.messages.get(action.message.id)
    if message is not None and not message.room:
        message = None  # a private one is nobody's to look at
    root = world.messages.get(message.thread) if message is not None else None
    return Looked(
        event_id=f"looked {action.key}",
        key=action.key,
        found=message is not None,
        author=Member(PLATFORM, message.author) if message and message.author else None,
        thread=root.ref if root is not None else None,
        answered=message is not None
        and any(each.thread == message.id and each.author for each in world.messages.values()),
        text=message.text if message is not None and action.words else None,
    )


def _give_role(world: World, action: SetRole) -> None:
    wanted = action.role.casefold().lstrip("@")
    role = next((each for each in world.roles if each.casefold() == wanted), None)
    person = world.people.get(action.member.id)
    if role is None:
        raise Undeliverable("There is no role of this name.")
    if person is not None and role not in person.roles:
        person.roles = [*person.roles, role]
        world.save(person)


def _root(message: Message) -> str:
    return message.thread or message.id


def _needs(world: World, on: MessageRef | None) -> Message:
    message = world.messages.get(on.id) if on is not None else None
    if message is None:
        raise Undeliverable("The message that this hangs on is gone.")
    return message
