// Memory, size and work have limits, whatever comes in, and the module goes on afterwards.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { configcat, folder } from "./package.mjs";
import { flags } from "./documents.mjs";

const { Config, user } = configcat;
const { memory } = configcat.initSync(); // it is there already: returns its exports

// What a page waits for. CONTRIBUTING says how to find out what takes it.
const MAX_GZIPPED = 180_000;

const jane = user("42", { Email: "jane@example.com" });
const working = Config.parse('{"f": {"isNew": {"t": 0, "v": {"b": true}}}}');
const works = () => assert.equal(working.value("isNew", jane), true);

const condition = (a, c, comparison) => ({ u: { a, c, ...comparison } });
const rule = (...conditions) => ({ c: conditions, s: { v: { b: true } } });
const needs = (key) => rule({ p: { f: key, c: 0, v: { b: true } } });
const setting = (rules) => ({ t: 0, v: { b: false }, r: rules });
const parse = (settings, others) => Config.parse(JSON.stringify({ ...others, f: settings }));

function kindOf(call) {
  try {
    call();
  } catch (error) {
    return error.kind ?? `${error}`;
  }
  return "a value";
}

test("the module is small", (t) => {
  const wasm = readFileSync(join(folder, "core_bg.wasm"));
  const gzipped = gzipSync(wasm, { level: 9 }).length;
  t.diagnostic(`${wasm.length} bytes, ${gzipped} gzipped`);
  assert(gzipped <= MAX_GZIPPED, `${gzipped} bytes gzipped`);
});

test("10,000 rounds of reading and freeing need no more memory than 100", () => {
  const text = flags(20_000);
  const round = () => {
    const config = Config.parse(text);
    const person = user("42", { Email: "jane@example.com", age: 32, list: ["a", "b"] });
    const keys = config.keys();
    assert.equal(typeof config.flag(keys[0]).value(person), "boolean");
    assert.equal(Object.keys(config.all(person)).length, keys.length);
    config.explain(keys[1], person);
    config.details(keys[2], person);
    assert.equal(kindOf(() => config.value("missing")), "SettingNotFound");
    assert.equal(kindOf(() => Config.parse("{")), "NotJson");
    person.free();
    config.free();
  };
  for (let n = 0; n < 100; n++) round();
  const before = memory.buffer.byteLength;
  for (let n = 0; n < 10_000; n++) round();
  assert.equal(memory.buffer.byteLength, before);
});

test("a config of 10 MB is read in the memory that is promised", () => {
  const before = memory.buffer.byteLength;
  const text = flags(10_000_000);
  const config = Config.parse(text);
  const keys = config.keys();
  assert(keys.length > 10_000);
  assert.equal(Object.keys(config.all(jane)).length, keys.length);
  assert.equal(typeof config.value(keys.at(-4), jane), "boolean");
  assert(memory.buffer.byteLength - before < 21 * text.length, `${memory.buffer.byteLength - before} bytes`);
  config.free();
  works();
});

test("prerequisite flags that need the next one twice are evaluated once", () => {
  const doubling = Array.from({ length: 40 }, (_, n) => [`c${n}`, setting([needs(`c${n + 1}`), needs(`c${n + 1}`)])]);
  const last = setting([rule(condition("Missing", 28, { s: "x" }))]);
  const config = parse({ ...Object.fromEntries(doubling), c40: last });
  for (let round = 0; round < 3; round++) {
    assert.equal(config.value("c0", jane), false);
    assert.equal(config.details("c0", jane).hasWarnings, true);
    assert.equal(Object.keys(config.all(jane)).length, 41);
    // The log would have each of them as often as it is needed.
    const { error, isCut } = config.explain("c0", jane);
    assert.deepEqual([error.kind, isCut], ["TooComplex", true]);
    works();
  }
});

test("documents and users that are made to be expensive end with their error", () => {
  const hash = "0".repeat(64);
  const items = Array.from({ length: 10_000 }, (_, n) => `item-${n}`);
  const repeated = (count, make) => setting(Array.from({ length: count }, (_, n) => rule(make("AB"[n % 2]))));
  const cases = [
    [setting([rule(condition("A", 22, { l: Array.from({ length: 100_000 }, (_, n) => `${n + 1}_${hash}`) }))]), "x".repeat(200_000)],
    [repeated(2000, (name) => condition(name, 34, { l: ["a"] })), items],
    [repeated(2000, (name) => condition(name, 26, { l: ["a"] })), JSON.stringify(items)],
    [repeated(2000, (name) => condition(name, 34, { l: ["x"] })), `[${'"\\u0061",'.repeat(10_000)}`],
    [repeated(20_000, (name) => condition(name, 10, { d: 1 })), "1234567890".repeat(10_000)],
    [repeated(200_000, () => condition("Email", 28, { s: "x" })), "y"],
  ];
  for (const [index, [expensive, value]] of cases.entries()) {
    const config = parse({ expensive }, { p: { s: "salt" } });
    const person = user("u", { Email: "u@example.com", A: value, B: value });
    assert.equal(kindOf(() => config.value("expensive", person)), "TooComplex", `case ${index}`);
    assert.deepEqual(config.all(person), {});
    const { text, warnings, error } = config.explain("expensive", person);
    assert.equal(error.kind, "TooComplex");
    assert(text.length < 2_000_000 && warnings.length <= 101);
    config.free();
    person.free();
    works();
  }
});

test("the deepest chain of prerequisite flags fits the stack", () => {
  const chain = (length) =>
    parse(Object.fromEntries(Array.from({ length }, (_, n) => [`c${n}`, setting(n + 1 < length ? [needs(`c${n + 1}`)] : [])])));
  const [deepest, deeper] = [chain(200), chain(300)];
  assert.equal(deepest.value("c0", jane), false);
  assert.equal(kindOf(() => deeper.value("c0", jane)), "TooDeep");
  for (const config of [deepest, deeper]) {
    assert.equal(typeof config.explain("c0", jane).text, "string");
    config.all(jane);
  }
  works();
});

test("a circle of a thousand flags is an error", () => {
  const circle = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`c${n}`, setting([needs(`c${(n + 1) % 1000}`)])]));
  assert.match(kindOf(() => parse(circle).value("c0", jane)), /^(CircularDependency|TooDeep)$/);
  works();
});

test("deep nesting is no depth of the stack", () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  const members = '{"x":'.repeat(1_000_000) + "1" + "}".repeat(1_000_000);
  for (const unread of [deep, members]) {
    const config = Config.parse(`{"x": ${unread}, "f": {"a": {"t": 0, "v": {"b": true}}, "b": ${unread}}}`);
    assert.equal(config.value("a"), true);
    assert.match(kindOf(() => config.value("b")), /^(Malformed|Missing)$/);
  }
  for (const broken of [deep.slice(1), deep.slice(0, -1), members.slice(0, -1)]) {
    assert.match(kindOf(() => Config.parse(broken)), /^Not/);
  }
  works();
});

test("documents of small pieces take at most 20 times their size", () => {
  const settings = Array.from({ length: 300_000 }, (_, n) => `"${n.toString(36)}":{}`).join(",");
  const before = memory.buffer.byteLength;
  const text = `{"f":{${settings}}}`;
  const config = Config.parse(text);
  assert.equal(config.keys().length, 300_000);
  assert(memory.buffer.byteLength - before < 21 * text.length, `${memory.buffer.byteLength - before} bytes`);
  config.free();
  works();
});

test("hash tables have another seed each time that the module is loaded", async () => {
  const wasm = new WebAssembly.Module(readFileSync(join(folder, "core_bg.wasm")));
  // Behind the stack, which has the traces of calls.
  const STATICS = 1024 * 1024;
  const seen = new Set();
  for (let n = 0; n < 8; n++) {
    const core = await import(`${pathToFileURL(join(folder, "core.js"))}?${n}`);
    seen.add(Buffer.from(core.initSync({ module: wasm }).memory.buffer, STATICS).toString("latin1"));
  }
  assert(seen.size > 4, `${seen.size} different ones of 8`);
});

test("a hashed item that states an impossible length matches nothing", () => {
  const hash = "0".repeat(64);
  for (const length of [2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    const config = parse({ a: setting([rule(condition("Email", 22, { l: [`${length}_${hash}`] }))]) }, { p: { s: "salt" } });
    assert.equal(config.value("a", jane), false);
  }
});

test("errors in a row leave nothing behind", () => {
  const config = parse({ bad: { t: 9 } });
  const fail = () => {
    assert.equal(kindOf(() => config.value("bad", jane)), "UnknownSettingType");
    assert.equal(kindOf(() => config.flag("none")), "SettingNotFound");
    assert.equal(kindOf(() => user("1", { a: {} })), "InvalidAttribute");
    assert.equal(kindOf(() => Config.parse("[1]")), "NotAnObject");
  };
  for (let n = 0; n < 1000; n++) fail();
  const before = memory.buffer.byteLength;
  for (let n = 0; n < 10_000; n++) fail();
  assert.equal(memory.buffer.byteLength, before);
  works();
});
