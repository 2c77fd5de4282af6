// Where somebody writes, with the commands offered while they type.

import { announce, fill, h, icon } from "./dom.js";
import { act } from "./live.js";
import { me, state } from "./state.js";
import { w } from "./words.js";

const drafts = new Map();
const MOST = 6;
let count = 0;

// `where` returns what a message needs to know of its place, and `draft` a name for it.
export function composer({ where, draft, label, refuse }) {
  const id = `offers-${(count += 1)}`;
  let offers = [];
  let active = -1;
  const list = h("ul", { id, class: "offers", role: "listbox", hidden: true, "aria-label": w("commands") });
  const input = h("textarea", {
    rows: 1, dir: "auto", "aria-label": label(), placeholder: label(), "aria-autocomplete": "list", "aria-controls": id, "data-key": `write ${id}`,
    oninput: typed, onkeydown: pressed, onblur: () => setTimeout(hide, 150), onfocus: offer,
  });
  const button = h("button", { type: "submit", class: "send", "aria-label": w("send"), title: w("send") }, icon("send"));
  const form = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); send(); } }, list, input, button);
  let name = null;

  function typed() {
    drafts.set(name, input.value);
    grow();
    offer();
  }

  function grow() {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight + 2, 220)}px`;
  }

  function offer() {
    const found = input.value.match(/^\/([^\n]*)$/);
    const words = found ? found[1].toLowerCase() : null;
    const mine = state.commands.filter((command) => !command.moderator || me()?.moderator);
    const known = words === null ? [] : mine.filter((command) => command.path.startsWith(words));
    const other = words ? mine.filter((command) => !command.path.startsWith(words) && command.path.includes(words)) : [];
    offers = [...known, ...other].slice(0, MOST);
    if (offers.length === 1 && offers[0].path === words?.trim()) offers = [];
    active = -1;
    draw();
    if (offers.length) announce(w("offered", { count: offers.length }));
  }

  function draw() {
    list.hidden = !offers.length;
    fill(list, offers.map((command, position) => h("li", {
      id: `${id}-${position}`, role: "option", "aria-selected": String(position === active), class: position === active ? "active" : "",
      onmousedown: (event) => { event.preventDefault(); take(command); },
    }, h("code", {}, `/${command.path}`), command.options.length > 0 && h("span", { class: "dim" }, command.options.map((each) => ` ‹${each}›`).join("")), h("span", { class: "does" }, command.does))));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", `${id}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function hide() {
    offers = [];
    active = -1;
    draw();
  }

  function take(command) {
    input.value = `/${command.path}${command.options.length ? " " : ""}`;
    drafts.set(name, input.value);
    hide();
    input.focus();
  }

  function pressed(event) {
    if (event.isComposing) return;
    if (offers.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      active = (active + step + offers.length + (active < 0 && step < 0 ? 1 : 0)) % offers.length;
      draw();
      event.preventDefault();
    } else if (offers.length && event.key === "Tab" && !event.shiftKey && active >= 0) {
      take(offers[active]);
      event.preventDefault();
    } else if (offers.length && event.key === "Escape") {
      hide();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (active >= 0) take(offers[active]);
      else send();
    }
  }

  async function send() {
    const text = input.value;
    if (!text.trim()) return;
    const of = name;
    input.value = "";
    drafts.delete(of);
    grow();
    hide();
    const answer = await act({ do: "say", text, ...where() });
    if (!answer.refused) return;
    // What could not be said is not lost.
    if (of === name && !input.value) {
      input.value = text;
      grow();
    }
    drafts.set(of, text);
    refuse(answer);
  }

  form.update = () => {
    const now = draft();
    if (now !== name) {
      name = now;
      input.value = drafts.get(now) ?? "";
      grow();
      hide();
    }
    input.setAttribute("aria-label", label());
    input.setAttribute("placeholder", label());
    button.setAttribute("aria-label", w("send"));
    button.title = w("send");
    list.setAttribute("aria-label", w("commands"));
  };
  return form;
}
