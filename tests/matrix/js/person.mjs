// A person whose client is matrix-js-sdk with Rust crypto. STRICT=1: it neither shares keys with
// devices that their owner has not signed, nor reads what those say (MSC4153).
// Orders come as lines of JSON, {id, order, …}; each is answered with {id, …}. What is seen in
// rooms is told as {event: …}, once it is decrypted or known to be undecryptable.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(process.env.MODULES);
const load = (name) => import(pathToFileURL(resolve(name)));
const sdk = await load("matrix-js-sdk");
const attachments = await load("matrix-encrypt-attachment");
const { logger } = await load("matrix-js-sdk/lib/logger.js");
const { OnlySignedDevicesIsolationMode } = await load("matrix-js-sdk/lib/crypto-api/index.js");
logger.disableAll?.();
logger.setLevel?.("silent");
for (const name of ["log", "info", "debug", "warn", "trace"]) console[name] = () => {};

const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const { HOMESERVER, USER_ID, TOKEN, DEVICE_ID, PASSWORD, STRICT } = process.env;
const client = sdk.createClient({
  baseUrl: HOMESERVER, userId: USER_ID, accessToken: TOKEN, deviceId: DEVICE_ID,
});
await client.initRustCrypto({ useIndexedDB: false });
const crypto = client.getCrypto();
if (STRICT) crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
await crypto.bootstrapCrossSigning({
  setupNewCrossSigning: true,
  authUploadDeviceSigningKeys: (send) => send({
    type: "m.login.password",
    identifier: { type: "m.id.user", user: USER_ID },
    password: PASSWORD,
  }),
});

const told = new Set();
const show = async (event) => {
  if (!event.getId() || event.status || told.has(event.getId())) return;
  if (event.isBeingDecrypted() || (event.isEncrypted() && !event.getClearContent()
      && !event.isDecryptionFailure())) return;
  const wire = event.getWireType();
  const shield = event.isEncrypted() && !event.isDecryptionFailure()
    ? await crypto.getEncryptionInfoForEvent(event) : null;
  if (told.has(event.getId())) return;
  // What failed may be read later, and is then told again.
  if (!event.isDecryptionFailure()) told.add(event.getId());
  tell({
    event: {
      event_id: event.getId(), type: event.getType(), room_id: event.getRoomId(),
      sender: event.getSender(),
      content: { ...event.getContent(), ...(event.getWireContent()["m.relates_to"]
        ? { "m.relates_to": event.getWireContent()["m.relates_to"] } : {}) },
    },
    wire, failed: event.decryptionFailureReason ?? null, shield: shield?.shieldColour ?? null,
    why: shield?.shieldReason ?? null,
  });
};
client.on("Room.timeline", (event) => { show(event).catch((e) => tell({ error: String(e) })); });
client.on("Event.decrypted", (event) => { show(event).catch((e) => tell({ error: String(e) })); });
client.on("RoomMember.membership", (event, member) => {
  if (member.userId === USER_ID && member.membership === "invite") {
    tell({ invited: member.roomId, by: event.getSender(),
      direct: event.getContent().is_direct === true });
  }
});

const orders = {
  async create({ body }) { return { room: (await client.createRoom(body)).room_id }; },
  async join({ room }) { await client.joinRoom(room); return {}; },
  async leave({ room }) { await client.leave(room); return {}; },
  async send({ room, type, content }) {
    const sent = await client.sendEvent(room, type, content);
    return { event_id: sent.event_id };
  },
  async state({ room, type, content }) {
    return await client.sendStateEvent(room, type, content, "");
  },
  // A client knows of a room before it has all of it.
  async knows({ room, user, encrypted }) {
    for (let i = 0; i < 400; i += 1) {
      const there = client.getRoom(room);
      const member = there?.getMember(user);
      const ready = !encrypted || (await crypto.isEncryptionEnabledInRoom(room));
      if (there?.getMyMembership() === "join" && ready
          && (!user || ["join", "invite"].includes(member?.membership))) return {};
      await new Promise((go) => setTimeout(go, 50));
    }
    const there = client.getRoom(room);
    throw new Error(`room not seen: ${there?.getMyMembership()} ${
      await crypto.isEncryptionEnabledInRoom(room)} ${user}`);
  },
  async trusts({ user }) {
    const devices = (await crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
    const found = {};
    for (const id of devices.keys()) {
      found[id] = (await crypto.getDeviceVerificationStatus(user, id))?.signedByOwner ?? false;
    }
    return { devices: found };
  },
  // A file in an encrypted room, by the code that Element uses.
  async open({ file }) {
    const url = client.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true);
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${TOKEN}` } });
    if (!answer.ok) throw new Error(`not there: ${answer.status}`);
    const held = await attachments.decryptAttachment(await answer.arrayBuffer(), file);
    return { held: Buffer.from(held).toString("base64") };
  },
  async seal({ held }) {
    const { data, info } = await attachments.encryptAttachment(Buffer.from(held, "base64").buffer);
    const { content_uri: url } = await client.uploadContent(Buffer.from(data), {
      type: "application/octet-stream", includeFilename: false,
    });
    return { file: { ...info, url } };
  },
  async rotate({ room }) { await crypto.forceDiscardSession(room); return {}; },
};
createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, order, ...rest } = JSON.parse(line);
  try {
    tell({ id, ...(await orders[order](rest)) });
  } catch (error) {
    tell({ id, error: String(error) });
  }
}).on("close", () => process.exit(0));

client.once("sync", () => tell({ ready: true }));
await client.startClient({ initialSyncLimit: 50, lazyLoadMembers: false });
