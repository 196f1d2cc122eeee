// The package that `cargo xtask wasm` has built, as Node.js finds it.

import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

export const folder = resolve(import.meta.dirname, "../../../target/wasm/configcat-wasm");
export const configcat = await import(pathToFileURL(resolve(folder, "node.js")));
