// One person: coming and going, whether the bot can write to them, whether they moderate.

import { h, refill } from "./dom.js";
import { act } from "./live.js";
import { avatar } from "./message.js";
import { me } from "./state.js";
import { language, w } from "./words.js";

export function personBody(refuse) {
  const body = h("div", { class: "about-person" });
  const change = async (what) => {
    const answer = await act({ do: "change", ...what });
    refuse(answer);
    if (!answer.refused) return;
    body.drawn = ""; // a box that was ticked is not
    body.draw();
  };
  body.draw = () => {
    const person = me();
    if (!person) return;
    const box = (id, checked, label, hint, set) => h("div", { class: "check" },
      h("input", { type: "checkbox", id, checked, "data-key": id, onchange: (event) => set(event.target.checked) }),
      h("div", {}, h("label", { for: id }, label), h("p", { class: "dim" }, hint)));
    refill(body, [person, language()], () => [
      h("p", { class: "name" }, avatar(person.name), h("span", { dir: "auto" }, person.name)),
      person.roles.length > 0 && h("p", {}, w("has_roles"), " ", person.roles.map((role) => h("span", { class: "tag role" }, role))),
      box("moderates", person.moderator, w("moderates"), w("moderates_hint"), (moderator) => change({ moderator })),
      box("closed", person.closed, w("closed"), w("closed_hint"), (closed) => change({ closed })),
      h("button", { type: "button", "data-key": "come or go", onclick: () => change({ here: !person.here }) }, person.here ? w("leave", { name: person.name }) : w("come_in", { name: person.name })),
      h("p", { class: "dim" }, person.here ? w("leave_hint") : w("outside_hint")),
    ]);
  };
  return body;
}
