/** What the rule keeps and how much it reads, beside the vectors. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Worker } from "node:worker_threads";
import { BadJSON, parse } from "../json.js";
import { readKeys, RevocationList, strict } from "../rule.js";

const issuer = "https://auth.example.com", now = 1795420800;
const client = "orders", claims = { jti: "t", sub: client, client_id: client };

/** A list that has taken in a document with these entries. */
function listOf(entries, list = new RevocationList(issuer), epoch = "a") {
  const document = { iss: issuer, epoch, after: 0, seq: 99_999, now, next_update: 5, expires_in: 60, entries };
  list.apply(strict(Buffer.from(JSON.stringify(document))), now);
  return list;
}

test("entries of one subject become one mark, the largest of each", () => {
  const entry = (seq, before, exp) => ({ seq, kind: "client", id: client, iat_before: before, exp });
  const list = listOf([entry(3, 100, now + 10), entry(5, 300, now + 20), entry(8, 200, now + 30)]);
  assert.deepEqual([...list.marks], [[`client:${client}`, { before: 300, exp: now + 30, seq: 5 }]]);
  assert.deepEqual(list.match({ ...claims, iat: 300 }, "k"), { kind: "client", seq: 5 });
  assert.equal(list.match({ ...claims, iat: 301 }, "k"), null);
  // Another epoch counts from the beginning: the newest number is the one that is found in the list.
  listOf([entry(2, 300, now + 20)], list, "b");
  assert.deepEqual(list.match({ ...claims, iat: 300 }, "k"), { kind: "client", seq: 2 });
  list.last.now = now + 1000;
  list.prune(now + 149);
  assert.equal(list.marks.size, 1);
  list.prune(now + 150, 0);
  assert.equal(list.marks.size, 0);
});

test("a text has at most so many values, and so many objects and arrays", () => {
  const read = (text, ...limits) => parse(Buffer.from(text), 8, 100, ...limits);
  const text = '{"a":[1,"b",{}],"c":null}'; // Six values, three of them objects and arrays.
  assert.deepEqual(read(text, 6, 3).a.slice(0, 2), [1, "b"]);
  assert.throws(() => read(text, 5, 3), new BadJSON("too many values"));
  assert.throws(() => read(text, 6, 2), new BadJSON("too many objects and arrays"));
});

test("a text of escapes takes no more memory than its characters", async () => {
  const program = `
    import(${JSON.stringify(new URL("../json.js", import.meta.url).href)}).then(({ parse }) => {
      const text = parse(Buffer.from('"' + "\\\\n".repeat(1_000_000) + 'é"'), 8, 3_000_000);
      require("node:worker_threads").parentPort.postMessage(text === "\\n".repeat(1_000_000) + "é");
    });`;
  const worker = new Worker(program, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 24 } });
  assert.deepEqual(await once(worker, "message"), [true]); // Rejects when the memory is exhausted.
});

test("key_ops may be of any length, and holds strings alone", () => {
  const published = new URL("../../../../Tests/Vectors/jws/keys.json", import.meta.url);
  const [key] = JSON.parse(readFileSync(published, "utf8")).jwks.keys;
  const count = (key_ops) => readKeys(strict(Buffer.from(JSON.stringify({ keys: [{ ...key, key_ops }] })))).size;
  assert.equal(count(Array(257).fill("verify")), 1);
  assert.equal(count(["verify", 5]), 0);
  assert.equal(count(["sign"]), 0);
});
