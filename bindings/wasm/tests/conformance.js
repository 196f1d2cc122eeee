// Runs a bundle of evaluation cases, in Node.js and in a browser. `read(path)` returns the text of a file of the bundle.

export async function conformance({ Config, user }, read) {
  const cases = (await read("cases.jsonl")).split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line));
  const texts = new Map();
  for (const path of new Set(cases.flatMap(({ config, log }) => [config, log]))) {
    if (path !== undefined) texts.set(path, await read(path));
  }
  const configs = new Map();
  const failures = [];
  for (const each of cases) {
    if (!configs.has(each.config)) configs.set(each.config, Config.parse(texts.get(each.config)));
    const person = toUser(user, each.user);
    const log = texts.get(each.log);
    const failure = check(configs.get(each.config), each, person, log);
    person?.free();
    if (failure !== undefined) failures.push(`${each.id}: ${failure}`);
  }
  configs.forEach((config) => config.free());
  return { passed: cases.length - failures.length, failures };
}

function toUser(user, attributes) {
  if (attributes === null) return undefined;
  const { Identifier, ...others } = attributes;
  for (const name of Object.keys(others)) others[name] = toAttribute(others[name]);
  return user(toAttribute(Identifier), others);
}

function toAttribute(value) {
  if (value?.$number !== undefined) return Number(value.$number);
  return value?.$datetime === undefined ? value : new Date(value.$datetime);
}

function check(config, expected, user, log) {
  let result;
  try {
    result = config.details(expected.key, user);
  } catch (error) {
    if (expected.error === undefined || !error.message.includes(expected.error)) return `throws ${error}`;
  }
  if (result !== undefined) {
    if (expected.error !== undefined) return `has a value, ${result.value}, and no error`;
    const matched = { rule: result.matchedRule, option: result.matchedOption };
    const found = {
      value: result.value,
      variation_id: result.variationId ?? null,
      rule: matched.rule !== undefined,
      option: matched.option !== undefined,
    };
    for (const [what, value] of Object.entries(found)) {
      if (expected[what] !== undefined && expected[what] !== value) return `${what} is ${value}, not ${expected[what]}`;
    }
    // By each way to the same value.
    const values = [config.value(expected.key, user), config.flag(expected.key).value(user), config.all(user)[expected.key]];
    if (!values.every((value) => value === result.value)) return `values differ: ${values}`;
  }
  if (log === undefined) return undefined;
  const { text, warnings } = config.explain(expected.key, user, expected.default);
  const lines = [...warnings.map(({ id, message }) => `WARNING [${id}] ${message}`), `INFO [5000] ${text}`];
  return lines.join("\n") === log.replace(/\n+$/, "") ? undefined : `the log is\n${lines.join("\n")}`;
}
