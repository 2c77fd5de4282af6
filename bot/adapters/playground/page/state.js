// What the page knows: the world as it was told of it, and what is looked at now.

export const state = {
  run: "", number: 0, name: "", roles: [], commands: [], staged: false,
  rooms: new Map(), people: new Map(), messages: new Map(), lines: new Map(),
  clock: null, content: null, languages: [],
  connection: "connecting",
  me: remembered("me") ?? "Ana",
  place: remembered("place") ?? "direct",
  thread: "", panel: remembered("panel") ?? "", drawer: false,
  unread: new Map(), threads: new Map(),
};

const listeners = new Set();
let waiting = new Set();

export function listen(what) {
  listeners.add(what);
}

// Draw once for many changes, when the browser paints; what nobody looks at is not painted.
export function touch(...kinds) {
  if (!waiting.size) {
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  }
  for (const kind of kinds) waiting.add(kind);
}

function draw() {
  const kinds = waiting;
  waiting = new Set();
  for (const listener of listeners) listener(kinds);
}

export function look(changes) {
  Object.assign(state, changes);
  for (const name of ["me", "place", "panel"]) remember(name, state[name]);
  touch(...Object.keys(changes));
}

function remembered(name) {
  return sessionStorage.getItem(`playground ${name}`) ?? undefined;
}

function remember(name, value) {
  sessionStorage.setItem(`playground ${name}`, value);
}

export function begin(hello) {
  for (const each of ["rooms", "people", "messages", "lines", "unread", "threads"]) state[each].clear();
  Object.assign(state, { number: 0, clock: null, content: null, thread: "", run: hello.hello });
  state.commands = hello.commands ?? [];
  state.staged = Boolean(hello.staged);
  touch("all");
}

// Take a change in; one that is known already changes nothing.
export function take(change) {
  if (change.n <= state.number) return null;
  state.number = change.n;
  if (change.room) state.rooms.set(change.room.id, change.room);
  if (change.person) state.people.set(change.person.name, change.person);
  if (change.clock) state.clock = change.clock;
  if (change.content) state.content = change.content;
  if (change.line) state.lines.set(change.line.number, change.line);
  if (change.gone) leave(change.gone);
  const fresh = change.message && !state.messages.has(change.message.id);
  if (change.message) state.messages.set(change.message.id, change.message);
  if (fresh) arrive(change.message);
  touch(...Object.keys(change));
  return fresh ? change.message : null;
}

export const zone = () => state.clock?.zone ?? "UTC";
export const me = () => state.people.get(state.me);
const order = (message) => Number(message.id.slice(1));

// Where somebody reads a message: a room's id, or "direct"; null where they do not.
export function placeOf(message, person = me()) {
  if (!person || (message.person && message.person !== person.name)) return null;
  if (!message.room) return "direct";
  if (!person.here || (state.rooms.get(message.room)?.apart && !person.moderator)) return null;
  return message.room;
}

export function roomsOf(person) {
  if (!person?.here) return [];
  return [...state.rooms.values()].filter((room) => !room.apart || person.moderator);
}

export function messagesIn(place) {
  const found = [...state.messages.values()].filter((each) => !each.thread && placeOf(each) === place);
  return found.sort((a, b) => order(a) - order(b));
}

export function messagesOf(thread) {
  const found = [...(state.threads.get(thread) ?? [])].map((id) => state.messages.get(id)).filter((each) => placeOf(each) !== null);
  return found.sort((a, b) => order(a) - order(b));
}

// What is counted is counted as it comes: there may be thousands of messages.
function arrive(message) {
  if (message.thread) {
    if (!state.threads.has(message.thread)) state.threads.set(message.thread, new Set());
    state.threads.get(message.thread).add(message.id);
  }
  for (const person of message.person ? [state.people.get(message.person)] : state.people.values()) {
    if (!person || message.author === person.name) continue;
    const place = placeOf(message, person);
    if (place === null) continue;
    if (!state.unread.has(person.name)) state.unread.set(person.name, new Map());
    const places = state.unread.get(person.name);
    places.set(place, (places.get(place) ?? 0) + 1);
  }
}

function leave(id) {
  const thread = state.messages.get(id)?.thread;
  state.threads.get(thread)?.delete(id);
  state.messages.delete(id);
}

// What somebody looks at is new no longer.
export function see() {
  state.unread.get(state.me)?.delete(state.place);
}

export function plain(message) {
  if (message.author) return message.body;
  const text = (nodes) => nodes.map((node) => (typeof node === "string" ? node : node[0] === "br" ? " " : `${text(node[2])} `)).join("");
  return text(message.body).trim();
}
