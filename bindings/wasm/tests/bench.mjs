// Speed beside the official JavaScript SDK's snapshot, in one process: `cargo xtask wasm --bench`. Times are the least median of
// several passes; a budget that is missed fails.

import { clientOf, deserializeConfig, officialUser } from "./official.mjs";
import { configcat } from "./package.mjs";
import { flags, thousandFlags } from "./documents.mjs";

const { Config, user } = configcat;
const PASSES = 15;
const PASS_NS = 40_000_000;

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/** Returns ns a call, for each of these functions. They take turns, so that a drift of the machine meets all of them. */
function measure(functions) {
  const rounds = functions.map((run) => {
    let calls = 1;
    for (;;) {
      const ns = time(run, calls);
      if (ns > PASS_NS / 4) return Math.max(1, Math.round((calls * PASS_NS) / ns));
      calls *= 2;
    }
  });
  const passes = functions.map(() => []);
  for (let pass = 0; pass < PASSES; pass++) {
    functions.forEach((run, index) => passes[index].push(time(run, rounds[index]) / rounds[index]));
  }
  return passes.map(median);
}

let sink;

function time(run, calls) {
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call++) sink = run();
  return Number(process.hrtime.bigint() - start);
}

const condition = (a, c, comparison) => ({ u: { a, c, ...comparison } });
const rule = (c) => ({ t: 0, v: { b: false }, i: "off", r: [{ c: [c], s: { v: { b: true }, i: "on" } }] });
const known = (count) => Array.from({ length: count }, (_, n) => `user-${String(n).padStart(6, "0")}-known`);
const SETTINGS = {
  "bool, no rules": { t: 0, v: { b: true }, i: "on" },
  "e-mail ends with": rule(condition("Email", 32, { l: ["@example.com"] })),
  "50/50 on the identifier": { t: 0, v: { b: false }, p: [{ p: 50, v: { b: true }, i: "on" }, { p: 50, v: { b: false }, i: "off" }] },
  "is one of 10": rule(condition("Identifier", 0, { l: known(10) })),
  "is one of 1,000": rule(condition("Identifier", 0, { l: known(1000) })),
  "version less than": rule(condition("Version", 6, { s: "2.10.0" })),
  "a text of two": { t: 1, v: { s: "none" }, i: "n0", r: [{ c: [condition("Country", 28, { s: "Hungary" })], s: { v: { s: "sale" }, i: "s1" } }] },
};
const ATTRIBUTES = { Identifier: "user-4711-of-many", Email: "jane.doe@example.com", Country: "Hungary", Version: "2.9.1" };

const rows = [];
const missed = [];

function report(name, official, ours, budget, unit = "ns") {
  const ratio = official / ours;
  const isMet = budget === undefined || ratio >= budget;
  if (!isMet) missed.push(name);
  const digits = (number) => number.toLocaleString("en", { maximumFractionDigits: number < 100 ? 1 : 0 });
  const verdict = budget === undefined ? "" : `${isMet ? "ok" : "MISSED"} (≥ ${budget})`;
  rows.push([name, `${digits(official)} ${unit}`, `${digits(ours)} ${unit}`, ratio.toFixed(1), verdict]);
}

const jane = user(ATTRIBUTES.Identifier, ATTRIBUTES);
const officialJane = officialUser(ATTRIBUTES);
{
  const json = JSON.stringify({ p: { s: "8MF1nPDfLjgDqZRHJe2dSQ==" }, f: SETTINGS });
  const snapshot = (await clientOf(json)).snapshot();
  const config = Config.parse(json);
  for (const key of Object.keys(SETTINGS)) {
    const flag = config.flag(key);
    const [official, handle, text, details, officialDetails] = measure([
      () => snapshot.getValue(key, null, officialJane),
      () => flag.value(jane),
      () => config.value(key, jane),
      () => flag.details(jane),
      () => snapshot.getValueDetails(key, null, officialJane),
    ]);
    report(key, official, handle, 5);
    report(`${key}, by key`, official, text, 1);
    report(`${key}, details`, officialDetails, details);
  }
}
{
  const json = thousandFlags();
  const snapshot = (await clientOf(json)).snapshot();
  const config = Config.parse(json);
  // For users in turn, as on a server.
  const people = Array.from({ length: 16 }, (_, n) => ({ ...ATTRIBUTES, Identifier: `user-${n}`, ...(n % 2 && { Email: "x@y.z" }) }));
  const users = people.map((each) => user(each.Identifier, each));
  const officialUsers = people.map(officialUser);
  let [a, b] = [0, 0];
  const keys = snapshot.getAllKeys();
  const [official, ours] = measure([
    () => {
      const who = officialUsers[a++ % 16];
      const values = {};
      for (const key of keys) values[key] = snapshot.getValue(key, null, who);
      return values;
    },
    () => config.all(users[b++ % 16]),
  ]);
  report("all values of 1,000 flags", official / 1000, ours / 1000, 5, "µs");
}
for (const size of [10_000, 100_000, 1_000_000]) {
  const json = flags(size);
  const bytes = Buffer.from(json);
  const load = (document) => Config.parse(document).free();
  const [official, text, binary] = measure([() => deserializeConfig(json), () => load(json), () => load(bytes)]);
  const name = `loading ${size / 1000} kB`;
  report(name, official / 1000, text / 1000, size === 1_000_000 ? 1 : undefined, "µs");
  report(`${name} of bytes`, official / 1000, binary / 1000, undefined, "µs");
}

console.log(`Node.js ${process.version}, @configcat/sdk 1.1.0\n`);
console.log("| | official | here | official / here | |\n|---|---:|---:|---:|---|");
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
process.exitCode = missed.length > 0 ? 1 : 0;
