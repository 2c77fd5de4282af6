// What the store holds about somebody: as they see it, and the same rows as the host sees them.

import { fill, h, icon } from "./dom.js";
import { act } from "./live.js";
import { state } from "./state.js";
import { w } from "./words.js";

export function heldBody() {
  const intro = h("p", { class: "dim" });
  const found = h("div", { class: "held" });
  const body = h("div", {}, intro, found);
  let asking = false;
  let again = false;
  let last = "";

  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    const answer = await act({ order: "held" });
    asking = false;
    if (answer.held) show(answer.held);
    if (again) {
      again = false;
      ask();
    }
  }

  function show(held) {
    const now = JSON.stringify([held, state.me]);
    if (now === last) return;
    last = now;
    fill(found, held.length ? held.map(sectionOf) : h("p", { class: "empty" }, w("held_nothing", { name: state.me })));
  }

  body.draw = () => {
    intro.textContent = w("held_intro", { name: state.me });
    ask();
  };
  return body;
}

function sectionOf(each) {
  const hidden = each.count - each.rows.length;
  return h("section", {},
    h("h3", {}, each.heading, h("span", { class: "count" }, String(each.count))),
    hidden > 0 && h("p", { class: "dim" }, w("held_more", { count: hidden })),
    each.rows.map((row) => h("div", { class: "pair" },
      h("div", { class: "side own" }, h("h4", {}, w("held_own", { name: state.me })), row.own ? list(row.own) : h("p", { class: "dim" }, w("held_bare"))),
      h("div", { class: "side stored" }, h("h4", {}, w("held_stored")), h("p", { class: "table" }, h("code", {}, each.table)), list(row.stored)))));
}

function list(values) {
  return h("dl", {}, Object.entries(values).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, valueOf(value)))));
}

function valueOf(value) {
  if (value === null || value === "" || value === undefined) return h("span", { class: "dim" }, "–");
  if (typeof value === "object" && typeof value.sealed === "string") {
    return h("span", { class: "sealed" }, icon("lock"), h("span", {}, w("sealed", { count: value.bytes })), h("code", {}, `${value.sealed}…`));
  }
  if (typeof value === "object") return h("code", {}, JSON.stringify(value));
  return String(value);
}
