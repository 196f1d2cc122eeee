// Browsers and workers: `await init()` gets the WebAssembly, which is beside this module.

export * from "./configcat.js";
export { default, initSync } from "./core.js";
