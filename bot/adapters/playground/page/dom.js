// Elements, made without any HTML: what people wrote can only ever become text.

export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((each) => each !== undefined && each !== null && each !== false));
  return made;
}

const TAGS = new Set([
  "p", "strong", "em", "code", "pre", "br", "hr", "ul", "ol", "li", "blockquote", "a", "h1", "h2", "h3", "h4", "h5",
  "h6",
]);

// A node is a text, or [tag, attribute, nodes]; headings stay below the page's own.
export function grow(nodes) {
  return nodes.map((node) => {
    if (typeof node === "string") return node;
    const [tag, attribute, within] = node;
    if (!TAGS.has(tag)) return h("span", {}, grow(within));
    if (tag === "a") return link(attribute, within);
    if (/^h\d$/.test(tag)) return h("p", { class: "heading" }, grow(within));
    return h(tag, tag === "ol" && attribute ? { start: attribute } : {}, grow(within));
  });
}

function link(address, within) {
  let safe = false;
  try {
    safe = ["http:", "https:", "mailto:"].includes(new URL(address).protocol);
  } catch {
    // an address that is none stays a text
  }
  if (!safe) return h("span", {}, grow(within));
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, grow(within));
}

// Replace an element's children, and let the focus stay on what it was on.
export function fill(parent, ...children) {
  const active = document.activeElement;
  const key = parent.contains(active) ? active.closest("[data-key]")?.dataset.key : undefined;
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (key !== undefined) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

// Fill a part anew only if what it shows has changed: a button that is replaced while it is pressed
// is never clicked.
export function refill(parent, signature, build) {
  const now = JSON.stringify(signature);
  if (parent.drawn === now) return;
  parent.drawn = now;
  fill(parent, build());
}

const SHAPES = {
  clock: "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v10H5Z",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  thread: "M4 5h16v11H10l-5 4v-4H4Z",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14.5c1.8 2.4 5.2 2.4 7 0M9 9.5v.01M15 9.5v.01",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3ZM12 15v6",
  send: "M4 12 20 4l-5 16-3-7Z",
  book: "M5 4h10a4 4 0 0 1 4 4v12H9a4 4 0 0 1-4-4ZM9 9h6M9 13h6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c1-4 4-5.5 7.5-5.5s6.500 1.500 7.500 5.500",
  plus: "M12 5v14M5 12h14",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

// Said aloud by screen readers, and shown nowhere.
export function announce(text) {
  const region = document.getElementById("said");
  const line = h("p", {}, text.length > 700 ? `${text.slice(0, 700)} …` : text);
  region.append(line);
  setTimeout(() => line.remove(), 8000);
}
