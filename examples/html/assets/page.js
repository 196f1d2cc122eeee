// Shows a page again after a change. The web application and the playground share it.
"use strict";

document.documentElement.classList.add("script");

// Replaces the elements of a selector by those of this page, by their ids. Details stay open, a form outside of these elements keeps
// its typed text, and the focus stays where it is.
function show(page, selector) {
  const focused = document.activeElement?.id;
  for (const fresh of page.querySelectorAll(selector)) {
    const old = document.getElementById(fresh.id);
    if (!old) continue;
    for (const details of old.querySelectorAll("details[open]")) {
      fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
    }
    for (const flag of fresh.querySelectorAll(".flag")) {
      const before = document.getElementById(flag.id)?.querySelector(".value");
      flag.classList.toggle("changed", !!before && before.textContent !== flag.querySelector(".value").textContent);
    }
    old.replaceWith(fresh);
  }
  // A region that is announced is not replaced, since screen readers would not notice it.
  for (const fresh of page.querySelectorAll("[data-text]")) {
    const old = document.getElementById(fresh.id);
    if (old && old.textContent !== fresh.textContent) old.textContent = fresh.textContent;
  }
  const moved = focused && document.getElementById(focused);
  if (moved && moved !== document.activeElement) moved.focus();
}

// Shows a message for 8 s. Its role `status` makes screen readers read it.
function tell(text) {
  const news = document.getElementById("news");
  news.textContent = text;
  news.getAnimations().forEach((animation) => animation.cancel());
  news.animate([{ visibility: "visible" }, { visibility: "hidden" }], { duration: 8000, easing: "step-end", fill: "forwards" });
}

document.addEventListener("click", async ({ target }) => {
  const source = target.closest("[data-copy]")?.dataset.copy;
  if (!source) return;
  try {
    await navigator.clipboard.writeText(document.getElementById(source).textContent);
    tell("Copied.");
  } catch {
    // Without HTTPS there is no clipboard, except on the machine of the server.
    tell("The browser does not allow this page to copy.");
  }
});
