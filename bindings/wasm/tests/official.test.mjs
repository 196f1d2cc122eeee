// Random configs and users, in the official JavaScript SDK and here: values, variation ids, rules, options, and evaluation logs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, isThere, officialUser, sha256 } from "./official.mjs";
import { configcat } from "./package.mjs";

const { Config, user } = configcat;
const CONFIGS = Number(process.env.CONFIGCAT_RANDOM_CONFIGS ?? 100);

/** Returns random numbers, the same for the same seed (mulberry32). */
function random(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n) => next() % n;
  const pick = (items) => items[below(items.length)];
  const some = (make, most) => Array.from({ length: below(most + 1) }, make);
  return { below, pick, some, chance: (percent) => below(100) < percent };
}

const TEXTS = ["a", "ab", "b", "abc", "A", "é🐈", "x y", "true", "1", "1,5", " a ", "user-1", "jane@example.com", "'q'", "\"", "🐈"];
const VERSIONS = ["1.0.0", "1.0.1", "2.0.0-rc.1", "2.0.0-rc.2+7", "2.0.0", "10.0.0", " 1.0.0 ", "abc"];
const NUMBERS = [0, 1, -1, 1.5, 2, 1e21, 1e-7, 1693497600, 1693497600.125];
const LISTS = [[], ["a"], ["a", "b"], ["é🐈", "x y"], ["\"", "\\"]];
const NAMES = ["Identifier", "Email", "Country", "A", "B", "C"];
const ATTRIBUTES = [
  ...TEXTS, ...VERSIONS, ...NUMBERS, ...LISTS, "", '["a","b"]', '["a"', "NaN", "Infinity", ".5", "5.", "1e5", NaN, Infinity,
  new Date("2023-08-31T16:00:00.000Z"), new Date("2023-08-31T16:00:00.125Z"),
];

function documentOf(random) {
  const { below, pick, some, chance } = random;
  const salt = pick(["salt", ""]);
  const types = ["b", "s", "i", "d"];
  const valueOf = (type) => ({ [types[type]]: [chance(50), pick(TEXTS), below(5), pick([0.5, 1, -2.25])][type] });
  const keys = Array.from({ length: 6 }, (_, n) => `key${n}`);
  const settingTypes = keys.map(() => below(4));
  const segments = Array.from({ length: 2 }, (_, n) => ({ n: `Segment ${n}`, r: [userCondition(`Segment ${n}`), ...some(() => userCondition(`Segment ${n}`), 1)] }));

  function userCondition(context) {
    const c = below(36);
    const hash = (text) => sha256(text + salt + context);
    const affix = (text) => {
      const bytes = Buffer.from(text);
      return `${bytes.length}_${hash(bytes)}`;
    };
    const texts = () => [pick(TEXTS), ...some(() => pick(TEXTS), pick([2, 12]))];
    const comparison = () => {
      if (c <= 3 || (c >= 30 && c <= 35)) return { l: texts() };
      if (c <= 5) return { l: [pick(VERSIONS), ...some(() => pick(VERSIONS), 2)] };
      if (c <= 9) return { s: pick(VERSIONS) };
      if (c <= 15 || c === 18 || c === 19) return { d: pick(NUMBERS) };
      if (c <= 17 || c === 26 || c === 27) return { l: texts().map(hash) };
      if (c <= 21) return { s: hash(pick(TEXTS)) };
      if (c <= 25) return { l: texts().map(affix) };
      return { s: pick(TEXTS) };
    };
    return { a: pick(NAMES), c, ...comparison() };
  }

  function conditionOf(index) {
    const kind = below(10);
    if (kind === 0) return { s: { s: below(2), c: below(2) } };
    // A flag needs later ones only, so there is no circle.
    if (kind > 1 || index + 1 === keys.length) return { u: userCondition(keys[index]) };
    const other = index + 1 + below(keys.length - index - 1);
    return { p: { f: keys[other], c: below(2), v: valueOf(settingTypes[other]) } };
  }

  function settingOf(index) {
    const t = settingTypes[index];
    const served = () => ({ v: valueOf(t), ...(chance(80) && { i: `id${below(1000)}` }) });
    const options = () => {
      const first = below(101);
      return [{ ...served(), p: first }, { ...served(), p: 100 - first }];
    };
    const rule = () => {
      const c = [conditionOf(index), ...some(() => conditionOf(index), 2)];
      return chance(25) ? { c, p: options() } : { c, s: served() };
    };
    return { t, ...served(), ...(chance(20) && { a: pick(NAMES) }), r: some(rule, 4), ...(chance(40) && { p: options() }) };
  }

  const settings = Object.fromEntries(keys.map((key, index) => [key, settingOf(index)]));
  return { p: { u: "", r: 0, s: salt }, s: segments, f: settings };
}

function userOf({ below, pick, chance }) {
  if (below(12) === 0) return undefined;
  const attributes = { Identifier: pick(TEXTS) };
  for (const name of NAMES.slice(1)) {
    // The SDK's predefined attributes are texts.
    if (chance(70)) attributes[name] = pick(name.length === 1 ? ATTRIBUTES : [...TEXTS, ...VERSIONS, ""]);
  }
  return attributes;
}

// In the reason why an attribute is invalid, the SDK shows lists and dates as `String` does. Other SDKs, and this package, show what
// is compared: JSON and Unix seconds.
function withInvalidValues(text, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {}).filter(([, value]) => typeof value === "object")) {
    const compared = Array.isArray(value) ? JSON.stringify(value) : String(value / 1000);
    const [ours, official] = [compared, String(value)].map((shown) => `User.${name} attribute is invalid ('${shown}' is not`);
    text = text.replaceAll(ours, () => official);
  }
  return text;
}

test("random configs and users have the results of the official SDK", { skip: !isThere && "no SDK" }, async (t) => {
  let [evaluations, logs, rules] = [0, 0, 0];
  for (let seed = 0; seed < CONFIGS; seed++) {
    const numbers = random(seed);
    const json = JSON.stringify(documentOf(numbers));
    let log;
    const client = await clientOf(json, (id, text) => (log = id === 5000 ? text : log));
    const snapshot = client.snapshot();
    const config = Config.parse(json);
    for (let n = 0; n < 20; n++) {
      const attributes = userOf(numbers);
      const person = attributes && user(attributes.Identifier, attributes);
      for (const key of config.keys()) {
        const official = snapshot.getValueDetails(key, null, attributes && officialUser(attributes));
        const where = () => `seed ${seed}, ${key}, ${JSON.stringify(attributes)}\n${json}`;
        assert.equal(official.isDefaultValue, false, `${where()}\n${official.errorMessage}`);
        const ours = config.details(key, person);
        const matched = [official.matchedTargetingRule !== undefined, official.matchedPercentageOption !== undefined];
        assert.deepEqual(
          [ours.value, ours.variationId, ours.matchedRule !== undefined, ours.matchedOption !== undefined],
          [official.value, official.variationId, ...matched],
          where(),
        );
        assert.equal(withInvalidValues(config.explain(key, person).text, attributes), log, where());
        evaluations++;
        rules += ours.matchedRule !== undefined;
        logs += log.length;
      }
      person?.free();
    }
    config.free();
    client.dispose();
  }
  assert(rules > evaluations / 10, "the cases match too few rules to show anything");
  t.diagnostic(`${CONFIGS} configs, ${evaluations} evaluations, ${rules} by a rule, ${logs} characters of logs`);
});
