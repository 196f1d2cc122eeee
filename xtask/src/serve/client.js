// Prints all values, twice: after a 200 and a 304, and once more when a line comes from standard input.

const { createConsoleLogger, getClient, LogLevel, PollingMode, User } = require("@configcat/sdk");

const [baseUrl, sdkKey] = process.argv.slice(2);
// The user of the sample lacks attributes on purpose, which is a warning for each.
const logger = createConsoleLogger(LogLevel.Error);
const client = getClient(sdkKey, PollingMode.ManualPoll, { baseUrl, logger });
const user = new User("12345", "jane@example.com", "HU");

async function refreshAndPrint() {
  await client.forceRefreshAsync();
  const values = await client.getAllValuesAsync(user);
  console.log(JSON.stringify(Object.fromEntries(values.map((each) => [each.settingKey, each.settingValue]))));
}

(async () => {
  await refreshAndPrint();
  await refreshAndPrint();
  await new Promise((resolve) => process.stdin.once("data", resolve));
  await refreshAndPrint();
  client.dispose();
  process.stdin.destroy();
})();
