// The socket: what is told comes in once and in order, what is done is sent until it is answered.

import { begin, look, state, take, touch } from "./state.js";

const asked = new Map();
const started = crypto.randomUUID();
let socket = null;
let pause = 250;
let count = 0;
let listeners = {};
let wordsWanted = true;
let reconnected = false;

export function connect(on) {
  listeners = on;
  open();
}

// Speak another language from now on.
export function speak() {
  wordsWanted = true;
  if (socket?.readyState === WebSocket.OPEN) hello("");
}

// Do something, once, however often the connection breaks; the promise is for its answer.
export function act(deed) {
  const id = `${started}-${(count += 1)}`;
  return new Promise((answer) => {
    const text = JSON.stringify({ id, as: state.me, ...deed });
    asked.set(id, { text, answer });
    if (socket?.readyState === WebSocket.OPEN && state.connection === "on") socket.send(text);
    touch("connection");
  });
}

export const waits = () => asked.size;
export const isMine = (deed) => deed.startsWith(`${started}-`);

function open() {
  const address = new URL("live", location.href);
  address.protocol = "ws:";
  socket = new WebSocket(address);
  socket.addEventListener("open", () => {
    pause = 250;
    reconnected = true;
    hello(state.run);
  });
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", lost);
}

function hello(run) {
  const language = localStorage.getItem("playground language") ?? navigator.language;
  socket.send(JSON.stringify({ hello: run, since: state.number, language, words: wordsWanted }));
}

async function lost() {
  look({ connection: "off" });
  // A page of an earlier start cannot come back: the link is another one now.
  try {
    const there = await fetch(location.href, { method: "HEAD" });
    if (there.status === 403) {
      look({ connection: "over" });
      return;
    }
  } catch {
    // nobody is there: try again
  }
  setTimeout(open, pause);
  pause = Math.min(2 * pause, 4000);
}

function hear(told) {
  if (told.words) {
    wordsWanted = false;
    listeners.words(told);
  }
  if (told.hello !== undefined) {
    const fresh = told.fresh;
    if (state.run && told.hello !== state.run) forgetDeeds();
    if (fresh) begin(told);
    Object.assign(state, { name: told.name, roles: told.roles });
    look({ connection: "on" });
    if (reconnected) for (const { text } of asked.values()) socket.send(text);
    reconnected = false;
    if (fresh) listeners.fresh();
  }
  if (told.changes) {
    const first = state.number === 0;
    for (const change of told.changes) heard(change, !first);
    if (first) listeners.known();
  }
  if (told.n) heard(told, true);
  if (told.answer !== undefined) {
    asked.get(told.answer)?.answer(told);
    asked.delete(told.answer);
    touch("connection");
  }
}

function heard(change, news) {
  const message = take(change);
  if (news && message) listeners.message(message);
  if (news && change.line) listeners.line(change.line);
}

// What was to be done in a world that is gone is not done in the next.
function forgetDeeds() {
  for (const [id, { text, answer }] of asked) {
    if (!JSON.parse(text).do) continue;
    asked.delete(id);
    answer({ refused: "refused_anew", values: {} });
  }
}
