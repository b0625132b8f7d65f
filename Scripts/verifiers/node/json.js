/**
 * Reads JSON as the rule wants it, from bytes.
 *
 * JSON.parse is not enough. Of a name that stands twice it keeps the last value, where another reader keeps the first,
 * so that two programs see two different tokens in one text. It reads 5, 5.0 and 5e0 as the same number and rounds
 * beyond 2^53, so that a `seq` may move. It accepts half of a surrogate pair. It has no limit of depth. It takes a
 * string, and what decodes the bytes before it replaces invalid UTF-8 without a word.
 */
import { isUtf8 } from "node:buffer";

/** The text is not JSON, or not JSON as the rule wants it. */
export class BadJSON extends Error {
  /** @param {string} what what is wrong; never quotes the text */
  constructor(what) {
    super(what);
    this.name = "BadJSON";
  }
}

/** A number that is not written with digits alone, or that no form of the rule has room for: no whole number. */
export class Real {
  /** @param {number} value */
  constructor(value) {
    this.value = value;
  }
}

/**
 * An object of JSON. It inherits nothing, so that a member called `constructor` is there only if the text has it, and
 * `__proto__` is a name like any other.
 * @class
 */
function Members() {}
Members.prototype = Object.create(null);

/**
 * Whether a value is an object of JSON.
 * @param {unknown} value
 * @returns {boolean}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Members.prototype;
}

/**
 * The value of a text. Whole numbers are `number` as far as 2^53 and `bigint` up to 20 characters. All others are
 * `Real`.
 * @param {Uint8Array} bytes the text in UTF-8
 * @param {number} depth how many objects and arrays may stand inside each other
 * @param {number} most how many bytes the text may have
 * @param {number} [values] how many values may be in it. Two bytes can be a value, which takes far more in memory.
 * @param {number} [containers] how many of them may be objects and arrays
 * @returns {any}
 * @throws {BadJSON}
 */
export function parse(bytes, depth, most, values = 8_000_000, containers = 1_100_000) {
  if (bytes.length > most) throw new BadJSON(`more than ${most} bytes`);
  if (!isUtf8(bytes)) throw new BadJSON("not UTF-8");
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), values, containers);
  const value = reader.value(depth);
  reader.space();
  if (reader.at !== bytes.length) throw new BadJSON("something after the value");
  return value;
}

/**
 * A value with numbers of JavaScript: what is handed to a service. Numbers beyond 2^53 are rounded, as by JSON.parse.
 * @param {any} value as `parse` returns it
 * @returns {any}
 */
export function plain(value) {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Real) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const members = Object.create(null);
  for (const name of Object.keys(value)) members[name] = plain(value[name]);
  return members;
}

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const ESCAPED = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

class Reader {
  /**
   * @param {Buffer} bytes
   * @param {number} values how many may still come
   * @param {number} containers how many objects and arrays may still come
   */
  constructor(bytes, values, containers) {
    Object.assign(this, { bytes, values, containers });
    this.at = 0;
  }

  /** Passes the white space of RFC 8259. */
  space() {
    for (let byte = this.bytes[this.at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) {
      byte = this.bytes[++this.at];
    }
  }

  /**
   * Passes one byte if it comes next.
   * @param {number} byte
   */
  take(byte) {
    this.space();
    if (this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  /** @param {number} byte */
  need(byte) {
    if (!this.take(byte)) throw new BadJSON(`no ${String.fromCharCode(byte)} where one must be`);
  }

  /**
   * @param {number} depth how many objects and arrays may still be opened
   * @returns {any}
   */
  value(depth) {
    if (--this.values < 0) throw new BadJSON("too many values");
    this.space();
    switch (this.bytes[this.at]) {
      case 0x7b: return this.object(depth);
      case 0x5b: return this.array(depth);
      case QUOTE: return this.string();
      case 0x74: return this.word("true", true);
      case 0x66: return this.word("false", false);
      case 0x6e: return this.word("null", null);
      default: return this.number();
    }
  }

  /**
   * Passes the bracket that opens an object or an array.
   * @param {number} depth
   */
  open(depth) {
    if (depth === 0) throw new BadJSON("nested too deeply");
    if (--this.containers < 0) throw new BadJSON("too many objects and arrays");
    this.at += 1;
  }

  /** @param {number} depth */
  object(depth) {
    this.open(depth);
    const members = new Members();
    if (this.take(0x7d)) return members;
    do {
      this.space();
      const name = this.string();
      if (name in members) throw new BadJSON("a name twice");
      this.need(COLON);
      members[name] = this.value(depth - 1);
    } while (this.take(COMMA));
    this.need(0x7d);
    return members;
  }

  /** @param {number} depth */
  array(depth) {
    this.open(depth);
    const elements = [];
    if (this.take(0x5d)) return elements;
    do elements.push(this.value(depth - 1));
    while (this.take(COMMA));
    this.need(0x5d);
    return elements;
  }

  /**
   * @param {string} text
   * @param {any} value
   */
  word(text, value) {
    if (this.bytes.toString("latin1", this.at, this.at + text.length) !== text) throw new BadJSON("an unknown word");
    this.at += text.length;
    return value;
  }

  number() {
    const { bytes, at } = this;
    let end = at;
    while (end < bytes.length && isPartOfNumber(bytes[end])) end += 1;
    const text = bytes.toString("latin1", at, end);
    NUMBER.lastIndex = 0;
    if (text === "" || NUMBER.exec(text)?.[0] !== text) throw new BadJSON("no value where one must be");
    this.at = end;
    const value = Number(text);
    if (!Number.isFinite(value)) throw new BadJSON("a number that no double holds");
    if (text.length > 20 || !/^-?[0-9]+$/.test(text)) return new Real(value);
    // The sum makes 0 of -0.
    return Number.isSafeInteger(value) ? value + 0 : BigInt(text);
  }

  string() {
    const { bytes } = this;
    if (bytes[this.at] !== QUOTE) throw new BadJSON("no text where one must be");
    // A text that grows by one character at a time is a chain of objects. Joined pieces are one text.
    let text = "", pieces = [], start = (this.at += 1);
    for (;;) {
      const byte = bytes[this.at];
      if (byte === undefined) throw new BadJSON("ends within a text");
      if (byte < 0x20) throw new BadJSON("a control character in a text");
      if (byte !== QUOTE && byte !== BACKSLASH) {
        this.at += 1;
        continue;
      }
      // Whole characters: quote and backslash are never part of another one in UTF-8.
      const piece = bytes.toString("utf8", start, this.at);
      this.at += 1;
      if (byte === QUOTE) return pieces.length === 0 ? text + piece : text + pieces.join("") + piece;
      pieces.push(piece, this.escape());
      start = this.at;
      if (pieces.length > 10_000) {
        text += pieces.join("");
        pieces = [];
      }
    }
  }

  /** The character behind a backslash. */
  escape() {
    const letter = String.fromCharCode(this.bytes[this.at] ?? 0);
    this.at += 1;
    if (letter !== "u") {
      if (!Object.hasOwn(ESCAPED, letter)) throw new BadJSON("an unknown escape");
      return ESCAPED[letter];
    }
    const unit = this.hexadecimal();
    if (unit === 0) throw new BadJSON("NUL in a text");
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    if (unit > 0xdbff || this.bytes[this.at] !== BACKSLASH || this.bytes[this.at + 1] !== 0x75) {
      throw new BadJSON("half of a surrogate pair");
    }
    this.at += 2;
    const second = this.hexadecimal();
    if (second < 0xdc00 || second > 0xdfff) throw new BadJSON("half of a surrogate pair");
    return String.fromCharCode(unit, second);
  }

  hexadecimal() {
    const digits = this.bytes.toString("latin1", this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new BadJSON("an escape of other than four digits");
    this.at += 4;
    return parseInt(digits, 16);
  }
}

/** @param {number} byte */
function isPartOfNumber(byte) {
  return (byte >= 0x30 && byte <= 0x39) || [0x2d, 0x2b, 0x2e, 0x45, 0x65].includes(byte);
}
