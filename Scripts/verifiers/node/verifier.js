/**
 * Accepts Latchkey tokens offline. This file fetches; rule.js beside it decides.
 *
 *     const verifier = await Verifier.start({
 *       issuer: "https://auth.example.com", audience: "https://orders.example", consumer: "orders",
 *     });
 *     try {
 *       const claims = await verifier.verify(token);
 *     } catch (error) {
 *       if (error instanceof Refusal) ...      // the token's fault: 401; error.code and error.message say why
 *       if (error instanceof Unavailable) ...  // nobody can say at the moment: 503 with Retry-After: error.retryAfter
 *     }
 */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { performance } from "node:perf_hooks";
import { createSecureContext } from "node:tls";
import { need, Pace, read, readKeys, readSignedList, Refusal, RevocationList, strict } from "./rule.js";

export { Refusal };

/**
 * The token may be good, but nobody can say that it was not revoked: not the caller's fault, and it passes.
 *
 * A service answers 503 with `Retry-After`, never 401, at which every application would sign its user out.
 */
export class Unavailable extends Error {
  /**
   * @param {string} code
   * @param {string} [detail]
   * @param {number} [retryAfter] seconds
   */
  constructor(code, detail = "", retryAfter = 5) {
    super(detail ? `${code}: ${detail}` : code);
    this.name = "Unavailable";
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}

/**
 * What becomes of a good token while the list is too old. One that it revokes as far as known is never accepted.
 * @enum {string}
 */
export const Policy = Object.freeze({
  /** Unavailable: "revoked" means refused everywhere after `expires_in` at the latest. */
  FAIL_CLOSED: "FAIL_CLOSED",
  /** Accepted: a revocation during an outage is missed until the token expires. */
  ALLOW_WHEN_STALE: "ALLOW_WHEN_STALE",
});

/** Why there is no answer to look at. */
export class FetchFailure extends Error {
  /**
   * @param {string} reason
   * @param {{timedOut?: boolean, retryAfter?: number}} [how]
   */
  constructor(reason, { timedOut = false, retryAfter = 0 } = {}) {
    super(reason);
    this.name = "FetchFailure";
    this.timedOut = timedOut;
    this.retryAfter = retryAfter;
  }
}

/**
 * @typedef {object} Options
 * @property {string} issuer exactly as tokens name it in `iss`
 * @property {string} audience the name under which tokens are issued for this service
 * @property {string} [consumer] shown by `latchkey consumers`; 1 to 64 visible characters of ASCII
 * @property {() => number} [clock] seconds since 1970
 * @property {string} [server] where the issuer is reached, when that is not where its name points: inside a cluster,
 *   say
 * @property {string} [ca] a PEM file with the authorities to trust, instead of SSL_CERT_FILE from the environment or
 *   Node's own
 * @property {string} [policy] one of `Policy`, unless a call says otherwise
 * @property {boolean} [signedList] whether to ask for the signed form of the list and believe no other: for lists that
 *   come through a mirror
 * @property {(message: string) => void} [log] told of each failure to fetch
 */

/** Judges the access tokens of one issuer, with keys and revocation list that polls keep current in the background. */
export class Verifier {
  #server; #secure; #log;
  #keys = new Map();
  #list; #pace = new Pace();
  #fetchedAt = -Infinity;
  /** The fetch of keys that is under way. @type {Promise<void> | null} */
  #fetching = null;
  #requests = new Set();
  #timer; #isClosed = false;

  /**
   * A verifier that has fetched keys and list once.
   *
   * Rejects with Unavailable when the server cannot be reached or is another issuer, with TypeError for an option that
   * does not exist and for a name, address or policy that can never work, and with Error for a bad `ca`.
   * @param {Options} options
   * @returns {Promise<Verifier>}
   */
  static async start(options) {
    const verifier = new Verifier(options);
    try {
      await verifier.#fetchKeys();
      need(verifier.#keys.size > 0, "no_keys", `${verifier.#server.href} publishes none`);
      await verifier.#poll();
    } catch (error) {
      verifier.close();
      throw new Unavailable("list_blind", error.message);
    }
    verifier.#follow(0);
    return verifier;
  }

  /**
   * One that knows nothing yet and accepts nothing: call `Verifier.start`.
   * @param {Options} options
   */
  constructor(options) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError("options must be an object with issuer and audience");
    }
    const {
      issuer, audience, consumer = "node", clock = () => Date.now() / 1000, server = issuer, ca,
      policy = Policy.FAIL_CLOSED, signedList = false, log = (message) => console.warn(message), ...others
    } = options;
    // A restriction with a letter amiss must not count as absent.
    for (const name of Object.keys(others)) throw new TypeError(`there is no option ${JSON.stringify(name)}`);
    if (typeof consumer !== "string" || !/^[!-~]{1,64}$/.test(consumer)) {
      throw new TypeError("consumer must be 1 to 64 visible ASCII characters without spaces");
    }
    if (typeof audience !== "string" || audience === "") {
      throw new TypeError("audience must be one string that is not empty");
    }
    address("issuer", issuer);
    this.#server = address("server", server);
    Object.assign(this, { issuer, audience, consumer, clock, policy: known(policy), signedList });
    this.#log = log;
    this.#list = new RevocationList(issuer);
    this.#secure = this.#server.protocol === "https:" ? trust(ca ?? process.env.SSL_CERT_FILE) : {};
  }

  /**
   * The claims. Throws Refusal when the token is bad, and Unavailable when only the list is too old to say that it is
   * good, or no key is left.
   * @param {string} token without `Bearer`
   * @param {string} [policy] one of `Policy`, for this call
   * @returns {Promise<Record<string, any>>}
   */
  async verify(token, policy = this.policy) {
    known(policy);
    try {
      return this.#judge(token, policy);
    } catch (error) {
      const isUnknown = error.code === "unknown_key" || error.code === "no_keys";
      if (!isUnknown || !(await this.#fetchKeysForUnknown())) throw error;
      return this.#judge(token, policy);
    }
  }

  /**
   * How things stand, for a service's own readiness endpoint: how old the list is, its number, how many entries are
   * held, and how many keys. Entries of one subject count once.
   * @returns {{freshness: "fresh" | "stale" | "blind", sequence: number, entries: number, keys: number}}
   */
  get status() {
    const { last, marks } = this.#list;
    return {
      freshness: this.#list.freshness(this.clock()), sequence: Number(last?.seq ?? 0), entries: marks.size,
      keys: this.#keys.size,
    };
  }

  /** Ends the polling. Tokens are judged by what is known until the list is stale. */
  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const request of this.#requests) request.destroy(new Error("the verifier was closed"));
  }

  #judge(token, policy) {
    const now = this.clock();
    let claims, entry;
    try {
      const found = read(token, (kid) => this.#keys.get(kid), this.issuer, this.audience, now);
      claims = found.claims;
      entry = this.#list.match(claims, found.kid);
    } catch (error) {
      if (!(error instanceof Refusal)) throw new Refusal("malformed", error.name); // Whatever it is, this is no token.
      if (error.code === "unknown_key" && this.#keys.size === 0) {
        throw new Unavailable("no_keys", "the issuer has withdrawn all its keys");
      }
      throw error;
    }
    need(entry === null, "revoked", `by entry ${entry?.seq} of kind ${entry?.kind}`);
    const freshness = this.#list.freshness(now);
    if (freshness === "blind") throw new Unavailable("list_blind", "no revocation list was ever loaded");
    if (freshness !== "fresh" && policy !== Policy.ALLOW_WHEN_STALE) {
      throw new Unavailable("list_stale", "the revocation list is too old");
    }
    return claims;
  }

  /**
   * One fetch for all who meet an unknown kid at this time, then none for half a minute.
   * @returns {Promise<boolean>} whether keys were fetched, so that it is worth looking again
   */
  async #fetchKeysForUnknown() {
    const mayFetch = this.#fetching !== null || monotonic() - this.#fetchedAt >= 30;
    if (mayFetch) await this.#renewKeys();
    return mayFetch;
  }

  /** Replaces the keys, by none where there are none any more. Rejects and keeps them when the fetch fails. */
  #fetchKeys() {
    // All who ask meanwhile wait for the same one.
    this.#fetching ??= (async () => {
      this.#fetchedAt = monotonic();
      try {
        const body = await this.get("/.well-known/jwks.json", 5, { most: 262_144 });
        this.#keys = readKeys(this.#json(body));
      } finally {
        this.#fetching = null;
      }
    })();
    return this.#fetching;
  }

  async #renewKeys() {
    try {
      await this.#fetchKeys();
    } catch (error) {
      if (!this.#isClosed) this.#log(`Latchkey's keys: ${error.message}; the known ones are kept`);
    }
  }

  /**
   * Asks for the list once and returns for how many seconds to pause. Rejects when the poll failed and the list grows
   * old.
   */
  async #poll(isBackground = false) {
    const before = this.#list.last, began = monotonic(), wait = this.#pace.wait();
    const query = new URLSearchParams({ ...this.#list.query, consumer: this.consumer, ...(wait > 0 && { wait }) });
    let document;
    try {
      const path = (this.signedList ? "/revocations.jwt?" : "/revocations?") + query;
      document = await this.#document(await this.get(path, this.#pace.limit(), {
        accept: this.signedList ? "application/jwt" : "application/json", isBackground,
        most: this.signedList ? 134_217_728 : 67_108_864,
      }));
      this.#list.apply(document, this.clock());
    } catch (error) {
      const pause = this.#pace.failed(wait, {
        elapsed: monotonic() - began, timedOut: error.timedOut, gap: error.code === "gap" && query.has("after"),
        retryAfter: error.retryAfter,
      });
      if (wait > 0) return pause; // Refused, and no failure yet: a poll without `wait` comes next.
      throw Object.assign(new FetchFailure(error.message), { pause });
    }
    const news = this.#pace.isNews(document.epoch, document.seq, before?.seq ?? 0);
    const pause = this.#pace.answered(wait, monotonic() - began, news, document.next_update, document.expires_in);
    // A key was withdrawn, so there is a new one. A fetch that is under way may have asked before that.
    if (document.entries.some((entry) => entry.kind === "key")) {
      await this.#fetching?.catch(() => {});
      await this.#renewKeys();
    }
    return pause;
  }

  /** @param {Buffer} body */
  async #document(body) {
    if (!this.signedList) return this.#json(body);
    const open = () => readSignedList(body.toString("latin1"), (kid) => this.#keys.get(kid), this.#list, this.clock());
    try {
      return open();
    } catch (error) {
      // The key may be newer than those known.
      if (error.code !== "unknown_key" || !(await this.#fetchKeysForUnknown())) throw error;
      return open();
    }
  }

  /**
   * Polls without end.
   * @param {number} pause seconds until the next poll
   */
  #follow(pause) {
    if (this.#isClosed) return;
    const delay = Math.max(0.05, this.#pace.least, pause * (0.5 + Math.random() / 2)) * 1000;
    // Whatever keeps the program running is not this.
    this.#timer = setTimeout(async () => this.#follow(await this.#round().catch(() => 1)), delay).unref();
  }

  /** One poll and what is due beside it. Rejects only when the log or the clock does. */
  async #round() {
    let pause = 1;
    try {
      pause = await this.#poll(true);
      this.#list.prune(this.clock());
    } catch (error) {
      pause = error.pause ?? pause;
      const within = `trying again within ${Math.floor(pause + 1)} s`;
      if (!this.#isClosed) this.#log(`Latchkey's list: ${error.message}; ${within}`);
    }
    // Whatever became of the list: a key that is withdrawn must go.
    if (!this.#isClosed && monotonic() - this.#fetchedAt >= 300) await this.#renewKeys();
    return pause;
  }

  /** @param {Buffer} body */
  #json(body) {
    try {
      return strict(body);
    } catch (error) {
      throw new FetchFailure(`${this.#server.href} answered with no JSON (${error.detail}): is it a Latchkey server?`);
    }
  }

  /**
   * The body at `path`: bounded in size and time, even when a proxy drips. Follows no redirect. Rejects with
   * FetchFailure or Refusal.
   * @param {string} path
   * @param {number} seconds for all of it
   * @param {{most?: number, accept?: string, isBackground?: boolean}} [how]
   * @returns {Promise<Buffer>}
   */
  get(path, seconds, { most = 67_108_864, accept = "application/json", isBackground = false } = {}) {
    if (this.#isClosed) return Promise.reject(new FetchFailure("the verifier was closed"));
    const { href, protocol } = this.#server;
    return new Promise((resolve, reject) => {
      let timedOut = false;
      const request = (protocol === "https:" ? https : http).get(this.#server.href + path, {
        // A connection for each request: none is found half closed.
        agent: false, headers: { Accept: accept, "Cache-Control": "no-cache" }, ...this.#secure,
        // Node 18 would try the first address alone: localhost is often ::1, where the server does not listen.
        autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 2000,
      });
      const timer = setTimeout(() => {
        timedOut = true;
        request.destroy();
      }, seconds * 1000);
      if (isBackground) {
        timer.unref();
        request.on("socket", (socket) => {
          socket.unref();
          // Each address that is tried has a handle of its own, which keeps the program running again.
          for (const event of ["connectionAttempt", "connect", "secureConnect"]) {
            socket.on(event, () => socket.unref());
          }
        });
      }
      const end = (finish, value) => {
        clearTimeout(timer);
        this.#requests.delete(request);
        finish(value);
        request.destroy();
      };
      const fail = (error) => end(reject, new FetchFailure(trouble(href, error, timedOut, seconds), { timedOut }));
      this.#requests.add(request);
      request.on("error", fail);
      let answer;
      // The request may be closed while an answer is still read: then the answer has the last word.
      request.on("close", () => {
        if (answer === undefined) fail(new Error("the connection was closed"));
      });
      request.on("response", (response) => {
        answer = response;
        response.on("close", () => fail(new Error("the answer is cut off")));
        // One buffer that grows: a list of chunks would take far more than their bytes when each has one byte.
        let buffer = Buffer.alloc(0), length = 0;
        response.on("error", fail);
        response.on("data", (chunk) => {
          const needed = length + chunk.length;
          if (needed > most) return end(reject, new Refusal("too_large", `more than ${most} bytes`));
          if (needed > buffer.length) {
            const larger = Buffer.allocUnsafe(Math.min(most, Math.max(needed * 2, 65_536)));
            buffer.copy(larger, 0, 0, length);
            buffer = larger;
          }
          length += chunk.copy(buffer, length);
        });
        response.on("end", () => {
          const { statusCode: status, headers } = response, body = buffer.subarray(0, length);
          if (!response.complete) return fail(new Error("the answer is cut off"));
          if (status === 200) return end(resolve, body);
          const asked = headers["retry-after"] ?? "";
          const retryAfter = /^[0-9]{1,8}$/.test(asked) ? Number(asked) : 0;
          const reason = `${href} answered with status ${status}${detail(status, body)}`;
          end(reject, new FetchFailure(reason, { retryAfter }));
        });
      });
    });
  }
}

/** Seconds of a clock that nobody sets. */
function monotonic() {
  return performance.now() / 1000;
}

/** @param {string} policy */
function known(policy) {
  // An unknown policy must not mean the laxer one.
  if (!Object.values(Policy).includes(policy)) throw new TypeError("policy must be one of Policy");
  return policy;
}

/**
 * @param {string} name of the option
 * @param {string} value
 * @returns {{href: string, protocol: string}}
 */
function address(name, value) {
  if (typeof value !== "string" || !/^https?:\/\/[^/?#]/.test(value)) {
    throw new TypeError(`${name} must be a URL: http:// or https:// is missing in ${JSON.stringify(value)}`);
  }
  const url = new URL(value);
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError(`${name} must be a URL of host and path alone, without user, ? and #`);
  }
  return { href: url.href.replace(/\/+$/, ""), protocol: url.protocol };
}

/**
 * The certificates to trust, and no way to trust none.
 * @param {string | undefined} path
 */
function trust(path) {
  // NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch the check off.
  const secure = { rejectUnauthorized: true };
  if (path === undefined || path === "") return secure;
  const ca = readFileSync(path);
  if (!ca.includes("-----BEGIN CERTIFICATE-----")) throw new Error(`${path} holds no certificate in PEM`);
  createSecureContext({ ca });
  return { ...secure, ca };
}

/**
 * What the server says is wrong with the request (RFC 9457), made fit for a line of a log.
 * @param {number} status
 * @param {Buffer} body
 */
function detail(status, body) {
  try {
    const said = status >= 400 && status < 500 ? strict(body.subarray(0, 4096)).detail : "";
    return said ? ": " + said.replace(/[^ -~]/g, "?").slice(0, 300) : "";
  } catch { // From a proxy, say.
    return "";
  }
}

/**
 * What is wrong, in a sentence for the log.
 * @param {string} server
 * @param {any} error
 * @param {boolean} timedOut
 * @param {number} seconds
 */
function trouble(server, error, timedOut, seconds) {
  if (timedOut) return `no answer from ${server} within ${seconds} s`;
  const code = String(error.code ?? "");
  if (/^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))/.test(code)) {
    return `${server} shows a certificate that is not trusted (${error.message}): ` +
      "name your own authority with ca or SSL_CERT_FILE";
  }
  if (code === "EPROTO" || code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return `${server} does not speak TLS: use a URL that begins with http://`;
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the name in ${server} is not known (${code})`;
  return `no answer from ${server} (${error.message || code})`;
}
