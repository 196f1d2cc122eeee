// Node.js: WebAssembly is there as soon as this module is.

import { readFileSync } from "node:fs";
import { initSync } from "./core.js";

initSync({ module: readFileSync(new URL("core_bg.wasm", import.meta.url)) });

export * from "./configcat.js";
export { initSync };
/** Does nothing; programs for the browser await it. */
export default async function init() {}
