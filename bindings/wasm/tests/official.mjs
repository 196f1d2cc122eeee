// The official JavaScript SDK, with a config from memory in place of the CDN. NODE_SDK is the folder of its packages.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const packages = process.env.NODE_SDK;
export const isThere = packages !== undefined;
const load = (path) => import(pathToFileURL(resolve(packages, "@configcat/sdk/lib/esm", path)));
export const { getClient, PollingMode, LogLevel, User } = isThere ? await load("node/index.main.js") : {};
/** What the SDK does with a document that it has fetched. */
export const { deserializeConfig } = isThere ? await load("ProjectConfig.js") : {};

let count = 0;

/** Returns a client that has this config JSON. `log` gets the texts of its records. */
export async function clientOf(json, log) {
  const fetchAsync = async () => ({ statusCode: 200, reasonPhrase: "OK", headers: [["ETag", `"${count}"`]], body: json });
  const key = `configcat-sdk-1/${String(count++).padStart(22, "0")}/${"0".repeat(22)}`;
  const logger = { level: log === undefined ? LogLevel.Off : LogLevel.Info, log: (_, id, text) => log?.(id, text.toString()) };
  const client = getClient(key, PollingMode.ManualPoll, { configFetcher: { fetchAsync }, logger });
  const { isSuccess, errorMessage } = await client.forceRefreshAsync();
  if (!isSuccess) throw new Error(errorMessage);
  return client;
}

/** Returns the user as the SDK has it. */
export function officialUser({ Identifier, Email, Country, ...custom }) {
  return new User(Identifier, Email, Country, custom);
}

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");
