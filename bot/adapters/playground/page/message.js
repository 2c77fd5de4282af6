// One message: who, when, what, what can be answered, the signs, and its thread.

import { fill, grow, h, icon } from "./dom.js";
import { openForm } from "./form.js";
import { act } from "./live.js";
import { look, messagesOf, state, zone } from "./state.js";
import { clock, moment, w } from "./words.js";

const SIGNS = ["👍", "❤️", "🌱", "👋", "🎉", "🤔", "😊", "🙏", "👀", "✅", "1️⃣", "2️⃣", "3️⃣"];
const FEW = 5;
const LONG = 4000;

export const authorOf = (message) => (message.author ? message.author : w("keeper"));

export function avatar(name, bot = false) {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 8;
  const first = bot ? "" : [...name][0]?.toUpperCase() ?? "?";
  return h("span", { class: `avatar ${bot ? "keeper" : `hue-${hue}`}`, "aria-hidden": "true" }, first);
}

// An element that stays the same for one message; `draw` brings it up to date, part by part.
export function messageElement(message) {
  const parts = ["head", "body", "answers", "foot"].map((name) => h("div", { class: name }));
  const made = h("article", { class: "message", id: `message-${message.id}`, tabindex: "-1" }, parts);
  made.drawn = {};
  return made;
}

export function drawMessage(element, message, { follows, inThread, refuse }) {
  const [head, body, answers, foot] = element.children;
  element.classList.toggle("follows", follows);
  element.classList.toggle("aside", Boolean(message.room && message.person));
  element.classList.toggle("from-keeper", !message.author);
  const replied = messagesOf(message.id).length > 0 || Boolean(message.title);
  element.classList.toggle("bare", !Object.keys(message.reactions ?? {}).length && (inThread || !replied));
  element.setAttribute("aria-label", w("message_from", { name: authorOf(message), time: clock(message.at, zone()) }));
  const replies = inThread ? [] : messagesOf(message.id);
  const once = (name, part, signature, build) => {
    const now = JSON.stringify([signature, w("keeper"), zone()]);
    if (element.drawn[name] === now) return;
    element.drawn[name] = now;
    fill(part, build());
  };
  once("head", head, [message.author, message.at, message.pinned, message.edited, state.people.get(message.author)], () => headOf(message));
  once("body", body, [message.body, message.reply_to, message.file], () => [...bodyOf(message), message.file && fileOf(message.file)]);
  once("answers", answers, [message.choices, message.opener, message.opens, message.chosen?.[state.me]], () => answersOf(message, refuse));
  once("foot", foot, [message.reactions, replies.length, message.title, state.me, inThread], () => footOf(message, replies, inThread, refuse));
}

function headOf(message) {
  const person = state.people.get(message.author);
  const tags = message.author
    ? [person?.moderator && h("span", { class: "tag" }, w("tag_moderator")), ...(person?.roles ?? []).map((role) => h("span", { class: "tag role" }, role))]
    : [h("span", { class: "tag" }, w("tag_bot"))];
  return [
    avatar(authorOf(message), !message.author),
    h("span", { class: "who", dir: "auto" }, authorOf(message)),
    tags,
    h("time", { datetime: message.at, title: moment(message.at, zone()) }, clock(message.at, zone())),
    message.ping && h("span", { class: "tag role" }, message.ping === "everyone" ? "@everyone" : `@${message.ping}`),
    message.pinned && h("span", { class: "mark" }, icon("pin"), w("pinned")),
    message.edited && h("span", { class: "mark" }, w("edited")),
  ];
}

function bodyOf(message) {
  const answered = message.reply_to ? state.messages.get(message.reply_to) : null;
  const parts = [];
  if (message.room && message.person) parts.push(h("p", { class: "only-you" }, icon("lock"), w("only_you")));
  if (answered && !answered.person) parts.push(h("p", { class: "reply-to" }, w("in_answer_to", { name: authorOf(answered) })));
  if (!message.author) return [...parts, h("div", { class: "text", dir: "auto" }, grow(message.body))];
  if (message.body.length <= LONG) return [...parts, h("div", { class: "text own", dir: "auto" }, message.body)];
  const text = h("div", { class: "text own", dir: "auto" }, `${message.body.slice(0, LONG)} …`);
  const more = h("button", { class: "quiet", type: "button", onclick: () => { text.textContent = message.body; more.remove(); } },
    w("show_whole", { count: message.body.length.toLocaleString(document.documentElement.lang) }));
  return [...parts, text, more];
}

// A file to keep: it is made here, of the text that came with the message.
function fileOf(file) {
  return h("button", { type: "button", class: "quiet", "data-key": "file", onclick: () => {
    const address = URL.createObjectURL(new Blob([file.text], { type: "text/plain" }));
    h("a", { href: address, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  } }, icon("book"), w("keep_file", { name: file.name }));
}

function answersOf(message, refuse) {
  const choices = message.choices ?? [];
  const chosen = message.chosen?.[state.me];
  const found = [];
  if (message.opener || message.opens) {
    const label = message.opener || w("open_form");
    found.push(h("button", { type: "button", class: "answer", "data-key": "opener", onclick: () => openForm(message, refuse) }, label));
  }
  const choose = async (choice) => refuse(await act({ do: "choose", message: message.id, choice }));
  const name = (choice) => [choice[2] && `${choice[2]} `, choice[1]];
  if (choices.length > FEW) {
    const select = h("select", { "aria-label": w("choose_answer"), "data-key": "select" },
      choices.map(([id, label, emoji]) => h("option", { value: id, selected: id === chosen }, emoji && `${emoji} `, label)));
    found.push(select, h("button", { type: "button", class: "answer", "data-key": "choose", onclick: () => choose(select.value) }, w("choose")));
  } else {
    for (const choice of choices) {
      found.push(h("button", {
        type: "button", class: "answer", "data-key": `choice ${choice[0]}`,
        "aria-pressed": chosen ? String(choice[0] === chosen) : null,
        onclick: () => choose(choice[0]),
      }, name(choice)));
    }
  }
  if (choices.length > FEW && chosen) {
    const label = choices.find((each) => each[0] === chosen)?.[1] ?? "";
    found.push(h("span", { class: "chosen" }, w("chosen", { answer: label })));
  }
  return found;
}

function footOf(message, replies, inThread, refuse) {
  const signs = Object.entries(message.reactions ?? {});
  const react = async (emoji) => refuse(await act({ do: "react", message: message.id, emoji }));
  const chips = signs.map(([emoji, who]) => {
    const mine = who.includes(state.me);
    const names = who.map((each) => each || w("keeper")).join(", ");
    return h("button", {
      type: "button", class: "sign", "aria-pressed": String(mine), "data-key": `sign ${emoji}`, title: names,
      "aria-label": w("sign_of", { sign: emoji, names }), onclick: () => react(emoji),
    }, emoji, h("span", { class: "count" }, String(who.length)));
  });
  const canReply = message.room && !message.person && !inThread;
  return [
    chips,
    canReply && (replies.length || message.title
      ? h("button", { type: "button", class: "thread-link", "data-key": "thread", onclick: () => look({ thread: message.id, panel: "" }) },
          icon("thread"), h("span", { class: "title", dir: "auto" }, message.title || w("thread")),
          h("span", { class: "count" }, w("replies", { count: replies.length })))
      : h("button", { type: "button", class: "tool", "data-key": "thread", "aria-label": w("reply_in_thread"), title: w("reply_in_thread"),
          onclick: () => look({ thread: message.id, panel: "" }) }, icon("thread"))),
    signButton(react),
    message.room && !message.person && state.commands.filter((each) => each.menu).map((each) =>
      h("button", { type: "button", class: "tool", "data-key": `menu ${each.path}`, "aria-label": each.menu, title: each.menu,
        onclick: async () => refuse(await act({ do: "command", path: each.path, message: message.id })) }, icon("book"))),
  ];
}

function signButton(react) {
  const menu = h("div", { class: "signs", hidden: true, role: "group", "aria-label": w("signs") });
  const close = () => { menu.hidden = true; button.setAttribute("aria-expanded", "false"); };
  const button = h("button", {
    type: "button", class: "tool", "aria-expanded": "false", "aria-label": w("add_sign"), title: w("add_sign"), "data-key": "add sign",
    onclick: () => {
      if (!menu.hidden) return close();
      menu.replaceChildren(...SIGNS.map((sign) => h("button", { type: "button", class: "sign-choice", "aria-label": sign, onclick: () => { close(); button.focus(); react(sign); } }, sign)));
      menu.hidden = false;
      button.setAttribute("aria-expanded", "true");
      menu.firstChild.focus();
    },
  }, icon("smile"));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
    button.focus();
  });
  return h("span", { class: "sign-tool" }, button, menu);
}
