/**
 * The rule by which a service accepts access tokens and believes revocation lists. No I/O; `now` is the own clock in
 * seconds.
 *
 * TheRule.md of LatchkeyVerifier says why, and Tests/Vectors holds all but `Pace` to it. What is refused throws.
 */
import { Buffer } from "node:buffer";
import { constants, createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { isObject, parse, plain } from "./json.js";

/** Seconds: by which clocks may differ, and for which a token still passes after its exp. */
export const SKEW = 120, LEEWAY = 60;

const ALGORITHMS = new Map([
  ["ES256", "ES256"], ["EdDSA", "EdDSA"], ["Ed25519", "EdDSA"], ["PS256", "PS256"], ["RS256", "RS256"],
]);
const KINDS = new Map([
  ["ES256", ["EC", "P-256"]], ["EdDSA", ["OKP", "Ed25519"]], ["PS256", ["RSA"]], ["RS256", ["RSA"]],
]);
const SECRETS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/**
 * A check of one value: whether it has the form.
 * @typedef {(value: any) => boolean} Form
 */

/** @type {(pattern: RegExp, most?: number) => Form} */
const text = (pattern, most = 2048) => (value) =>
  typeof value === "string" && value !== "" && Buffer.byteLength(value) <= most && pattern.test(value);
/** Whole numbers beyond 2^53 are bigints, which compare with numbers. @type {(least: any, most: any) => Form} */
const whole = (least, most) => (value) =>
  (typeof value === "number" || typeof value === "bigint") && value >= least && value <= most;
/** @type {Form} */
const anyStrings = (value) => Array.isArray(value) && value.every((element) => typeof element === "string");
/** @type {Form} */
const strings = (value) => anyStrings(value) && value.length <= 256;

const TEXT = text(/^/), COUNT = whole(0, 2n ** 63n - 1n), TIME = whole(0, 253402300799), SECONDS = whole(1, 86400);
const UUID = text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const NAME = text(/^[A-Za-z0-9_-]{1,128}$/), EPOCH = text(/^[A-Za-z0-9._-]{1,64}$/);
const KEY = text(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);
const CLIENT = text(/^(?![0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$|[.]+$)[A-Za-z0-9._-]{1,64}$/);
const WORDS = text(/^[!#-[\]-~]+( [!#-[\]-~]+)*$/, 1024);
/** @type {Form} */
const SCOPE = (value) => WORDS(value) && new Set(value.split(" ")).size <= 64;
/** @type {Form} */
const AUDIENCE = (value) => TEXT(value) || (strings(value) && value.length > 0 && !value.includes(""));
/** @type {Form} */
const STATUS = (value) => isObject(value) && (!("status_list" in value) || (isObject(value.status_list) &&
  COUNT(value.status_list.idx) && TEXT(value.status_list.uri)));

const CLAIMS = { iss: TEXT, sub: TEXT, aud: AUDIENCE, exp: TIME, iat: TIME, jti: NAME, client_id: CLIENT };
const OPTIONAL_CLAIMS = {
  nbf: TIME, auth_time: TIME, sid: UUID, scope: SCOPE, amr: strings, roles: strings, status: STATUS,
};
const DOCUMENT = {
  iss: TEXT, epoch: EPOCH, after: COUNT, seq: COUNT, now: TIME, next_update: SECONDS, expires_in: SECONDS,
  entries: Array.isArray,
};
/** By kind: the form of `id`, null where there must be none, and whether the entry has `iat_before`. */
const ENTRIES = new Map([
  ["token", [NAME, false]], ["session", [UUID, false]], ["key", [KEY, false]],
  ["user", [UUID, true]], ["client", [CLIENT, true]], ["all", [null, true]],
]);

/** The y of Ed25519 points of small order, under which one signature fits many messages. */
const SMALL_ORDER = new Set([
  "00".repeat(32), "01" + "00".repeat(31), "ec" + "ff".repeat(30) + "7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

/**
 * A token, or a document, that does not count: its fault, and asking again brings the same.
 *
 * `code` is stable and fit for a metric, `detail` is for a log. Neither holds the token.
 */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} [detail]
   */
  constructor(code, detail = "") {
    super(detail ? `${code}: ${detail}` : code);
    this.name = "Refusal";
    this.code = code;
    this.detail = detail;
  }
}

/**
 * Refuses unless `good` is true.
 * @param {boolean} good
 * @param {string} code
 * @param {string} [detail]
 */
export function need(good, code, detail) {
  if (good !== true) throw new Refusal(code, detail);
}

/**
 * What was got and what was expected: on one line and bounded, since the one who made the token chose what was got.
 * @param {string} name
 * @param {unknown} found
 * @param {string} expected
 */
export function differs(name, found, expected) {
  const shown = found === undefined || found === null ? "missing" : JSON.stringify(plain(found));
  const safe = shown.slice(0, 200).replace(/[^ -~]/g, "?") + (shown.length > 200 ? "..." : "");
  return `${name} is ${safe}, expected ${expected}`;
}

/**
 * The object that a text holds.
 * @param {Uint8Array} bytes
 * @param {number} [depth]
 * @param {number} [most] in bytes
 * @returns {any}
 */
export function strict(bytes, depth = 8, most = 67_108_864) {
  let value;
  try {
    value = parse(bytes, depth, most);
  } catch (error) {
    throw new Refusal("malformed", error.message);
  }
  need(isObject(value), "malformed", "not an object");
  return value;
}

/**
 * Refuses an object whose members have not their forms. A member that is null is there, with the wrong form.
 * @param {any} found
 * @param {Record<string, Form>} forms
 * @param {Record<string, Form>} [optional] forms of members that may be missing
 */
function check(found, forms, optional = {}) {
  need(isObject(found), "malformed", "not an object");
  for (const name of Object.keys(forms)) need(name in found && forms[name](found[name]), "malformed", name);
  for (const name of Object.keys(optional)) need(!(name in found) || optional[name](found[name]), "malformed", name);
}

/**
 * The bytes of canonical base64url: no padding, no white space, no spare bits. Null for anything else.
 * @param {unknown} value
 * @returns {Buffer | null}
 */
function decode(value) {
  if (typeof value !== "string" || !/^[A-Za-z0-9_-]*$/.test(value)) return null;
  const bytes = Buffer.from(value, "base64url");
  // Buffer passes over what it does not understand: only what it writes again in the same way was canonical.
  return bytes.toString("base64url") === value ? bytes : null;
}

/**
 * A key of the issuer, and the one algorithm that it is for.
 * @typedef {{key: import("node:crypto").KeyObject, algorithm: string, length: number}} Key
 */

/**
 * The keys of a JWKS by kid. Others' keys are passed over; what no publisher in his right mind sends refuses the set.
 * @param {any} jwks as `strict` returns it
 * @returns {Map<string, Key>}
 */
export function readKeys(jwks) {
  const { keys: found } = jwks;
  need(Array.isArray(found) && found.length <= 128 && found.every(isObject), "malformed", "keys");
  need(!found.some((key) => SECRETS.some((name) => name in key)), "malformed", "a private key");
  const names = found.map((key) => key.kid).filter((kid) => typeof kid === "string");
  need(new Set(names).size === names.length, "malformed", "a kid twice");
  const keys = new Map();
  for (const jwk of found) {
    need(typeof jwk.kty === "string" && jwk.kty !== "oct", "malformed", "kty");
    const algorithm = ALGORITHMS.get(jwk.alg), [kty, crv] = KINDS.get(algorithm) ?? [];
    if (kty !== jwk.kty || (crv !== undefined && crv !== jwk.crv) || ("use" in jwk && jwk.use !== "sig")) continue;
    if ("key_ops" in jwk && !(anyStrings(jwk.key_ops) && jwk.key_ops.includes("verify"))) continue;
    const key = readKey(jwk, algorithm);
    if (jwk.kid === thumbprint(jwk)) keys.set(jwk.kid, key);
  }
  return keys;
}

/**
 * One key, its numbers checked: the library takes base64 of any spelling, and RSA keys of any size.
 * @param {any} jwk
 * @param {string} algorithm
 * @returns {Key}
 */
export function readKey(jwk, algorithm) {
  const [x, y, n, e] = ["x", "y", "n", "e"].map((name) => decode(jwk[name]));
  let length = 64, members;
  if (jwk.kty === "RSA") {
    need(n !== null && n.length >= 256 && n.length <= 1024 && n[0] !== 0 && n.at(-1) % 2 === 1, "malformed", "n");
    need(n.length > 256 || n[0] >= 128, "malformed", "an RSA key of less than 2048 bits");
    need(e !== null && e.length >= 1 && e.length <= 4 && e[0] !== 0 && e.at(-1) % 2 === 1, "malformed", "e");
    need(e.length > 1 || e[0] >= 3, "malformed", "e");
    length = n.length;
    members = { kty: "RSA", n: jwk.n, e: jwk.e };
  } else {
    need(x !== null && x.length === 32, "malformed", "x");
    need(jwk.kty === "OKP" ? isGoodPoint(x) : y !== null && y.length === 32, "malformed", "not a point of the curve");
    members = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, ...(jwk.kty === "EC" && { y: jwk.y }) };
  }
  try {
    return { key: createPublicKey({ key: members, format: "jwk" }), algorithm, length };
  } catch {
    throw new Refusal("malformed", "not a point of the curve");
  }
}

/**
 * Whether these 32 bytes can be somebody's Ed25519 key: y is reduced modulo 2^255 - 19, and the order is not small.
 * @param {Buffer} x
 */
function isGoodPoint(x) {
  const y = Buffer.from(x);
  y[31] &= 0x7f;
  const isReduced = y[31] !== 0x7f || y[0] < 0xed || y.subarray(1, 31).some((byte) => byte !== 0xff);
  return isReduced && !SMALL_ORDER.has(y.toString("hex"));
}

/**
 * The RFC 7638 thumbprint of a public key.
 * @param {any} jwk with members of the right form
 * @returns {string}
 */
export function thumbprint({ kty, crv, x, y, n, e }) {
  const members = { EC: { crv, kty, x, y }, OKP: { crv, kty, x }, RSA: { e, kty, n } }[kty];
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}

/**
 * Whether the signature is this key's.
 * @param {Key} key
 * @param {Buffer} signed
 * @param {Buffer} signature
 * @returns {boolean}
 */
export function isSignature({ key, algorithm, length }, signed, signature) {
  // ES256 and EdDSA have 64 bytes, RSA as many as the modulus. The libraries differ about others.
  if (signature.length !== length) return false;
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  try {
    switch (algorithm) {
      // r and s as in JWS. The default would be DER.
      case "ES256": return verifySignature("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature);
      case "EdDSA": return verifySignature(null, signed, key, signature);
      case "PS256": return verifySignature("sha256", signed, { key, ...pss }, signature);
      case "RS256": return verifySignature("sha256", signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
      default: return false;
    }
  } catch {
    return false;
  }
}

/**
 * Steps 1 to 4 of the rule: the payload and the kid of a JWS whose signature holds.
 * @param {string} token
 * @param {(kid: string) => Key | undefined} find
 * @param {string} type of typ, in lower case
 * @param {number} most in characters
 */
function open(token, find, type, most) {
  need(typeof token === "string", "malformed", "not a text");
  need(token.length <= most, "malformed", `${token.length} characters, at most ${most}`);
  const parts = token.split(".");
  need(parts.length === 3, "malformed", `${parts.length} parts, expected 3`);
  need(parts[0].length > 0 && parts[0].length <= 4096, "malformed", "a header of other than 1 to 4096 characters");
  const [head, payload, signature] = parts.map(decode);
  need(head !== null && payload !== null && signature !== null, "malformed", "not base64url");
  const header = strict(head, 4), { typ, kid, alg } = header;
  need(typeof typ === "string" && [type, "application/" + type].includes(lowered(typ)), "wrong_type",
    differs("typ", typ, `${type}: another kind of token`));
  need(!("crit" in header || "b64" in header), "malformed", "asks for what is not understood: crit or b64");
  const key = typeof kid === "string" ? find(kid) : undefined;
  if (key === undefined) throw new Refusal("unknown_key", differs("kid", kid, "one of the issuer's key set"));
  need(typeof alg === "string" && ALGORITHMS.get(alg) === key.algorithm, "algorithm_not_allowed",
    differs("alg", alg, key.algorithm));
  const signed = Buffer.from(token.slice(0, token.lastIndexOf(".")), "latin1");
  need(isSignature(key, signed, signature), "bad_signature");
  return { payload, kid };
}

/** Lower case of ASCII alone: toLowerCase makes k of the Kelvin sign. @param {string} value */
function lowered(value) {
  return value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * The claims and the kid of a token that only the list could refuse.
 * @param {string} token
 * @param {(kid: string) => Key | undefined} find
 * @param {string} issuer
 * @param {string} audience
 * @param {number} now
 */
export function read(token, find, issuer, audience, now) {
  const { payload, kid } = open(token, find, "at+jwt", 8192);
  const claims = strict(payload);
  check(claims, CLAIMS, OPTIONAL_CLAIMS);
  need(claims.sub === claims.client_id || UUID(claims.sub), "malformed", "sub is neither a user's id nor client_id");
  need(claims.iss === issuer, "wrong_issuer", differs("iss", claims.iss, JSON.stringify(issuer)));
  const audiences = typeof claims.aud === "string" ? [claims.aud] : claims.aud;
  need(audiences.includes(audience), "wrong_audience", differs("aud", audiences, JSON.stringify(audience)));
  const clock = `the clock shows ${Math.floor(now)}`;
  for (const [claim, code] of [["iat", "issued_in_future"], ["nbf", "not_yet_valid"]]) {
    need((claims[claim] ?? 0) <= now + LEEWAY, code, `${claim} is ${claims[claim]}, ${clock}`);
  }
  need(now < claims.exp + LEEWAY, "expired", `exp is ${claims.exp}, ${clock}`);
  const lifetime = claims.exp - claims.iat;
  need(lifetime > 0 && lifetime <= 3600, "lifetime_out_of_bounds", "longer than any token lives");
  return { claims: plain(claims), kid };
}

/**
 * The document that a signed list holds, for `RevocationList.apply`.
 * @param {string} jws
 * @param {(kid: string) => Key | undefined} find
 * @param {RevocationList} known a key that it condemns signs nothing that counts
 * @param {number} now
 * @returns {any}
 */
export function readSignedList(jws, find, known, now) {
  const { payload, kid } = open(jws, find, "revocations+jwt", 134_217_728);
  need(!known.marks.has(subject("key", kid)), "revoked", "the list's signing key");
  const document = strict(payload, 8, 100_663_296);
  check(document, { iat: TIME, exp: TIME });
  readEntries(document);
  need(now < document.exp + LEEWAY, "expired", "the signed list");
  need(document.iat <= now + LEEWAY, "issued_in_future", "the signed list");
  return document;
}

/** What an entry is about, as one text: no kind has a colon. @type {(kind: string, id?: string) => string} */
const subject = (kind, id = "") => `${kind}:${id}`;

/**
 * What the entries of a document revoke, every form checked.
 * @param {any} doc
 * @returns {[subject: string, before: number, exp: number, seq: number | bigint][]}
 */
function readEntries(doc) {
  check(doc, DOCUMENT);
  need(!("columns" in doc), "bad_member", "columns: a form that was not asked for");
  let floor = doc.after;
  need(floor <= doc.seq, "bad_order", "after is beyond seq");
  need(doc.entries.length <= 1_000_000, "too_large", `${doc.entries.length} entries`);
  return doc.entries.map((entry) => {
    need(isObject(entry), "bad_entry", "not an object");
    // One of a kind that is not known must not be left out: tokens that it revokes would pass.
    const [form, isDated] = ENTRIES.get(entry.kind) ?? [];
    need(form !== undefined, "bad_entry", differs("kind", entry.kind, "a kind that is known"));
    need(form === null ? !("id" in entry) : form(entry.id), "bad_entry", "id");
    need(isDated ? TIME(entry.iat_before) : !("iat_before" in entry), "bad_entry", "iat_before");
    need(TIME(entry.exp), "bad_entry", "exp");
    need(COUNT(entry.seq) && entry.seq > floor && entry.seq <= doc.seq, "bad_order", "seq");
    floor = entry.seq;
    return [subject(entry.kind, entry.id), isDated ? entry.iat_before : Infinity, entry.exp, entry.seq];
  });
}

/** What is known of the issuer's revocation list, and what to ask for next. */
export class RevocationList {
  /** @param {string} issuer */
  constructor(issuer) {
    this.issuer = issuer;
    /** What to ask for next; nothing means everything. @type {{after?: number | bigint, epoch?: string}} */
    this.query = {};
    /**
     * By subject: the last iat that is revoked, when the mark may go, and the entry that it comes from. All entries of
     * a subject make one mark. A mark for each would make the time quadratic where an issuer repeats a subject.
     * @type {Map<string, {before: number, exp: number, seq: number | bigint}>}
     */
    this.marks = new Map();
    this.pruned = 0;
    /** @type {{epoch: string, seq: number | bigint, now: number, expiresIn: number, offset: number} | null} */
    this.last = null;
  }

  /**
   * Takes a document in. Changes nothing when it throws, but for what to ask next.
   * @param {any} doc
   * @param {number} now
   */
  apply(doc, now) {
    const marks = readEntries(doc);
    const last = this.last ?? { epoch: null, seq: 0, now: 0, expiresIn: 0, offset: SKEW };
    const reach = doc.epoch === last.epoch ? last.seq : 0;
    need(this.marks.size + marks.length <= 2_000_000, "too_large", `${marks.length} entries more`);
    need(doc.iss === this.issuer, "wrong_issuer", differs("the list's iss", doc.iss, JSON.stringify(this.issuer)));
    need(doc.now <= now + SKEW, "from_the_future", `now is ${doc.now}, the clock shows ${Math.floor(now)}`);
    need(doc.now >= last.now - SKEW, "outdated", `now is ${doc.now}, an earlier document had ${last.now}`);
    need(doc.seq >= reach, "went_backwards", `seq is ${doc.seq}, an earlier document had ${reach}`);
    if (doc.after > reach) {
      this.query = {};
      throw new Refusal("gap", `after is ${doc.after}, known is ${reach}`);
    }
    for (const mark of marks) this.#add(...mark); // A document adds, it never removes.
    // An old copy lengthens nothing.
    const expiresIn = doc.now < last.now ? Math.min(last.expiresIn, doc.expires_in) : doc.expires_in;
    const offset = Math.min(last.offset, now - doc.now);
    this.last = { epoch: doc.epoch, seq: doc.seq, now: Math.max(last.now, doc.now), expiresIn, offset };
    this.query = { after: doc.seq, epoch: doc.epoch };
  }

  /** @type {(subject: string, before: number, exp: number, seq: number | bigint) => void} */
  #add(subject, before, exp, seq) {
    const known = this.marks.get(subject);
    if (known === undefined) {
      this.marks.set(subject, { before, exp, seq });
      return;
    }
    if (before >= known.before) Object.assign(known, { before, seq });
    known.exp = Math.max(known.exp, exp);
  }

  /**
   * Drops what is over by both clocks: a walk through everything, so not at each poll.
   * @param {number} now
   * @param {number} [every] seconds
   */
  prune(now, every = 60) {
    const past = Math.min(now, this.last?.now ?? 0) - SKEW;
    if (past < this.pruned + every) return;
    this.pruned = past;
    for (const [subject, { exp }] of this.marks) {
      if (exp <= past) this.marks.delete(subject);
    }
  }

  /**
   * fresh, stale, or blind when nothing was ever accepted.
   * @param {number} now
   * @returns {"fresh" | "stale" | "blind"}
   */
  freshness(now) {
    if (this.last === null) return "blind";
    const age = now - this.last.now - this.last.offset;
    return age >= -SKEW && age < this.last.expiresIn ? "fresh" : "stale";
  }

  /**
   * Kind and seq of an entry that revokes the token, or null.
   * @param {{jti: string, sid?: string, sub: string, client_id: string, iat: number}} claims
   * @param {string} kid
   * @returns {{kind: string, seq: number | bigint} | null}
   */
  match(claims, kid) {
    const subjects = [
      ["token", claims.jti], ["session", claims.sid], ["user", claims.sub], ["client", claims.client_id],
      ["key", kid], ["all"],
    ];
    for (const [kind, id] of subjects) {
      const mark = this.marks.get(subject(kind, id));
      if (mark !== undefined && claims.iat <= mark.before) return { kind, seq: mark.seq };
    }
    return null;
  }
}

/**
 * When the list is asked for next, and whether the server is asked to hold the request. No I/O, no clock; in seconds.
 *
 * A wait is a favour that a busy server or a proxy may refuse while it answers polls without `wait`. These keep the
 * list fresh then, and a wait is tried again later: after one poll, then after as many as take nextUpdate, twice that,
 * four times, at most a minute. Only a poll without `wait` that fails is followed by ever longer pauses.
 */
export class Pace {
  constructor() {
    this.refusals = this.failures = 0;
    /** How much longer polls go without `wait`. */
    this.polling = 0;
    /** Whether the next one does. */
    this.plain = true;
    this.nextUpdate = 5;
    this.expiresIn = 60;
    /** What a server asked for, which no random part shortens. */
    this.least = 0;
    /** Of the last good answer. @type {string | null} */
    this.epoch = null;
    /** Whether the one before had another. */
    this.otherEpoch = false;
  }

  /**
   * Whether a good answer is worth another wait at once: epochs that come and go are none of our server's.
   * @param {string} epoch
   * @param {number | bigint} seq
   * @param {number | bigint} known
   */
  isNews(epoch, seq, known) {
    const other = this.epoch !== null && this.epoch !== epoch;
    const news = other ? !this.otherEpoch : seq > known;
    Object.assign(this, { epoch, otherEpoch: other });
    return news;
  }

  /** For how long to ask to be held; half of the time that the list stays fresh is left for another attempt. */
  wait() {
    return this.plain ? 0 : Math.max(1, Math.min(30, Math.floor(this.expiresIn / 2)));
  }

  /** How long the answer may take, so that another attempt fits in before the list is stale. */
  limit() {
    return this.wait() > 0 ? this.wait() + Math.min(10, Math.max(this.expiresIn / 4, 0.25)) : 30;
  }

  /**
   * Takes a good answer in and returns how long to pause, before a random part is taken off.
   * @param {number} wait that was asked for
   * @param {number} elapsed
   * @param {boolean} news
   * @param {number} nextUpdate
   * @param {number} expiresIn
   */
  answered(wait, elapsed, news, nextUpdate, expiresIn) {
    Object.assign(this, { failures: 0, nextUpdate, expiresIn, least: 0 });
    if (wait === 0) {
      this.plain = this.polling > 0;
      return this.plain ? this.#rest() : 0;
    }
    if (news || elapsed >= wait * 0.9) {
      this.refusals = 0;
      return 0;
    }
    this.#refuse();
    return this.#rest();
  }

  /**
   * Takes a failure in and returns how long to pause. `gap`: one in answer to a request with `after`.
   * @param {number} wait that was asked for
   * @param {{elapsed?: number, timedOut?: boolean, gap?: boolean, retryAfter?: number}} [how]
   */
  failed(wait, { elapsed = 0, timedOut = false, gap = false, retryAfter = 0 } = {}) {
    this.least = 0;
    if (gap) { // Everything is asked for at once; that again after a pause, or the next wait after some polls.
      if (wait > 0) this.#refuse();
      this.plain = true;
      return 0;
    }
    if (wait > 0) {
      // Held for a while and then cut: still the quicker way.
      if (elapsed >= this.nextUpdate && !timedOut) this.refusals = 0;
      this.#refuse();
      this.polling = Math.max(this.polling, Math.min(retryAfter, 60));
      return Math.min(0.5, this.expiresIn / 8);
    }
    this.plain = true;
    this.failures = Math.min(this.failures + 1, 16);
    this.least = Math.min(retryAfter, 30);
    return Math.max(Math.min(2 ** (this.failures - 1), 30, Math.max(this.expiresIn / 3, 1)), this.least);
  }

  /** A poll without `wait` comes next. */
  #refuse() {
    this.plain = true;
    this.refusals = Math.min(this.refusals + 1, 16);
    this.polling = this.refusals === 1 ? 0 : Math.min(this.nextUpdate * 2 ** (this.refusals - 2), 60);
  }

  /** Until the next poll without `wait`. */
  #rest() {
    const rhythm = Math.min(this.nextUpdate, this.expiresIn / 3);
    this.polling -= rhythm;
    return rhythm;
  }
}
