// The promises of `index.d.ts`.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { configcat, folder } from "./package.mjs";

const { Config, ConfigCatError, user } = configcat;

const condition = (a, c, comparison) => ({ u: { a, c, ...comparison } });
const served = (v, i) => ({ v, i });
const when = (conditions, value, id) => ({ c: conditions, s: served(value, id) });
const document = (settings, others) => JSON.stringify({ ...others, f: settings });

const SETTINGS = {
  isNew: { t: 0, v: { b: false }, i: "off", r: [when([condition("Email", 32, { l: ["@example.com"] })], { b: true }, "on")] },
  title: { t: 1, v: { s: "Hello 🐈" }, i: "t0", p: [{ p: 100, ...served({ s: "Hi" }, "t1") }] },
  limit: { t: 2, v: { i: 10 } },
  ratio: { t: 3, v: { d: 0.25 } },
  broken: { t: 0, v: { b: false }, r: [when([condition("Email", 99, { s: "x" })], { b: true })] },
};
const config = Config.parse(document(SETTINGS));
const jane = user("42", { Email: "jane@example.com" });

const error = (call) => {
  try {
    call();
  } catch (error) {
    assert(error instanceof ConfigCatError && error instanceof Error, `${error}`);
    return { ...error, message: error.message, name: error.name };
  }
  return assert.fail("no error");
};

test("values have the types of JavaScript", () => {
  assert.deepEqual(config.all(jane), { isNew: true, title: "Hi", limit: 10, ratio: 0.25 });
  assert.deepEqual(config.all(), { isNew: false, title: "Hello 🐈", limit: 10, ratio: 0.25, broken: false });
  for (const [key, value] of Object.entries(config.all(jane))) {
    for (let round = 0; round < 2; round++) {
      assert.equal(config.value(key, jane), value);
      assert.equal(config.flag(key).value(jane), value);
      assert.equal(config.details(key, jane).value, value);
      assert.equal(config.explain(key, jane).value, value);
    }
  }
  assert.equal(config.value("isNew"), false);
  assert.equal(config.value("isNew", null), false);
});

test("keys and types are those of the document", () => {
  assert.deepEqual(config.keys(), Object.keys(SETTINGS));
  assert.deepEqual(config.keys().map((key) => config.flag(key).type), ["bool", "text", "int", "double", "bool"]);
  assert.equal(Config.parse(document({ odd: { t: 9 } })).flag("odd").type, undefined);
  assert(config.has("isNew") && !config.has("isOld") && !config.has("toString"));
});

test("a caller may change what it gets", () => {
  config.keys().push("another");
  Object.assign(config.all(jane), { isNew: "changed" });
  assert.throws(() => Object.assign(config.details("isNew", jane), { value: "changed" }), TypeError);
  assert.deepEqual(config.keys(), Object.keys(SETTINGS));
  assert.equal(config.all(jane).isNew, true);
});

test("details say where a value comes from", () => {
  assert.deepEqual({ ...config.details("isNew", jane) }, {
    key: "isNew",
    value: true,
    variationId: "on",
    matchedRule: 0,
    matchedRuleText: "IF User.Email ENDS WITH ANY OF ['@example.com'] THEN 'true'",
    matchedOption: undefined,
    matchedPercentage: undefined,
    hasWarnings: false,
  });
  const { variationId, matchedOption, matchedPercentage } = config.flag("title").details(jane);
  assert.deepEqual([variationId, matchedOption, matchedPercentage], ["t1", 0, 100]);
  for (let round = 0; round < 2; round++) {
    assert.equal(config.details("isNew").hasWarnings, true);
    assert.equal(config.details("isNew", user("1", { Email: "x" })).hasWarnings, false);
  }
});

test("an explanation has the log, the steps, warnings and hints", () => {
  const { text, rules, warnings, hints, isCut, error } = config.explain("isNew", user("1", { email: "x\"\n" }));
  assert.equal(
    text,
    `Evaluating 'isNew' for User '{"Identifier":"1","email":"x\\"\\n"}'
  Evaluating targeting rules and applying the first match if any:
  - IF User.Email ENDS WITH ANY OF ['@example.com'] THEN 'true' => cannot evaluate, the User.Email attribute is missing
    The current targeting rule is ignored and the evaluation continues with the next rule.
  Returning 'false'.`,
  );
  const reason = "cannot evaluate, the User.Email attribute is missing";
  const step = { text: "User.Email ENDS WITH ANY OF ['@example.com']", cannotEvaluate: reason };
  assert.deepEqual(rules, [{ conditions: [step], conditionCount: 1, then: "'true'", cannotEvaluate: reason }]);
  assert.deepEqual(warnings.map(({ id }) => id), [3003]);
  assert.match(warnings[0].message, /^Cannot evaluate condition/);
  assert.deepEqual(hints, ["the user has no attribute 'Email', and has 'email'; names are case-sensitive"]);
  assert.deepEqual([isCut, error], [false, undefined]);
});

test("an explanation shows segments, prerequisite flags and options", () => {
  const nested = Config.parse(
    document(
      {
        a: {
          t: 1,
          v: { s: "v" },
          r: [when([{ s: { s: 0, c: 0 } }, { p: { f: "b", c: 0, v: { s: "\t" } } }], { s: "w" })],
          p: [{ p: 100, v: { s: "p" } }],
        },
        b: { t: 1, v: { s: "\u0001" } },
      },
      { s: [{ n: "Testers", r: [condition("Identifier", 28, { s: "42" }).u] }] },
    ),
  );
  const { rules, options } = nested.explain("a", jane);
  const [{ segment }, { prerequisite }] = rules[0].conditions;
  assert.deepEqual(segment, {
    name: "Testers",
    conditions: [{ text: "User.Identifier EQUALS '42'", holds: true }],
    holds: true,
  });
  assert.deepEqual(prerequisite, { key: "b", rules: [], value: "\u0001" });
  assert.equal(rules[0].holds, false);
  const { bucket, ...others } = options;
  assert.deepEqual(others, { attribute: "Identifier", index: 0, percentage: 100, value: "p" });
  assert(bucket >= 0 && bucket < 100);
  assert.equal(nested.explain("a").options.cannotEvaluate, "cannot evaluate, User Object is missing");
});

test("an explanation of an error returns the caller's default", () => {
  const { text, error, value } = config.explain("broken", jane, true);
  assert.match(text, /Returning 'true'\.$/);
  assert.deepEqual([error.kind, error.place, value], ["UnknownComparator", "f.broken.r[0].c[0].u", undefined]);
  assert.deepEqual(config.explain("isnew", jane, 0).hints, ["the config has no setting 'isnew'; did you mean 'isNew'?"]);
});

test("a document that is no config is an error with its line", () => {
  assert.deepEqual(error(() => Config.parse('{\n  "f": oops}')), {
    name: "ConfigCatError",
    kind: "NotJson",
    message: "config JSON is not valid JSON: expected value at line 2 column 8",
    line: 2,
    column: 8,
  });
  const kinds = {
    NotAnObject: "[]",
    NotAConfig: '{"error": "rate limited"}',
    NotUtf8: Uint8Array.of(123, 255),
    Utf16: Uint8Array.of(0xff, 0xfe, 0x7b, 0),
    TooLarge: " ".repeat(64 * 1024 * 1024 + 1),
  };
  // Its size is that of its bytes, of which an "é" has two.
  assert.equal(error(() => Config.parse("é".repeat(32 * 1024 * 1024 + 1))).kind, "TooLarge");
  for (const [kind, text] of Object.entries(kinds)) assert.equal(error(() => Config.parse(text)).kind, kind);
  const overrides = { NoFlags: '{"isNew": true}', FlagsNotAnObject: '{"flags": 1}', FlagsAndConfig: '{"flags": {}, "f": {}}' };
  for (const [kind, text] of Object.entries(overrides)) assert.equal(error(() => Config.parseOverrides(text)).kind, kind);
});

test("a fault of a setting is an error with its place", () => {
  const expected = {
    name: "ConfigCatError",
    kind: "UnknownComparator",
    message: "f.broken.r[0].c[0].u: unknown comparator 99",
    place: "f.broken.r[0].c[0].u",
  };
  const flag = config.flag("broken");
  for (const call of [() => config.value("broken", jane), () => flag.value(jane), () => flag.details(jane)]) {
    assert.deepEqual(error(call), expected);
    assert.deepEqual(error(call), expected);
  }
});

test("every fault has a kind of its own", () => {
  const kinds = {
    Malformed: { t: 0, v: 5 },
    Missing: { t: 0 },
    UnknownSettingType: { t: 9, v: { b: true } },
    InvalidHashedItem: { t: 0, v: { b: true }, r: [when([condition("Email", 22, { l: ["x"] })], { b: true })] },
    InvalidCondition: { t: 0, v: { b: true }, r: [when([{}], { b: true })] },
    InvalidThenPart: { t: 0, v: { b: true }, r: [{ c: [condition("Email", 33, { l: ["x"] })] }] },
    SegmentNotFound: { t: 0, v: { b: true }, r: [when([{ s: { s: 7, c: 0 } }], { b: true })] },
    PrerequisiteNotFound: { t: 0, v: { b: true }, r: [when([{ p: { f: "gone", c: 0, v: { b: true } } }], { b: true })] },
    PrerequisiteTypeMismatch: {
      t: 0, v: { b: true }, r: [when([{ p: { f: "text", c: 0, v: { b: true } } }], { b: true })],
    },
    CircularDependency: {
      t: 0, v: { b: true }, r: [when([{ p: { f: "CircularDependency", c: 0, v: { b: true } } }], { b: true })],
    },
    NegativePercentage: { t: 0, v: { b: true }, p: [{ p: -1, v: { b: true } }] },
    PercentagesIncomplete: { t: 0, v: { b: true }, p: [{ p: 0, v: { b: true } }] },
  };
  const faulty = Config.parse(document({ ...kinds, text: { t: 1, v: { s: "" } } }, { p: { s: "salt" } }));
  for (const kind of Object.keys(kinds)) assert.equal(error(() => faulty.value(kind, jane)).kind, kind);
  const long = "k".repeat(5000);
  const longName = Config.parse(document({ [long]: { ...SETTINGS.isNew } }));
  assert.equal(error(() => longName.value(long, jane)).kind, "TooLong");
});

test("a missing setting is an error that names a similar one", () => {
  for (const call of [() => config.value("isnew"), () => config.flag("isnew"), () => config.details("isnew")]) {
    const { kind, message } = error(call);
    assert.equal(kind, "SettingNotFound");
    assert.equal(message, "setting 'isnew' is not in the config; did you mean 'isNew'?");
  }
  for (const key of ["toString", "__proto__", "", undefined]) {
    assert.equal(error(() => config.value(key)).kind, "SettingNotFound");
  }
});

test("keys that are no texts are read as texts", () => {
  const odd = Config.parse(document({ 5: { t: 2, v: { i: 5 } }, "\ufffd": { t: 2, v: { i: 6 } } }));
  // A half of a surrogate pair has no UTF-8.
  for (const [key, text, value] of [[5, "5", 5], ["\ud800", "\ufffd", 6]]) {
    assert.deepEqual([odd.value(key), odd.flag(key).key, odd.explain(key).value], [value, text, value]);
  }
  for (const key of [undefined, null, 7, NaN, 7n, true, Symbol("7"), [], {}]) {
    assert.equal(error(() => odd.value(key)).kind, "SettingNotFound");
    assert.equal(odd.explain(key).error.kind, "SettingNotFound");
  }
});

test("keys of any name are keys", () => {
  const text = '{"f": {"__proto__": {"t": 0, "v": {"b": true}}, "1": {"t": 2, "v": {"i": 1}}, "toString": {"t": 0, "v": {"b": false}}}}';
  const odd = Config.parse(text);
  for (let round = 0; round < 2; round++) {
    const all = odd.all();
    assert.deepEqual(Object.entries(all).sort(), [["1", 1], ["__proto__", true], ["toString", false]]);
    assert.equal(Object.getPrototypeOf(all), Object.prototype);
  }
  assert.equal(odd.value("__proto__"), true);
});

test("all values of users follow each other in any order", () => {
  const half = [{ p: 50, v: { s: "a" } }, { p: 50, v: { s: "b" } }];
  const onlyMembers = [when([condition("team", 28, { s: "x" })], { b: true }), { c: [condition("team", 28, { s: "y" })] }];
  const settings = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`half${n}`, { t: 1, v: { s: "none" }, p: half }]));
  const many = Config.parse(document({ ...settings, fails: { t: 0, v: { b: false }, r: onlyMembers } }));
  const users = Array.from({ length: 30 }, (_, n) => (n === 0 ? undefined : user(`${n}`, { team: "xyz"[n % 3] })));
  for (const each of [...users, ...users.reverse()]) {
    const expected = {};
    for (const key of many.keys()) {
      try {
        expected[key] = many.value(key, each);
      } catch (error) {
        assert.equal(error.kind, "InvalidThenPart");
      }
    }
    assert.deepEqual(many.all(each), expected);
  }
});

test("attributes are what JavaScript has", () => {
  const text = (value) => config.explain("limit", user("1", { it: value })).text.match(/"it":(.*)}'/)?.[1];
  assert.equal(text("é🐈"), '"é🐈"');
  assert.equal(text(4.5), "4.5");
  assert.equal(text(1e21), "1e+21");
  assert.equal(text(-0), "0");
  assert.equal(text(true), '"true"');
  assert.equal(text(2n ** 63n - 1n), "9223372036854775807");
  assert.equal(text(2n ** 64n - 1n), "18446744073709551615");
  assert.equal(text(2n ** 64n), "18446744073709552000");
  assert.equal(text(new Date("2023-08-31T16:00:00.125Z")), '"2023-08-31T16:00:00.125Z"');
  assert.equal(text(["a", "b"]), '["a","b"]');
  assert.equal(text(undefined), undefined);
  assert.equal(text(null), undefined);
  assert.equal(text(runInNewContext("new Date(125)")), '"1970-01-01T00:00:00.125Z"');
  const noDate = { [Symbol.toStringTag]: "Date" };
  for (const value of [{}, [1], [, "a"], new Array(3), new Date(NaN), noDate, () => 1, Symbol("x")]) {
    const { kind, message } = error(() => user("1", { it: value }));
    assert.equal(kind, "InvalidAttribute");
    assert.match(message, /^attribute 'it': expected a string/);
  }
  const anyOrder = user("1", { b: 1, Country: "HU", Identifier: "2", Email: "e" });
  assert.match(config.explain("limit", anyOrder).text, /\{"Identifier":"1","Email":"e","Country":"HU","b":1\}/);
});

test("a list that changes while it is read harms nothing", () => {
  const growing = ["a", "b"];
  Object.defineProperty(growing, 1, { get: () => growing.push(...Array(1000).fill("c")) && "b" });
  const reads = { count: 0 };
  const other = new Proxy(["a"], { get: (items, name) => (name === "0" && reads.count++ > 0 ? 1 : items[name]) });
  const failing = new Proxy(["a"], { get: () => assert.fail("a getter fails") });
  for (let round = 0; round < 100; round++) {
    growing.length = 2;
    reads.count = 0;
    assert.equal(typeof config.explain("limit", user("1", { growing })).text, "string");
    assert.match(config.explain("limit", user("1", { other })).text, /"other":\["a"\]/);
    assert.throws(() => user("1", { failing }), /a getter fails/);
  }
  assert.equal(config.value("isNew", jane), true);
});

test("a document may be text or bytes", () => {
  const text = document({ title: { t: 1, v: { s: "é🐈" } } });
  const bytes = new TextEncoder().encode(text);
  const ofAnotherFrame = runInNewContext("Uint8Array.from(bytes)", { bytes });
  const more = [new DataView(bytes.buffer), ofAnotherFrame, ofAnotherFrame.buffer];
  for (const each of [text, "\ufeff" + text, bytes, bytes.buffer, Buffer.from(text), ...more]) {
    assert.equal(Config.parse(each).value("title"), "é🐈");
  }
});

test("what is no document is refused", () => {
  for (const document of [undefined, null, {}, { f: {} }, 1, ["{}"]]) {
    assert.throws(() => Config.parse(document), /^TypeError: expected the text or the bytes of a config JSON/);
  }
});

test("a call before the WebAssembly is loaded says what is missing", async () => {
  const copy = await mkdtemp(join(tmpdir(), "configcat-wasm-"));
  try {
    await cp(folder, copy, { recursive: true });
    const early = await import(pathToFileURL(join(copy, "browser.js")));
    for (const call of [() => early.Config.parse("{}"), () => early.user("1")]) {
      assert.throws(call, { kind: "NotReady", message: "the WebAssembly is not loaded: await init() before the first call" });
    }
    const module = await readFile(join(copy, "core_bg.wasm"));
    await assert.rejects(early.default({ module_or_path: Uint8Array.of(0) }), WebAssembly.CompileError);
    const loading = [early.default({ module_or_path: module }), early.default({ module_or_path: module })];
    assert.throws(() => early.initSync({ module }), { kind: "NotReady", message: "init() is loading the WebAssembly: await it" });
    const [first, second] = await Promise.all(loading);
    assert.equal(first, second);
    assert.equal(early.initSync({ module }), first);
    assert.equal(early.Config.parse('{"isOn": {"t": 0, "v": true}}').value("isOn"), true);
  } finally {
    await rm(copy, { recursive: true });
  }
});

test("older versions and override files are read", () => {
  assert.equal(Config.parse('{"isOld": {"v": true, "t": 0, "p": [], "r": []}}').value("isOld"), true);
  assert.equal(Config.parse('{"f": {"isOld": {"v": true, "t": 0}}}').value("isOld"), true);
  assert.deepEqual(Config.parseOverrides('{"flags": {"a": true, "b": 1.5, "c": null}}').all(), { a: true, b: 1.5 });
});

test("what was freed says so, and freeing again does nothing", () => {
  const own = Config.parse(document(SETTINGS));
  const person = user("1");
  const flag = own.flag("isNew");
  assert.equal(flag.value(person), false);
  person.free();
  person.free();
  assert.equal(error(() => flag.value(person)).message, "the user was freed");
  own[Symbol.dispose]?.();
  own.free();
  for (const call of [() => flag.value(), () => own.value("isNew"), () => own.all(), () => own.explain("isNew"), () => own.keys(), () => own.has("isNew")]) {
    assert.equal(error(call).message, "the config was freed");
  }
});

test("what is no user is refused", () => {
  for (const noUser of [{ Identifier: "42" }, "42", 42, true, () => jane]) {
    assert.throws(() => config.value("isNew", noUser), /not made by user/);
  }
  assert.throws(() => new configcat.User(), TypeError);
  assert.throws(() => new configcat.Config(), TypeError);
});
