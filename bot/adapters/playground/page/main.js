// The page: parts that draw themselves when something has changed.

import { announceMessage, conversation, threadPanel } from "./conversation.js";
import { mistakesOf } from "./content.js";
import { announce, fill, h, refill } from "./dom.js";
import { openForm } from "./form.js";
import { connect, isMine } from "./live.js";
import { sidePanel } from "./panel.js";
import { dress, sidebar } from "./sidebar.js";
import { listen, look, me, placeOf, roomsOf, see, state, touch } from "./state.js";
import { language, learn, w, what } from "./words.js";

const app = document.getElementById("app");
let parts = null;
let opener = "";

dress();
connect({
  words(told) {
    learn(told.words);
    state.languages = told.languages;
    touch("all");
  },
  fresh() {
    if (!parts) build();
  },
  known() {
    if (!state.people.has(state.me)) state.me = [...state.people.keys()][0] ?? "";
    state.unread.clear();
    touch("all");
  },
  message(message) {
    const place = placeOf(message);
    const looked = place === state.place && (!message.thread || message.thread === state.thread);
    if (looked && message.author !== state.me) announceMessage(message);
    if (message.opens && isMine(message.opens) && place !== null) openForm(message, refuse);
  },
  line(line) {
    announce(what(line.kind, line.person));
  },
});

function refuse(answer) {
  if (!answer?.refused) return;
  const text = w(answer.refused, answer.values);
  fill(parts.refusal, h("p", {}, text), h("button", { type: "button", class: "quiet", onclick: () => fill(parts.refusal) }, w("close")));
}

function close() {
  look({ panel: "", thread: "" });
  const back = document.querySelector(`[data-key="${CSS.escape(opener)}"]`) ?? document.querySelector("main textarea");
  back?.focus();
}

function closeDrawer() {
  look({ drawer: false });
  document.querySelector("[data-key=menu]")?.focus();
}

function openDrawer() {
  look({ drawer: true });
  queueMicrotask(() => document.querySelector(".sidebar .close-drawer")?.focus());
}

function build() {
  parts = {
    skip: h("a", { class: "skip", href: "#conversation", onclick: (event) => { event.preventDefault(); document.querySelector("main textarea, main button")?.focus(); } }),
    side: sidebar(refuse, closeDrawer),
    main: conversation(refuse, openDrawer),
    thread: threadPanel(refuse, close),
    panel: sidePanel(refuse, close),
    refusal: h("div", { class: "refusal", role: "alert" }),
    wrong: h("main", { class: "conversation mistaken" }),
  };
  const shade = h("div", { class: "shade", onclick: closeDrawer });
  app.replaceChildren(parts.skip, parts.side, shade, parts.main, parts.wrong, parts.thread, parts.panel, parts.refusal);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    if (state.drawer) closeDrawer();
    else if (state.thread || state.panel) close();
  });
  app.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key && /^(tool|thread|person)/.test(key)) opener = key;
  }, true);
  listen(draw);
}

let panelShown = "";

function draw(kinds) {
  if (!parts || !state.languages.length) return;
  const person = me();
  if (person && state.place !== "direct" && !roomsOf(person).some((room) => room.id === state.place)) state.place = "direct";
  if (state.thread && !state.messages.has(state.thread)) state.thread = "";
  see();
  const mistaken = Boolean(state.content) && !state.content.staged;
  document.title = state.name ? `${state.name} – Circlekeeper` : "Circlekeeper";
  parts.skip.textContent = w("skip");
  app.classList.toggle("drawer", state.drawer);
  app.classList.toggle("beside", Boolean(state.thread || state.panel) && !mistaken);
  parts.side.hidden = mistaken;
  parts.main.hidden = mistaken;
  parts.wrong.hidden = !mistaken;
  parts.thread.hidden = !state.thread || mistaken;
  parts.panel.hidden = Boolean(state.thread) || !state.panel || mistaken;
  if (mistaken) refill(parts.wrong, [state.content, language()], () => h("div", { class: "inner" }, h("h1", {}, w("mistakes_title")), mistakesOf(refuse)));
  parts.side.draw();
  parts.main.draw();
  if (!parts.thread.hidden) parts.thread.draw();
  if (!parts.panel.hidden) parts.panel.draw(kinds);
  const shown = state.thread ? `thread ${state.thread}` : state.panel;
  if (shown !== panelShown) {
    panelShown = shown;
    if (kinds.has("panel") || kinds.has("thread")) (state.thread ? parts.thread : parts.panel).querySelector("h2")?.focus();
  }
}
