/** The fetching half, against a server of the test's own that answers as it is told. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import test from "node:test";
import { Worker } from "node:worker_threads";
import { Policy, Refusal, Unavailable, Verifier } from "../verifier.js";

const folder = new URL("../../../../Tests/Vectors/", import.meta.url);
const load = (path) => JSON.parse(readFileSync(new URL(path, folder), "utf8"));
const tokens = load("jws/access-tokens.json"), { jwks } = load("jws/keys.json");
const { issuer, audience, now } = tokens.rules;
const good = tokens.cases[0].input, claims = JSON.parse(Buffer.from(good.split(".")[1], "base64url"));
const unknown = tokens.cases.find(({ expected }) => expected === "unknown_key").input;

/** A document of the list. */
const list = (change = {}) =>
  ({ iss: issuer, epoch: "a", after: 0, seq: 9, now, next_update: 1, expires_in: 60, entries: [], ...change });
const revoked = list({ seq: 10, entries: [{ seq: 10, kind: "session", id: claims.sid, exp: now + 600 }] });

/** Waits for a condition; the limit only ends a test that hangs. */
async function eventually(condition) {
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("nothing came of it");
}

/** Runs a body with a server and the options of a verifier of it, whose clock the body may move. */
async function withServer(body) {
  const asked = [];
  const server = {
    asked, keys: jwks, list: list(), moved: 0,
    /** What becomes of a request: called with response and path. */
    answer(response, path) {
      response.end(JSON.stringify(path.includes("jwks") ? server.keys : server.list));
    },
  };
  const listener = http.createServer((request, response) => {
    asked.push(request.url);
    server.answer(response, request.url);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const verifiers = [];
  server.url = `http://127.0.0.1:${listener.address().port}`;
  server.logged = [];
  server.start = async (options = {}) => {
    const verifier = await Verifier.start({
      issuer, audience, server: server.url, clock: () => now + server.moved,
      log: (line) => server.logged.push(line), ...options,
    });
    verifiers.push(verifier);
    return verifier;
  };
  try {
    await body(server);
  } finally {
    for (const verifier of verifiers) verifier.close();
    listener.closeAllConnections();
    listener.close();
  }
}

const judge = (verifier, token, policy) => verifier.verify(token, policy).then(() => "ok", (error) => {
  assert.ok(error instanceof Refusal || error instanceof Unavailable, error.stack);
  return error.code;
});
const none = (count) => Array(count).fill(0);

test("a good token is accepted, and its claims inherit nothing", () => withServer(async (server) => {
  const verifier = await server.start();
  const found = await verifier.verify(good);
  assert.equal(found.sub, claims.sub);
  assert.equal(found.constructor, undefined);
  assert.equal(await judge(verifier, good.slice(0, -4) + "AAAA"), "bad_signature");
  for (const junk of ["", "..", "junk", undefined, null, 5, {}, Buffer.from(good), "é.é.é"]) {
    assert.equal(await judge(verifier, junk), "malformed");
  }
  const other = await server.start({ audience: "https://billing.example" });
  await assert.rejects(other.verify(good), (error) =>
    error.code === "wrong_audience" && !error.message.includes(good.slice(0, 20)));
}));

test("waits that bring a gap are not asked for in a circle", () => withServer(async (server) => {
  server.answer = (response, path) => {
    const found = path.includes("wait=") ? list({ after: 90, seq: 90 }) : list();
    response.end(JSON.stringify(path.includes("jwks") ? jwks : found));
  };
  const verifier = await server.start();
  const isPlain = (path) => path.includes("after=") && !path.includes("wait=");
  await eventually(() => server.asked.some(isPlain) || server.asked.length > 50);
  assert.ok(server.asked.some(isPlain), "polls of what is new replace the waits");
  assert.equal(await judge(verifier, good), "ok");
}));

test("an answer may end with its connection", () => withServer(async (server) => {
  server.answer = (response, path) => {
    const body = JSON.stringify(path.includes("jwks") ? jwks : list());
    response.socket.end(`HTTP/1.0 200 OK\r\n\r\n${body}`);
  };
  assert.equal(await judge(await server.start(), good), "ok");
}));

test("a name is tried at each of its addresses", () => withServer(async (server) => {
  const { lookup } = dns, both = [{ address: "::1", family: 6 }, { address: "127.0.0.1", family: 4 }];
  dns.lookup = (host, options, done) => (options.all ? done(null, both) : done(null, both[0].address, 6));
  try {
    await server.start({ server: server.url.replace("127.0.0.1", "auth.test") });
  } finally {
    dns.lookup = lookup;
  }
}));

test("what can never work is told at once, without a request", async () => {
  const message = (options) => Verifier.start({ issuer: "http://127.0.0.1:1", audience, ...options }).then(
    () => "started", (error) => `${error.name}: ${error.message}`);
  for (const consumer of ["my orders", "", "o".repeat(65), "orders\n", "bücher", 5]) {
    assert.match(await message({ consumer }), /^TypeError: consumer must be 1 to 64/);
  }
  for (const address of ["localhost:8080", "localhost", "ftp://localhost", "http:///x", undefined, ""]) {
    assert.match(await message({ issuer: address }), /^TypeError: issuer must be a URL/);
  }
  assert.match(await message({ server: "localhost:8080" }), /^TypeError: server must be a URL: http/);
  assert.match(await message({ server: "http://me:secret@localhost" }), /^TypeError: server must be a URL of host/);
  assert.match(await message({ policy: "ALLOW_ALWAYS" }), /^TypeError: policy/);
  for (const audience of ["", undefined, null, 5, ["https://orders.example"]]) {
    assert.match(await message({ audience }), /^TypeError: audience must be one string that is not empty$/);
  }
  assert.match(await message({ signedlist: true }), /^TypeError: there is no option "signedlist"$/);
  for (const options of [undefined, null, "http://localhost"]) {
    await assert.rejects(Verifier.start(options), new TypeError("options must be an object with issuer and audience"));
  }
  assert.match(await message({ issuer: "https://localhost", ca: "/nowhere.pem" }), /^Error: ENOENT/);
  const here = new URL(import.meta.url).pathname;
  assert.match(await message({ issuer: "https://localhost", ca: here }), /^Error: .* holds no certificate/);
  assert.match(await message({}), /^Unavailable: list_blind: no answer from http:\/\/127.0.0.1:1/);
});

test("a verifier that was not started accepts nothing", async () => {
  const verifier = new Verifier({ issuer: "http://127.0.0.1:1", audience, clock: () => now, log() {} });
  for (const policy of Object.values(Policy)) assert.equal(await judge(verifier, good, policy), "no_keys");
  await assert.rejects(verifier.verify(good, "allow"), TypeError);
  await assert.rejects(verifier.verify(good, null), TypeError);
});

test("a verifier that has keys but no list accepts nothing", () => withServer(async (server) => {
  const verifier = new Verifier({ issuer, audience, server: server.url, clock: () => now });
  for (const policy of Object.values(Policy)) assert.equal(await judge(verifier, good, policy), "list_blind");
  assert.deepEqual(server.asked, ["/.well-known/jwks.json"]);
}));

test("it does not start on another issuer's list, on none, or without keys", () => withServer(async (server) => {
  server.list = list({ iss: "https://evil.example.com" });
  await assert.rejects(server.start(), /list_blind: wrong_issuer: the list's iss is "https:\/\/evil/);
  server.list = { error: "none" };
  await assert.rejects(server.start(), /list_blind: malformed/);
  server.list = list();
  server.keys = { keys: [] };
  await assert.rejects(server.start(), /list_blind: no_keys/);
}));

test("a revocation arrives, and stays when the list turns stale", () => withServer(async (server) => {
  const verifier = await server.start();
  assert.equal(await judge(verifier, good), "ok");
  server.list = revoked;
  await eventually(async () => (await judge(verifier, good)) === "revoked");
  await assert.rejects(verifier.verify(good), { detail: "by entry 10 of kind session" });
  server.answer = (response) => response.writeHead(500).end("{}");
  server.moved = 61;
  assert.equal(await judge(verifier, good), "revoked");
  assert.equal(await judge(verifier, good, Policy.ALLOW_WHEN_STALE), "revoked");
}));

test("the status tells how old the list is and what is held", () => withServer(async (server) => {
  const options = { issuer, audience, server: server.url, clock: () => now };
  assert.deepEqual(new Verifier(options).status, { freshness: "blind", sequence: 0, entries: 0, keys: 0 });
  server.list = revoked;
  const verifier = await server.start(), { status } = verifier;
  assert.ok(status.keys > 1);
  assert.deepEqual(status, { freshness: "fresh", sequence: 10, entries: 1, keys: status.keys });
  server.answer = (response) => response.writeHead(500).end();
  server.moved = 61;
  assert.equal(verifier.status.freshness, "stale");
}));

test("a stale list is nobody's fault, and a policy is for one call", () => withServer(async (server) => {
  const verifier = await server.start();
  server.answer = (response) => response.writeHead(503, { "Retry-After": "1" }).end();
  server.moved = 61;
  await assert.rejects(verifier.verify(good), (error) =>
    error instanceof Unavailable && error.code === "list_stale" && error.retryAfter === 5);
  assert.equal(await judge(verifier, good, Policy.ALLOW_WHEN_STALE), "ok");
  assert.equal(await judge(verifier, good), "list_stale");
  assert.equal(await judge(verifier, "junk"), "malformed");
  await eventually(() => server.logged.some((line) => line.includes("answered with status 503")));
}));

test("key names that are made up cost one fetch", () => withServer(async (server) => {
  const verifier = await server.start();
  const fetches = () => server.asked.filter((path) => path.includes("jwks")).length;
  const before = fetches(), began = performance.now();
  const verdicts = await Promise.all(none(200).map(() => judge(verifier, unknown)));
  for (const _ of none(5)) verdicts.push(await judge(verifier, unknown));
  assert.deepEqual(new Set(verdicts), new Set(["unknown_key"]));
  assert.ok(fetches() - before <= Math.floor((performance.now() - began) / 30_000) + 1);
}));

test("a key entry brings the new keys; without any, nobody is to blame", () => withServer(async (server) => {
  const verifier = await server.start();
  server.keys = { keys: [] };
  server.list = list({ seq: 10, entries: [{ seq: 10, kind: "key", id: jwks.keys[1].kid, exp: now + 600 }] });
  await eventually(async () => (await judge(verifier, good)) === "no_keys");
}));

test("a key entry that comes within an older fetch of keys is followed by another", () => withServer(async (server) => {
  const verifier = await server.start(), { answer } = server;
  let held;
  server.answer = (response, path) => {
    if (held === undefined && path.includes("jwks")) held = response;
    else answer(response, path);
  };
  const { now: real } = performance;
  const setClock = (value) => Object.defineProperty(performance, "now", { value, configurable: true, writable: true });
  setClock(() => real.call(performance) + 60_000); // Keys may be fetched again.
  try {
    const waiting = judge(verifier, unknown);
    await eventually(() => held !== undefined);
    const { kid } = JSON.parse(Buffer.from(good.split(".")[0], "base64url"));
    server.keys = { keys: [] };
    server.list = list({ seq: 10, entries: [{ seq: 10, kind: "key", id: kid, exp: now + 600 }] });
    await eventually(async () => (await judge(verifier, good)) === "revoked");
    server.list = list({ after: 10, seq: 10 }); // The entry comes once.
    held.end(JSON.stringify(jwks));
    await waiting;
    await eventually(async () => (await judge(verifier, good)) === "no_keys");
  } finally {
    setClock(real);
  }
}));

for (const [fault, answer] of Object.entries({
  "a redirect": (response, { url }) =>
    response.writeHead(302, { Location: url + "/elsewhere" }).end(JSON.stringify(revoked)),
  "203": (response) => response.writeHead(203).end(JSON.stringify(revoked)),
  "404": (response) => response.writeHead(404).end(JSON.stringify(revoked)),
  "304": (response) => response.writeHead(304).end(),
  "HTML": (response) => response.end("<!DOCTYPE html>"),
  "a name twice": (response) => response.end(JSON.stringify(revoked).replace("{", '{"seq":10,')),
  "a body that is cut off": (response) => {
    response.writeHead(200, { "Content-Length": "9999" }).write(JSON.stringify(revoked));
    setTimeout(() => response.destroy(), 50);
  },
  "a body that is too long": (response) => {
    const more = () => { while (!response.destroyed && response.write(Buffer.alloc(1_000_000, " "))); };
    response.on("drain", more);
    more();
  },
  "no HTTP": (response) => response.socket.end("hello\r\n\r\n"),
})) {
  test(`${fault} instead of a list changes nothing`, () => withServer(async (server) => {
    const verifier = await server.start();
    server.answer = (response) => answer(response, server);
    await eventually(() => server.logged.length > 0);
    assert.equal(await judge(verifier, good), "ok");
    assert.ok(!server.asked.includes("/elsewhere"));
    server.moved = 61;
    assert.equal(await judge(verifier, good), "list_stale");
  }));
}

test("an answer that drips is given up", () => withServer(async (server) => {
  const verifier = await server.start();
  server.answer = (response) => {
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  };
  await assert.rejects(verifier.get("/revocations", 0.5), /no answer from .* within 0.5 s/);
}));

test("an answer in tiny chunks takes no more memory than its bytes", () => withServer(async (server) => {
  const count = 400_000, chunk = "1\r\n \r\n";
  server.answer = ({ socket }) =>
    socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk.repeat(count) + "0\r\n\r\n");
  const program = `
    import(${JSON.stringify(new URL("../verifier.js", import.meta.url).href)}).then(async ({ Verifier }) => {
      const verifier = new Verifier({ issuer: ${JSON.stringify(server.url)}, audience: "a" });
      const body = await verifier.get("/", 60, { most: ${count} });
      require("node:worker_threads").parentPort.postMessage(body.toString().trim() === "" && body.length);
    });`;
  const worker = new Worker(program, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 24 } });
  const [length] = await once(worker, "message"); // Rejects when the memory is exhausted.
  assert.equal(length, count);
  const verifier = new Verifier({ issuer: server.url, audience });
  await assert.rejects(verifier.get("/", 60, { most: count - 1 }), /too_large: more than 399999 bytes/);
}));

test("a signed list is believed for its signature alone", () => withServer(async (server) => {
  const { cases } = load("revocation/signed.json");
  const named = (name) => cases.find((vector) => vector.name === name).input;
  let signed = named("empty list");
  server.answer = (response, path) => {
    if (path.startsWith("/revocations.jwt?")) response.end(signed);
    else response.end(JSON.stringify(path.includes("jwks") ? jwks : list()));
  };
  const verifier = await server.start({ signedList: true });
  assert.equal(await judge(verifier, good), "ok");
  signed = named("good ES256");
  await eventually(async () => (await judge(verifier, good)) === "revoked");
  for (const name of ["entries taken out", "typ at+jwt", "kid unknown", "plain JSON", "expired", "alg none"]) {
    signed = named(name);
    await assert.rejects(server.start({ signedList: true }), /list_blind/, name);
  }
}));

test("close ends the polling, even within a poll", () => withServer(async (server) => {
  const verifier = await server.start();
  let held;
  server.answer = (response) => (held = response); // Never.
  await eventually(() => held !== undefined);
  const request = verifier.get("/revocations", 600);
  verifier.close();
  await assert.rejects(request, /the verifier was closed/);
  await once(held, "close");
  await assert.rejects(verifier.get("/revocations", 5), /closed/);
  assert.equal(await judge(verifier, good), "ok");
  server.moved = 61;
  assert.equal(await judge(verifier, good), "list_stale");
  assert.deepEqual(server.logged, []);
}));

for (const [addresses, host] of [["one address", "127.0.0.1"], ["two addresses", "auth.test"]]) {
  test(`a program that has nothing else to do ends without close: ${addresses}`, () => withServer(async (server) => {
    const { answer } = server, url = server.url.replace("127.0.0.1", host);
    let child, isHeld = false, output = "";
    server.answer = (response, path) => {
      if (!path.includes("wait=")) return answer(response, path);
      isHeld = true;
      child.stdin.end();
    };
    const program = `
      import dns from "node:dns";
      const both = [{ address: "::1", family: 6 }, { address: "127.0.0.1", family: 4 }];
      if (${host === "auth.test"}) dns.lookup = (host, options, done) => done(null, both);
      const { Verifier } = await import(${JSON.stringify(new URL("../verifier.js", import.meta.url).href)});
      const [, issuer, audience, server, now, token] = process.argv;
      const verifier = await Verifier.start({ issuer, audience, server, clock: () => Number(now) });
      for await (const _ of process.stdin); // Until a poll is held.
      console.log((await verifier.verify(token)).sub);`;
    child = spawn(process.execPath,
      ["--input-type=module", "--eval", program, issuer, audience, url, String(now), good],
      { stdio: ["pipe", "pipe", "inherit"] });
    child.stdout.on("data", (chunk) => (output += chunk));
    // A poll is held for 30 s: whatever waits for its end is stopped.
    const timer = setTimeout(() => child.kill(), 20_000);
    const [status] = await once(child, "exit");
    clearTimeout(timer);
    assert.deepEqual([isHeld, status, output], [true, 0, claims.sub + "\n"]);
  }));
}
