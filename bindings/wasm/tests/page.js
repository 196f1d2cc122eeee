// In the page and in the worker: runs the bundle. The page reports both results.

import init, * as configcat from "/package/browser.js";
import { conformance } from "./conformance.js";

async function run() {
  try {
    await init();
    return await conformance(configcat, async (path) => (await fetch(`/bundle/${path}`)).text());
  } catch (error) {
    return { passed: 0, failures: [`${error.stack}`] };
  }
}

if (typeof document === "undefined") {
  postMessage(await run());
} else {
  const inWorker = new Promise((resolve) => {
    const worker = new Worker("page.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ passed: 0, failures: [`the worker fails: ${message}`] });
  });
  const results = { page: await run(), worker: await inWorker };
  await fetch("/result", { method: "POST", body: JSON.stringify(results) });
}
