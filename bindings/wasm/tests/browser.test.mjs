// The package in headless Chromium: the conformance bundle in a page and in a worker, under a content security policy.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { test } from "node:test";
import { folder } from "./package.mjs";

const chromium = process.env.CHROMIUM;
const bundle = process.env.CONFIGCAT_CONFORMANCE;
const skip = chromium === undefined ? "no Chromium" : bundle === undefined && "no bundle";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
const FOLDERS = { package: folder, bundle, tests: import.meta.dirname };
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";

// The server of the page, which posts its results to `/result`.
async function serve() {
  let report;
  const result = new Promise((resolve) => (report = resolve));
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const parts = await request.toArray();
      response.end();
      report(JSON.parse(Buffer.concat(parts)));
      return;
    }
    const [, name, ...path] = request.url.split("/");
    const file = FOLDERS[name] === undefined ? undefined : join(FOLDERS[name], ...path);
    const content = await readFile(file ?? "").catch(() => undefined);
    if (content === undefined) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "text/plain", "Content-Security-Policy": POLICY });
    response.end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, result, url: `http://127.0.0.1:${server.address().port}/tests/page.html` };
}

test("all cases of the bundle pass in a page and in a worker of Chromium", { skip, timeout: 120_000 }, async (t) => {
  const { server, result, url } = await serve();
  const profile = await mkdtemp(join(tmpdir(), "configcat-wasm-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"];
  const browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, url], { stdio: "ignore" });
  try {
    const ended = once(browser, "exit").then(([code]) => assert.fail(`Chromium exits with ${code}`));
    const { page, worker } = await Promise.race([result, ended]);
    for (const { passed, failures } of [page, worker]) {
      assert.deepEqual(failures.slice(0, 20), []);
      assert.notEqual(passed, 0);
    }
    t.diagnostic(`${page.passed} cases in the page, ${worker.passed} in the worker`);
  } finally {
    const exit = once(browser, "exit");
    if (browser.kill()) await exit;
    server.close();
    server.closeAllConnections();
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  }
});
