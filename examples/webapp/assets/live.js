// Updates an open page. Without this script, all other parts of the page work.
"use strict";

// Replaces the parts of the page that depend on the config. The form keeps its typed text.
async function update() {
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const latest = [...page.querySelectorAll("#log > ol > li:first-child li")].map((change) => change.textContent);
  const focused = document.activeElement?.id;
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (!old) continue;
    for (const details of old.querySelectorAll("details[open]")) {
      fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
    }
    for (const flag of fresh.querySelectorAll(".flag")) {
      const before = document.getElementById(flag.id)?.querySelector(".value");
      flag.classList.toggle("changed", before?.textContent !== flag.querySelector(".value").textContent);
    }
    old.replaceWith(fresh);
  }
  if (focused) document.getElementById(focused)?.focus();
  document.body.dataset.version = page.body.dataset.version;
  tell(`The config has changed. ${latest.join("; ")}`);
}

// Shows a message for 8 s. Its role `status` makes screen readers read it.
function tell(text) {
  const news = document.getElementById("news");
  news.textContent = text;
  news.getAnimations().forEach((animation) => animation.cancel());
  news.animate([{ visibility: "visible" }, { visibility: "hidden" }], { duration: 8000, easing: "step-end", fill: "forwards" });
}

// The browser connects again by itself after a lost connection.
new EventSource("/events").addEventListener("message", (event) => {
  document.getElementById("health").textContent = event.data;
  if (event.lastEventId !== document.body.dataset.version) update();
});
