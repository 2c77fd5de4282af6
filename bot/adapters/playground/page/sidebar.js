// The side: which circle this is, its rooms, and the people one can be.

import { h, icon, refill } from "./dom.js";
import { act, speak } from "./live.js";
import { avatar } from "./message.js";
import { look, me, roomsOf, state } from "./state.js";
import { language, w } from "./words.js";

export function sidebar(refuse, closeDrawer) {
  const parts = ["circle", "rooms", "people", "page"].map((name) => h("div", { class: `part ${name}` }));
  const nav = h("nav", { class: "sidebar", id: "sidebar", "aria-label": "" }, parts);
  nav.draw = () => {
    nav.setAttribute("aria-label", w("sidebar"));
    const news = state.unread;
    const speaks = w("sidebar");
    const waiting = [...news].filter(([, places]) => places.size).map(([name]) => name);
    refill(parts[0], [state.name, speaks], () => circle(closeDrawer));
    refill(parts[1], [me(), state.place, [...state.rooms.values()], [...(news.get(state.me) ?? [])], speaks], () => rooms(news));
    refill(parts[2], [state.me, state.panel, [...state.people.values()], waiting, speaks], () => people(news, refuse));
    refill(parts[3], [state.languages, language(), speaks], page);
  };
  return nav;
}

function circle(closeDrawer) {
  return [
    h("p", { class: "brand" }, h("img", { src: "icon.svg", alt: "", width: 26, height: 26 }), h("span", { dir: "auto" }, state.name || "Circlekeeper")),
    h("button", { type: "button", class: "tool close-drawer", "aria-label": w("close"), "data-key": "close drawer", onclick: closeDrawer }, icon("close")),
  ];
}

function rooms(news) {
  const person = me();
  const mine = news.get(state.me);
  const entry = (place, mark, name) => {
    const count = mine?.get(place) ?? 0;
    const here = state.place === place;
    return h("li", {}, h("button", {
      type: "button", class: `entry${here ? " here" : ""}`, "aria-current": here ? "page" : null, "data-key": `place ${place}`,
      onclick: () => look({ place, thread: "", drawer: false }),
    }, h("span", { class: "hash", "aria-hidden": "true" }, mark), h("span", { class: "name", dir: "auto" }, name),
    count > 0 && h("span", { class: "badge" }, h("span", { class: "unseen" }, w("new_here")), String(count))));
  };
  return [
    h("h2", {}, w("rooms")),
    h("ul", {}, entry("direct", icon("lock"), [w("direct"), h("span", { class: "about" }, w("in_private"))]), roomsOf(person).map((room) => entry(room.id, room.apart ? "◇" : "#", room.name))),
  ];
}

function people(news, refuse) {
  const list = [...state.people.values()].map((person) => {
    const being = person.name === state.me;
    const waiting = !being && news.get(person.name)?.size > 0;
    const about = person.here ? (person.moderator ? w("tag_moderator") : w("tag_member")) : w("tag_outside");
    return h("li", { class: being ? "person being" : "person" },
      h("button", {
        type: "button", class: `entry${being ? " here" : ""}`, "aria-pressed": String(being), "data-key": `be ${person.name}`,
        onclick: () => be(person),
      }, avatar(person.name), h("span", { class: "name" }, h("span", { dir: "auto" }, person.name), h("span", { class: "about" }, being ? w("you_are", { about }) : about)),
      waiting && h("span", { class: "badge dot" }, h("span", { class: "unseen" }, w("something_new")))),
      being && state.staged !== undefined && h("button", { type: "button", class: "tool", "data-key": "person", "aria-label": w("about_person", { name: person.name }), title: w("about_person", { name: person.name }),
        "aria-expanded": String(state.panel === "person"), onclick: () => look({ panel: state.panel === "person" ? "" : "person", thread: "", drawer: false }) }, icon("person")));
  });
  return [
    h("h2", {}, w("people")),
    h("ul", {}, list),
    h("button", { type: "button", class: "quiet add", "data-key": "add person", onclick: () => addPerson(refuse) }, icon("plus"), w("add_person")),
  ];
}

export function be(person) {
  const place = state.place === "direct" || roomsOf(person).some((room) => room.id === state.place) ? state.place : "direct";
  look({ me: person.name, place, thread: "", drawer: false });
}

function addPerson(refuse) {
  const name = h("input", { id: "person-name", type: "text", maxlength: 40, required: true, autocomplete: "off", dir: "auto" });
  const moderator = h("input", { type: "checkbox", id: "person-moderator" });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const before = document.activeElement?.dataset.key;
  const dialog = h("dialog", { class: "sheet form", "aria-labelledby": "person-title" },
    h("form", { novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      const answer = await act({ do: "arrive", name: name.value, moderator: moderator.checked });
      if (answer.refused) {
        wrong.textContent = w(answer.refused, answer.values);
        name.focus();
        return;
      }
      dialog.close();
      look({ me: answer.person, place: "direct" });
    } },
    h("h2", { id: "person-title" }, w("add_person")),
    h("div", { class: "field" }, h("label", { for: "person-name" }, w("person_name")), name),
    h("p", { class: "check" }, moderator, h("label", { for: "person-moderator" }, w("person_moderates"))),
    wrong,
    h("div", { class: "row end" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, w("cancel")), h("button", { type: "submit", class: "strong" }, w("add")))));
  dialog.addEventListener("close", () => {
    dialog.remove();
    document.querySelector(`[data-key="${before}"]`)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  name.focus();
}

function page() {
  const languages = h("select", { id: "language", "data-key": "language", onchange: () => {
    localStorage.setItem("playground language", languages.value);
    speak();
  } }, state.languages.map((each) => h("option", { value: each.tag, lang: each.tag, selected: each.tag === language() }, each.name)));
  const looks = h("select", { id: "looks", "data-key": "looks", onchange: () => dress(looks.value) },
    ["auto", "light", "dark"].map((each) => h("option", { value: each, selected: each === (localStorage.getItem("playground looks") ?? "auto") }, w(`looks_${each}`))));
  return [
    h("label", { for: "language" }, w("page_language")), languages,
    h("label", { for: "looks" }, w("looks")), looks,
  ];
}

export function dress(looks = localStorage.getItem("playground looks") ?? "auto") {
  localStorage.setItem("playground looks", looks);
  document.documentElement.dataset.looks = looks;
}
