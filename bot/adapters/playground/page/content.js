// The content that is played: the host's own, its mistakes, and to begin anew.

import { announce, h, refill } from "./dom.js";
import { act } from "./live.js";
import { state } from "./state.js";
import { language, w } from "./words.js";

export function mistakesOf(refuse) {
  const found = state.content?.mistakes ?? [];
  const read = async () => {
    const answer = await act({ order: "read" });
    refuse(answer);
    if (!answer.refused) announce(answer.mistakes ? w("mistakes", { count: answer.mistakes }) : w("read_well"));
  };
  return [
    found.length > 0 && h("p", { class: "large" }, w("mistakes", { count: found.length })),
    found.length > 0 && h("p", {}, state.content.staged ? w("mistakes_before") : w("mistakes_none")),
    found.length > 0 && h("ol", { class: "mistakes" }, found.map((each) => h("li", {},
      h("p", { class: "where" }, h("code", {}, each.line ? `${each.file}:${each.line}` : each.file)),
      h("p", { dir: "auto" }, each.what), h("p", { class: "mend", dir: "auto" }, each.mend)))),
    h("button", { type: "button", class: found.length ? "strong" : "", "data-key": "read again", onclick: read }, w("read_again")),
  ];
}

export function contentBody(refuse) {
  const body = h("div", { class: "content" });
  const again = async (empty) => {
    refuse(await act({ order: "again", empty, language: language() }));
    announce(w("began_anew"));
  };
  body.draw = () => {
    const content = state.content;
    if (!content) return;
    const own = [...content.folders, content.charter].filter(Boolean);
    refill(body, [content, language()], () => [
      own.length ? [h("p", {}, w("content_own")), h("ul", { class: "paths" }, own.map((path) => h("li", {}, h("code", {}, path))))] : h("p", {}, w("content_shipped")),
      !own.length && h("p", { class: "dim" }, w("content_how"), " ", h("code", {}, "circlekeeper try --content DIR --charter FILE")),
      mistakesOf(refuse),
      content.staged && [
        h("h3", {}, w("begin_anew")),
        h("p", { class: "dim" }, w("begin_anew_hint")),
        h("div", { class: "row" },
          h("button", { type: "button", "data-key": "again open", onclick: () => again(false) }, w("again_open")),
          h("button", { type: "button", "data-key": "again empty", onclick: () => again(true) }, w("again_empty"))),
      ],
    ]);
  };
  return body;
}
