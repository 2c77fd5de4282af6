// The middle: what was said in the place that is looked at, and where one writes.

import { composer } from "./composer.js";
import { avatar, drawMessage, messageElement } from "./message.js";
import { announce, fill, h, icon, refill } from "./dom.js";
import { act } from "./live.js";
import { look, me, messagesIn, messagesOf, plain, state, zone } from "./state.js";
import { day, moment, w } from "./words.js";

const SHOWN = 120;
const NEAR = 5 * 60 * 1000;

export const placeName = (place) => (place === "direct" ? w("direct") : state.rooms.get(place)?.name ?? "");

// A list of messages that is brought up to date without being made anew.
function timeline(label, inThread, refuse) {
  const list = h("div", { class: "messages", tabindex: "0", role: "region", "aria-label": "" });
  const kept = new Map();
  let shown = SHOWN;
  let before = "";
  return {
    list,
    draw(messages, key, empty) {
      list.setAttribute("aria-label", label());
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
      const another = key !== before;
      if (another) {
        kept.clear();
        shown = SHOWN;
        before = key;
      }
      const some = messages.slice(-shown);
      const children = [];
      if (some.length < messages.length) {
        children.push(h("button", { type: "button", class: "quiet earlier", "data-key": "earlier", onclick: () => { shown += SHOWN; look({}); this.draw(messages, key, empty); } }, w("earlier")));
      }
      let last = null;
      for (const message of some) {
        if (!last || day(last.at, zone()) !== day(message.at, zone())) children.push(h("p", { class: "day" }, h("span", {}, day(message.at, zone()))));
        const follows = Boolean(last) && last.author === message.author && !message.pinned &&
          Boolean(last.room && last.person) === Boolean(message.room && message.person) && new Date(message.at) - new Date(last.at) < NEAR &&
          day(last.at, zone()) === day(message.at, zone());
        let element = kept.get(message.id);
        if (!element) {
          element = messageElement(message);
          if (!another) element.classList.add("new");
          kept.set(message.id, element);
        }
        drawMessage(element, message, { follows, inThread, refuse });
        children.push(element);
        last = message;
      }
      if (!messages.length && empty) children.push(empty());
      arrange(list, children);
      if (another || atEnd) list.scrollTop = list.scrollHeight;
    },
  };
}

// Put the children in order, and move only what stands elsewhere: the focus stays.
function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, position) => {
    if (parent.children[position] !== child) parent.insertBefore(child, parent.children[position] ?? null);
  });
}

export function conversation(refuse, openDrawer) {
  const title = h("h1", { id: "place-title", tabindex: "-1", dir: "auto" });
  const topic = h("p", { class: "topic", dir: "auto" });
  const menu = h("button", { type: "button", class: "tool menu", onclick: openDrawer, "data-key": "menu" }, icon("menu"));
  const tools = h("div", { class: "tools" });
  const head = h("header", { class: "bar" }, menu, h("div", { class: "titles" }, title, topic), tools);
  const notice = h("div", { class: "notice", role: "status" });
  const messages = timeline(() => w("messages_in", { place: placeName(state.place) }), false, refuse);
  const write = composer({
    where: () => (state.place === "direct" ? {} : { room: state.place }),
    draft: () => `${state.me} ${state.place}`,
    label: () => (state.place === "direct" ? w("write_direct") : w("write_in", { place: placeName(state.place) })),
    refuse,
  });
  const outside = h("div", { class: "outside" });
  const main = h("main", { class: "conversation", id: "conversation", "aria-labelledby": "place-title" }, head, notice, messages.list, outside, write);

  main.draw = () => {
    const person = me();
    title.textContent = placeName(state.place);
    topic.textContent = state.place === "direct" ? w("topic_direct") : state.rooms.get(state.place)?.topic ?? "";
    menu.setAttribute("aria-label", w("open_drawer"));
    drawNotice();
    drawTools(tools);
    const there = Boolean(person) && (state.place === "direct" || person.here);
    const mistaken = state.content && !state.content.staged;
    const said = messagesIn(state.place);
    messages.list.hidden = !there || mistaken || (!person.here && !said.length);
    write.hidden = !person?.here || mistaken;
    outside.hidden = mistaken || Boolean(person?.here);
    if (there) messages.draw(said, `${state.run} ${state.me} ${state.place} ${document.documentElement.lang}`, emptyOf);
    if (!outside.hidden) drawOutside(outside, person, refuse);
    write.update();
  };

  function emptyOf() {
    const direct = state.place === "direct";
    return h("div", { class: "empty" },
      h("p", { class: "large" }, direct ? w("empty_direct") : w("empty_room", { place: placeName(state.place) })),
      h("p", {}, direct ? w("empty_direct_hint") : w("empty_room_hint")),
      direct && me()?.here && h("button", { type: "button", class: "strong", "data-key": "say start", onclick: async () => refuse(await act({ do: "say", text: "start" })) }, w("say_start")));
  }

  function drawNotice() {
    const text = state.connection === "off" ? w("connection_off") : state.connection === "over" ? w("connection_over") : "";
    if (notice.textContent !== text) notice.textContent = text;
    notice.hidden = !text;
  }
  return main;
}

function drawTools(tools) {
  const tool = (name, shape, label) =>
    h("button", { type: "button", class: "tool wide", "data-key": `tool ${name}`, "aria-expanded": String(state.panel === name),
      onclick: () => look({ panel: state.panel === name ? "" : name, thread: "" }) }, icon(shape), h("span", { class: "label" }, label));
  const now = state.clock ? moment(state.clock.now, zone()) : w("time");
  const mistakes = state.content?.mistakes?.length ?? 0;
  refill(tools, [now, mistakes, state.panel, state.staged, w("held_tool")], () => [
    state.staged && tool("time", "clock", now),
    state.staged && tool("held", "lock", w("held_tool")),
    state.staged && h("span", { class: "badge-holder" }, tool("content", "book", w("content_tool")), mistakes > 0 && h("span", { class: "badge" }, String(mistakes)))]);
}

function drawOutside(outside, person, refuse) {
  if (!person) return fill(outside);
  return fill(outside, h("div", { class: "empty card" },
    avatar(person.name),
    h("p", { class: "large" }, w("outside", { name: person.name })),
    h("p", {}, w("outside_hint")),
    h("button", { type: "button", class: "strong", "data-key": "come in", onclick: async () => {
      const answer = await act({ do: "change", here: true });
      refuse(answer);
      if (!answer.refused) {
        look({ place: "direct" });
        announce(w("came_in", { name: person.name }));
        setTimeout(() => document.querySelector("main textarea")?.focus(), 50);
      }
    } }, w("come_in", { name: person.name }))));
}

// A message's thread, beside the conversation.
export function threadPanel(refuse, close) {
  const title = h("h2", { id: "thread-title", dir: "auto", tabindex: "-1" });
  const messages = timeline(() => w("messages_in", { place: title.textContent }), true, refuse);
  const write = composer({
    where: () => ({ room: state.messages.get(state.thread)?.room ?? "", thread: state.thread }),
    draft: () => `${state.me} thread ${state.thread}`,
    label: () => w("write_thread"),
    refuse,
  });
  const shut = h("button", { type: "button", class: "tool", onclick: close, "data-key": "close thread" }, icon("close"));
  const panel = h("aside", { class: "panel thread", "aria-labelledby": "thread-title" }, h("header", { class: "bar" }, h("div", { class: "titles" }, title), shut), messages.list, write);
  panel.draw = () => {
    const root = state.messages.get(state.thread);
    if (!root) return;
    title.textContent = root.title || w("thread");
    shut.setAttribute("aria-label", w("close"));
    messages.draw([root, ...messagesOf(root.id)], `${state.run} ${state.me} ${root.id} ${document.documentElement.lang}`);
    write.hidden = !me()?.here;
    write.update();
  };
  return panel;
}

export function announceMessage(message) {
  const choices = (message.choices ?? []).map((each) => each[1]);
  const text = w("announced", { name: message.author || w("keeper"), text: plain(message) });
  announce(choices.length ? `${text} ${w("answers", { answers: choices.join(", ") })}` : text);
}
