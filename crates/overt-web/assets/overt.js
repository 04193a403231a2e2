// What a page can do better with JavaScript. Without it nothing is missing.
"use strict";

// Digests: a button that copies what is written short.
for (const place of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "copy";
  button.setAttribute("aria-label", "Copy " + place.dataset.what);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(place.dataset.copy);
      button.textContent = "copied";
    } catch {
      button.textContent = "not copied";
    }
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  });
  place.append(" ", button);
}

// j and k, or the arrow keys, go to the next and the previous page where the page names them.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target.closest("input, select, textarea, button, summary, [tabindex='0']")) return;
  const way = { j: "next", ArrowRight: "next", k: "prev", ArrowLeft: "prev" }[event.key];
  const link = way && document.querySelector(`a[rel="${way}"]`);
  if (link) link.click();
});

// A part of the page that changes while a run goes on is fetched anew and put in its place.
const live = document.querySelector("[data-live]");
if (live) {
  let wait = 2000;
  const look = async () => {
    try {
      const reply = await fetch(location.href, { headers: { accept: "text/html" } });
      const page = reply.ok && new DOMParser().parseFromString(await reply.text(), "text/html");
      const now = page && page.getElementById(live.id);
      const here = document.getElementById(live.id);
      if (now && here) {
        if (now.innerHTML !== here.innerHTML) here.replaceWith(document.adoptNode(now));
        if (!("live" in now.dataset)) return;
        wait = 2000;
      }
    } catch {
      wait = Math.min(wait * 2, 60000);
    }
    setTimeout(look, document.hidden ? 15000 : wait);
  };
  setTimeout(look, wait);
}
