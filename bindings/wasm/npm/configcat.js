// The API of this package, on `core.js`, which wasm-bindgen makes. `index.d.ts` documents it.

import { RawConfig, RawUser, initSync } from "./core.js";
import { ConfigCatError } from "./error.js";

export { ConfigCatError };

// A config takes up to 20 times its size in memory, of which WebAssembly has 4 GiB. The SDKs of ConfigCat refuse larger ones too.
const MAX_BYTES = 64 * 1024 * 1024;

// In place of a config that was freed, so that the others need no check.
const FREED = new Proxy(Object.freeze({}), {
  get() {
    throw new ConfigCatError("Freed", "the config was freed");
  },
});

// Made when it is first needed: WebAssembly is not there yet when this module is loaded.
let noUser;
let rawUser;

/** A user: see `user`. */
export class User {
  #raw;

  constructor(raw) {
    if (!(raw instanceof RawUser)) throw new TypeError("users are made by user(identifier, attributes)");
    this.#raw = raw;
  }

  free() {
    this.#raw?.free();
    this.#raw = undefined;
  }

  static {
    rawUser = (user) => {
      if (user === undefined || user === null) return (noUser ??= new RawUser());
      // The operator has no message that helps with a text.
      if (Object(user) !== user || !(#raw in user)) throw new TypeError("the user is not made by user(identifier, attributes)");
      if (user.#raw === undefined) throw new ConfigCatError("Freed", "the user was freed");
      return user.#raw;
    };
  }
}

export function user(identifier, attributes = {}) {
  ensureReady();
  const raw = new RawUser();
  try {
    set(raw, "Identifier", identifier ?? "");
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== null) set(raw, name, value);
    }
  } catch (error) {
    raw.free();
    throw error;
  }
  return new User(raw);
}

function set(raw, name, value) {
  if (typeof value === "string") return raw.text(name, value);
  if (typeof value === "number") return raw.number(name, value);
  if (typeof value === "boolean") return raw.text(name, String(value));
  if (typeof value === "bigint") return setBigInt(raw, name, value);
  if (Array.isArray(value)) {
    // A copy without holes, which no getter and no `Proxy` makes longer while it is written to the memory of WebAssembly.
    const items = Array.from(value);
    if (items.every((item) => typeof item === "string")) return raw.list(name, items);
  }
  const millis = millisOf(value);
  if (!Number.isNaN(millis)) return raw.date(name, BigInt(millis));
  const message = `attribute '${name}': expected a string, a number, a boolean, a valid Date or an array of strings`;
  throw new ConfigCatError("InvalidAttribute", message);
}

// `NaN` if it is no date. Of a `Date` of another frame too, which `instanceof` does not know.
function millisOf(value) {
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    return NaN;
  }
}

function setBigInt(raw, name, value) {
  if (BigInt.asIntN(64, value) === value) return raw.signed(name, value);
  if (BigInt.asUintN(64, value) === value) return raw.unsigned(name, value);
  return raw.number(name, Number(value));
}

let evaluate;
let details;

/** A setting of a config: see `Config.flag`. */
export class Flag {
  #config;
  #index;

  constructor(config, index, key, type) {
    this.#config = config;
    this.#index = index;
    this.key = key;
    this.type = type;
  }

  value(user) {
    return evaluate(this.#config, this.#index, user);
  }

  details(user) {
    return details(this.#config, this.#index, user);
  }
}

/** A config JSON, ready to be evaluated. */
export class Config {
  #raw;
  // What was seen, by the addresses of the values in the memory of WebAssembly; an odd number if there are warnings.
  #values = new Map();
  #details = new Map();
  #keys;
  #indexes;
  #first;

  constructor(raw) {
    if (!(raw instanceof RawConfig)) throw new TypeError("configs are made by Config.parse(text)");
    this.#raw = raw;
  }

  static parse(document) {
    return new Config(RawConfig.parse(bytesOf(document), false));
  }

  static parseOverrides(document) {
    return new Config(RawConfig.parse(bytesOf(document), true));
  }

  keys() {
    return [...this.#allKeys()];
  }

  has(key) {
    return this.#allIndexes().has(key);
  }

  flag(key) {
    const index = this.#index(key);
    return new Flag(this, index, this.#allKeys()[index], this.#raw.setting_type(index));
  }

  value(key, user) {
    return evaluate(this, this.#index(key), user);
  }

  details(key, user) {
    return details(this, this.#index(key), user);
  }

  all(user) {
    const addresses = this.#raw.evaluate_all(rawUser(user));
    // Users have most values in common, and copying an object is faster than building one.
    this.#first ??= { addresses, values: this.#changed({}, new Uint32Array(addresses.length), addresses, user) };
    return this.#changed({ ...this.#first.values }, this.#first.addresses, addresses, user);
  }

  explain(key, user, returned) {
    const [json, value, error] = this.#raw.explain(String(key), rawUser(user), returned);
    return { ...JSON.parse(json), value, error };
  }

  free() {
    if (this.#raw !== FREED) this.#raw.free();
    this.#raw = FREED;
    this.#values.clear();
    this.#details.clear();
    this.#keys = this.#indexes = this.#first = undefined;
  }

  #load(place, index, user) {
    // Throws the error where there is no value.
    const value = this.#raw.value(index, rawUser(user));
    this.#values.set(place, value);
    return value;
  }

  #changed(values, before, addresses, user) {
    const keys = this.#allKeys();
    for (let index = 0; index < keys.length; index++) {
      const address = addresses[index];
      if (address === before[index]) continue;
      if (address === 0) delete values[keys[index]];
      else setOwn(values, keys[index], this.#values.get(address) ?? this.#loadFrom(index, addresses, user));
    }
    return values;
  }

  // Gets all values from this index on that were not seen yet. Returns the first.
  #loadFrom(first, addresses, user) {
    const indexes = [];
    for (let index = first; index < addresses.length; index++) {
      if (addresses[index] !== 0 && !this.#values.has(addresses[index])) indexes.push(index);
    }
    const values = this.#raw.values(rawUser(user), Uint32Array.from(indexes));
    indexes.forEach((index, n) => this.#values.set(addresses[index], values[n]));
    return values[0];
  }

  #loadDetails(place, index, user) {
    const [value, variationId, matchedRule, matchedRuleText, matchedOption, matchedPercentage] =
      this.#raw.details(index, rawUser(user));
    const key = this.#allKeys()[index];
    const hasWarnings = place % 2 === 1;
    const details = { key, value, variationId, matchedRule, matchedRuleText, matchedOption, matchedPercentage, hasWarnings };
    this.#details.set(place, Object.freeze(details));
    return details;
  }

  #allKeys() {
    return (this.#keys ??= this.#raw.keys());
  }

  #allIndexes() {
    return (this.#indexes ??= new Map(this.#allKeys().map((key, index) => [key, index])));
  }

  #index(key) {
    const index = this.#allIndexes().get(key) ?? this.#allIndexes().get(asUtf8(key));
    if (index === undefined) throw this.#raw.missing(String(key));
    return index;
  }

  static {
    evaluate = (config, index, user) => {
      const place = config.#raw.evaluate(index, rawUser(user));
      const value = config.#values.get(place);
      return value === undefined ? config.#load(place, index, user) : value;
    };

    details = (config, index, user) => {
      const place = config.#raw.evaluate(index, rawUser(user));
      return config.#details.get(place) ?? config.#loadDetails(place, index, user);
    };
  }
}

// `using config = Config.parse(text)` frees it at the end of the block, where the engine knows it.
if (Symbol.dispose) {
  for (const { prototype } of [Config, User]) prototype[Symbol.dispose] = prototype.free;
}

function bytesOf(document) {
  ensureReady();
  // A text has at least as many bytes as characters: one that is too large is not encoded.
  const isShort = typeof document === "string" && document.length <= MAX_BYTES;
  const bytes = isShort ? new TextEncoder().encode(document) : document;
  const size = typeof bytes === "string" ? bytes.length : bytes?.byteLength;
  if (typeof bytes !== "string" && !ArrayBuffer.isView(bytes) && !isArrayBuffer(bytes)) {
    throw new TypeError("expected the text or the bytes of a config JSON, as response.text() or response.arrayBuffer() returns them");
  }
  if (size > MAX_BYTES) throw new ConfigCatError("TooLarge", "config JSON is larger than 64 MiB");
  return ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, size) : new Uint8Array(bytes);
}

// Also one of another frame, which `instanceof` does not know.
function isArrayBuffer(value) {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

// A key as WebAssembly reads it: a number has its digits, and half of a surrogate pair is no text.
function asUtf8(key) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(String(key)));
}

function ensureReady() {
  try {
    // Does nothing if the WebAssembly is there.
    initSync();
  } catch {
    throw new ConfigCatError("NotReady", "the WebAssembly is not loaded: await init() before the first call");
  }
}

// An assignment of `__proto__` would change the prototype.
function setOwn(values, key, value) {
  if (key !== "__proto__") values[key] = value;
  else Object.defineProperty(values, key, { value, configurable: true, enumerable: true, writable: true });
}
