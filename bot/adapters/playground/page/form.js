// A question's form, over the page; what was written in it is kept until it is sent.

import { grow, h } from "./dom.js";
import { act } from "./live.js";
import { state } from "./state.js";
import { w } from "./words.js";

const drafts = new Map();
const SHORT = 100;

export async function openForm(message, refuse) {
  if (document.querySelector("dialog[open]")) return;
  const answer = await act({ do: "form", message: message.id });
  refuse(answer);
  if (!answer.fields) return;
  const before = document.activeElement;
  const kept = drafts.get(message.question) ?? {};
  const fields = answer.fields.map((field) => fieldOf(field, kept));
  const wrong = h("p", { class: "wrong", role: "alert" });
  const close = () => dialog.close();
  const form = h("form", { method: "dialog", novalidate: true, onsubmit: submit },
    h("h2", { id: "form-title", class: "unseen" }, w("form_title")),
    h("div", { class: "text", dir: "auto", id: "form-text" }, grow(message.body)),
    fields.map((field) => field.element), wrong,
    h("div", { class: "row end" },
      h("button", { type: "button", class: "quiet", onclick: close }, w("cancel")),
      h("button", { type: "submit", class: "strong" }, w("send"))));
  const dialog = h("dialog", { class: "sheet form", "aria-labelledby": "form-title", "aria-describedby": "form-text" }, form);

  async function submit(event) {
    event.preventDefault();
    const missing = fields.find((field) => field.required && !field.input.value.trim());
    for (const field of fields) field.input.setAttribute("aria-invalid", String(field === missing));
    if (missing) {
      wrong.textContent = w("field_missing", { field: missing.label });
      missing.input.focus();
      return;
    }
    const values = Object.fromEntries(fields.map((field) => [field.id, field.input.value]));
    drafts.delete(message.question);
    close();
    refuse(await act({ do: "submit", message: message.id, values }));
  }

  dialog.addEventListener("input", () => {
    drafts.set(message.question, Object.fromEntries(fields.map((field) => [field.id, field.input.value])));
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
    else document.querySelector("textarea")?.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  fields[0].input.focus();
}

function fieldOf(field, kept) {
  const id = `field-${field.id}`;
  const props = { id, "data-field": field.id, maxlength: field.kind === "file" ? null : field.limit, required: field.required, dir: "auto", value: kept[field.id] ?? "", autocomplete: "off" };
  if (field.kind === "room") return pickedRoom(field, id, kept);
  const input = field.limit <= SHORT && field.kind !== "file" ? h("input", { type: "text", ...props }) : h("textarea", { rows: 4, ...props });
  const left = h("span", { class: "left", id: `${id}-left` });
  const count = () => { left.textContent = w("left", { count: field.limit - input.value.length }); };
  input.addEventListener("input", count);
  input.setAttribute("aria-describedby", left.id);
  count();
  const label = h("label", { for: id, dir: "auto" }, field.label, !field.required && h("span", { class: "dim" }, ` ${w("optional")}`));
  return { ...field, input, element: h("div", { class: "field" }, label, field.kind === "file" && given(input), input, left) };
}

// One of the rooms, picked among all of them.
function pickedRoom(field, id, kept) {
  const input = h("select", { id, "data-field": field.id, required: field.required },
    h("option", { value: "" }, "–"), [...state.rooms.values()].map((room) => h("option", { value: room.id, selected: room.id === kept[field.id] }, room.name)));
  return { ...field, input, element: h("div", { class: "field" }, h("label", { for: id, dir: "auto" }, field.label), input) };
}

// A file, whose text goes into the field.
function given(input) {
  const file = h("input", { type: "file", "aria-label": w("give_file"), accept: ".txt,.md,.yaml,.yml,.json,text/*" });
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    input.value = await file.files[0].text();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return file;
}
