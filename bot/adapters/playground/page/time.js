// Moving the clock, and what happened on the way.

import { announce, fill, h, icon } from "./dom.js";
import { act } from "./live.js";
import { look, state, zone } from "./state.js";
import { fullDay, clock, local, moment, w, what, why } from "./words.js";

export function timeBody() {
  const now = h("p", { class: "now" });
  const hint = h("p", { class: "dim" }, w("time_hint"));
  const next = h("div", { class: "card next" });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const date = h("input", { type: "datetime-local", id: "date", required: true, "data-key": "date" });
  const jumps = h("div", { class: "row jumps" },
    h("button", { type: "button", class: "strong", "data-key": "travel next", onclick: () => travel("next") }, w("travel_next")),
    h("button", { type: "button", "data-key": "travel day", onclick: () => travel("day") }, w("travel_day")),
    h("button", { type: "button", "data-key": "travel week", onclick: () => travel("week") }, w("travel_week")),
    h("button", { type: "button", "data-key": "travel month", onclick: () => travel("month") }, w("travel_month")));
  const form = h("form", { class: "field", novalidate: true, onsubmit: (event) => { event.preventDefault(); travel("date", date.value); } },
    h("label", { for: "date" }, w("travel_date")), h("div", { class: "row" }, date, h("button", { type: "submit", "data-key": "travel date" }, w("travel_go"))));
  const busy = h("div", { class: "row busy", hidden: true }, h("progress", { "aria-label": w("travelling") }), h("span", {}, w("travelling")),
    h("button", { type: "button", class: "quiet", "data-key": "stop", onclick: () => act({ order: "stop" }) }, w("travel_stop")));
  const lines = h("ol", { class: "lines" });
  const body = h("div", {}, now, hint, next, jumps, form, busy, wrong, h("h3", {}, w("lines")), lines);
  let drawn = 0;

  async function travel(to, at = "") {
    wrong.textContent = "";
    const answer = await act({ order: "travel", to, date: at });
    if (answer.refused) {
      const values = { ...answer.values };
      if (values.now) values.now = moment(values.now, zone());
      wrong.textContent = w(answer.refused, values);
    } else {
      announce(w("arrived", { count: answer.moments, time: moment(state.clock.now, zone()) }));
    }
  }

  body.draw = () => {
    const told = state.clock;
    if (!told) return;
    fill(now, h("span", { class: "hour" }, clock(told.now, zone())), h("span", {}, fullDay(told.now, zone())), h("span", { class: "dim" }, w("zone", { zone: zone() })));
    if (document.activeElement !== date) date.value = local(told.now, zone());
    fill(next, told.next
      ? [h("p", { class: "dim" }, w("next_due")), h("p", { class: "what", dir: "auto" }, what(told.next.kind, told.next.person)), h("p", {}, moment(told.next.at, zone())), told.next.kind !== "held" && h("p", { class: "dim" }, why(told.next.rule, told.next.zone))]
      : [h("p", { class: "what" }, w("nothing_due")), h("p", { class: "dim" }, w("nothing_due_hint"))]);
    busy.hidden = !told.travelling;
    for (const button of jumps.children) button.disabled = Boolean(told.travelling);
    const all = [...state.lines.values()].sort((a, b) => b.number - a.number).slice(0, 60);
    if (all.length && all[0].number === drawn) return;
    drawn = all[0]?.number ?? 0;
    fill(lines, all.length ? all.map(lineOf) : [h("li", { class: "empty" }, w("no_lines"))]);
  };
  return body;
}

function lineOf(line) {
  return h("li", {},
    h("time", { datetime: line.due }, moment(line.due, zone())),
    h("p", { class: "what", dir: "auto" }, what(line.kind, line.person)),
    h("p", { class: "dim" }, line.kind === "held" ? w("why_held") : why(line.rule, line.zone)),
    (line.made ?? []).map((made) => h("button", { type: "button", class: "quiet", "data-key": `made ${made.message}`,
      onclick: () => look(made.person ? { me: made.person, place: made.room || "direct" } : { place: made.room }) },
      icon("send"), made.person ? w("said_to", { name: made.person }) : w("said_in", { place: state.rooms.get(made.room)?.name ?? "" }))));
}
