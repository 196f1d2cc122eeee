// Updates an open page. Without this script, all other parts of the page work.
"use strict";

// The number of the last request: an older answer that comes late is dropped.
let latest = 0;

// Gets the page again, and replaces its parts that depend on the config and on the filter. The form
// keeps its typed text. Returns whether it was the last request.
async function update() {
  const request = ++latest;
  const response = await fetch(location.href);
  const text = await response.text();
  if (request !== latest) return false;
  if (!response.headers.get("Content-Type").startsWith("text/html")) {
    tell(text); // the address is beyond a limit
    return false;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  show(page, "[data-live]");
  document.body.dataset.version = page.body.dataset.version;
  return true;
}

// Tells of a new config, or of a new problem.
async function updateAndTell() {
  const before = document.body.dataset.version.split("-")[0];
  if (!(await update())) return;
  const changes = [...document.querySelectorAll("#log > ol > li:first-child li")].map((change) => change.textContent);
  const problem = document.querySelector("#problem .warning, #fetch-error")?.textContent;
  if (document.body.dataset.version.split("-")[0] !== before) tell(`The config has changed. ${changes.join("; ")}`);
  else if (problem) tell(problem);
}

// Returns whether this is the page of a flag that the new config has not changed. A mark of an
// earlier change, and a problem that comes or goes, are on the page of each flag.
function isUntouched(version, { since, changed }) {
  const key = document.getElementById("flag")?.dataset.key;
  const [shown, problem] = document.body.dataset.version.split("-");
  const isNext = shown === since && problem === version.split("-")[1];
  return key !== undefined && isNext && !changed.includes(key) && !document.querySelector(".mark.new");
}

// The browser connects again by itself after a lost connection.
new EventSource("/events").addEventListener("message", (event) => {
  const news = JSON.parse(event.data);
  document.getElementById("health").textContent = news.health;
  if (event.lastEventId === document.body.dataset.version) return;
  if (isUntouched(event.lastEventId, news)) document.body.dataset.version = event.lastEventId;
  else updateAndTell();
});

// Filters while the text is typed. The address keeps the filter, as the button of the form does it.
for (const input of document.querySelectorAll("#find, #differs")) {
  input.addEventListener("input", () => {
    const url = new URL(location.href);
    const value = input.type === "checkbox" ? input.checked && "on" : input.value.trim();
    if (value) url.searchParams.set(input.name, value);
    else url.searchParams.delete(input.name);
    history.replaceState(null, "", url);
    update();
  });
}
