/** Every vector that concerns a verifier. Tests/Vectors/README.md tells their form. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import {
  isSignature, LEEWAY, read, readKey, readKeys, readSignedList, RevocationList, strict, thumbprint,
} from "../rule.js";

const folder = new URL("../../../../Tests/Vectors/", import.meta.url);
// JSON.parse is good enough for files of our own, but rounds: what it would round stands in texts.
const load = (path) => JSON.parse(readFileSync(new URL(path, folder), "utf8"));
const parsed = (text) => strict(Buffer.from(text));
const published = load("jws/keys.json").jwks;
const keys = readKeys(parsed(JSON.stringify(published)));
const find = (kid) => keys.get(kid);

/** What an act throws; null when it throws nothing. */
function refusal(act) {
  try {
    act();
    return null;
  } catch (error) {
    // A fault of our own is no refusal, even if the vector expects one.
    assert.equal(error.name, "Refusal", error.stack);
    return error.code;
  }
}

/** Runs `check` on every case of a file, names all that differ, and tells how many ran. */
function vectors(path, check) {
  test(path, () => {
    const file = load(path), wrong = [];
    let ran = 0;
    for (const vector of file.cases) {
      ran += 1;
      try {
        check(vector, file);
      } catch (error) {
        wrong.push(`${vector.name}: ${error.message}`);
      }
    }
    console.log(`${path}: ${ran} vectors, ${wrong.length} differ`);
    assert.deepEqual(wrong, []);
  });
}

vectors("jws/access-tokens.json", ({ input, expected }, { rules }) => {
  assert.equal(rules.skew, LEEWAY);
  const refused = refusal(() => read(input, find, rules.issuer, rules.audience, rules.now));
  assert.equal(refused === null, expected === "ok", refused);
});

vectors("jws/signatures.json", ({ input, jwk, expected }) => {
  const algorithm = jwk.alg ?? { EC: "ES256", OKP: "EdDSA" }[jwk.kty];
  const end = input.lastIndexOf("."), signature = Buffer.from(input.slice(end + 1), "base64url");
  assert.equal(isSignature(readKey(jwk, algorithm), Buffer.from(input.slice(0, end)), signature), expected);
});

vectors("jws/thumbprints.json", ({ jwk, expected }) => assert.equal(thumbprint(jwk), expected));

vectors("jws/key-sets.json", ({ input, expected, may_refuse: mayRefuse }) => {
  let found = null;
  refusal(() => (found = [...readKeys(parsed(input)).keys()].sort()));
  if (found !== null || !mayRefuse) assert.deepEqual(found, expected);
});

/** A list that knows all that a document's delta builds on, so that none is a gap. */
function knownBefore(document) {
  const list = new RevocationList(document.iss);
  list.last = { epoch: document.epoch, seq: document.after, now: document.now, expiresIn: 1, offset: 0 };
  return list;
}

vectors("revocation/documents.json", ({ input, expected }) => {
  const refused = refusal(() => {
    const document = parsed(input);
    knownBefore(document).apply(document, document.now);
  });
  assert.equal(refused === null, expected === "ok", refused);
});

// The denser form is not read here, so that every document that has it must be refused.
vectors("revocation/columns.json", ({ input, expected }) => {
  const document = parsed(input), list = knownBefore(document);
  const refused = refusal(() => list.apply(document, document.now));
  assert.equal(refused === null, expected !== null && !("columns" in document), refused);
  if (refused === null) assert.equal(list.marks.size, expected.length);
});

vectors("revocation/signed.json", ({ input, known, expected }, { rules }) => {
  const list = new RevocationList("https://auth.example.com");
  if (known.length > 0) list.apply(parsed(JSON.stringify({
    iss: list.issuer, epoch: "a", after: 0, seq: 99999, now: rules.now, next_update: 5, expires_in: 60, entries: known,
  })), rules.now);
  const refused = refusal(() => readSignedList(input, find, list, rules.now));
  assert.equal(refused === null, expected === "ok", refused);
});

vectors("revocation/matching.json", ({ token, entries, expected }) => {
  const list = new RevocationList("https://auth.example.com"), now = 1795420800;
  list.apply(parsed(JSON.stringify({
    iss: list.issuer, epoch: "a", after: 0, seq: 99, now, next_update: 5, expires_in: 60, entries,
  })), now);
  assert.equal(list.match(token, token.kid) !== null, expected !== null);
});

/** What the next request says, as the vectors tell it. */
const next = ({ query }) => ("epoch" in query ? { ...query } : null);
const isTaken = (expected) => expected === "snapshot" || expected === "delta";

vectors("revocation/sequences.json", ({ steps, at }, { issuer }) => {
  const list = new RevocationList(issuer);
  for (const step of steps) {
    const refused = refusal(() => list.apply(parsed(JSON.stringify(step.document)), step.received_at));
    assert.equal(refused, isTaken(step.expected) ? null : step.expected);
    assert.deepEqual(next(list), step.next);
  }
  for (const [instant, expected] of at) assert.equal(list.freshness(instant), expected);
});

vectors("revocation/verdicts.json", ({ steps }, { issuer, tokens }) => {
  const list = new RevocationList(issuer);
  for (const step of steps) {
    if ("document" in step || "body" in step) {
      const refused = refusal(() => list.apply(parsed(step.body ?? JSON.stringify(step.document)), step.at));
      assert.equal(refused === null, isTaken(step.expected), refused);
    }
    if (step.prune) list.prune(step.at, 0);
    assert.deepEqual(next(list), step.next);
    assert.equal(list.freshness(step.at), step.freshness);
    for (const [token, verdict] of Object.entries(step.verdicts)) {
      assert.equal(list.match(tokens[token], tokens[token].kid) === null ? "accepted" : "revoked", verdict, token);
    }
  }
});
