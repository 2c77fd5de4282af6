// What stands beside the conversation: time, what is kept, the content, a person.

import { h, icon } from "./dom.js";
import { state } from "./state.js";
import { w } from "./words.js";
import { timeBody } from "./time.js";
import { heldBody } from "./held.js";
import { personBody } from "./person.js";
import { contentBody } from "./content.js";

const BODIES = { time: timeBody, held: heldBody, person: personBody, content: contentBody };

export function sidePanel(refuse, close) {
  const title = h("h2", { id: "panel-title", tabindex: "-1" });
  const shut = h("button", { type: "button", class: "tool", onclick: close, "data-key": "close panel" }, icon("close"));
  const inner = h("div", { class: "inner", role: "group", tabindex: "0", "aria-labelledby": "panel-title" });
  const panel = h("aside", { class: "panel", "aria-labelledby": "panel-title" }, h("header", { class: "bar" }, h("div", { class: "titles" }, title), shut), inner);
  let shown = "";
  let body = null;
  panel.draw = (kinds) => {
    if (!BODIES[state.panel]) return;
    const key = `${state.panel} ${state.run} ${document.documentElement.lang}`;
    if (key !== shown) {
      shown = key;
      body = BODIES[state.panel](refuse);
      inner.replaceChildren(body);
    }
    panel.dataset.panel = state.panel;
    title.textContent = w(`panel_${state.panel}`, { name: state.me });
    shut.setAttribute("aria-label", w("close"));
    body.draw(kinds);
  };
  return panel;
}
