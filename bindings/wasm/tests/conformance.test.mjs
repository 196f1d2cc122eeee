// The conformance bundle in Node.js. CONFIGCAT_CONFORMANCE is its folder.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import { conformance } from "./conformance.js";
import { configcat } from "./package.mjs";

const bundle = process.env.CONFIGCAT_CONFORMANCE;

test("all cases of the bundle pass in Node.js", { skip: bundle === undefined && "no bundle" }, async (t) => {
  const { passed, failures } = await conformance(configcat, (path) => readFile(resolve(bundle, path), "utf8"));
  assert.deepEqual(failures.slice(0, 20), []);
  assert.notEqual(passed, 0);
  t.diagnostic(`${passed} cases`);
});
