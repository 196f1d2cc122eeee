// Browsers and workers: `await init()` gets the WebAssembly, which is beside this module.

import load, { initSync as loadSync } from "./core.js";
import { ConfigCatError } from "./error.js";

export * from "./configcat.js";

let isLoading = false;

export default async function init(options) {
  isLoading = true;
  try {
    return await load(options);
  } finally {
    isLoading = false;
  }
}

export function initSync(options) {
  // Otherwise `init` would replace the memory that configs of this module are in.
  if (isLoading) throw new ConfigCatError("NotReady", "init() is loading the WebAssembly: await it");
  return loadSync(options);
}
