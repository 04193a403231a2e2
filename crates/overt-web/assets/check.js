// Verifies the record of this page again, here, with what the reader brings. Nothing is sent anywhere: the bundle is fetched
// from this site, and everything else happens in this browser.
const place = document.querySelector("[data-bundle]");
const form = place && place.querySelector("form");
const list = place && place.querySelector("ol");
const said = place && place.querySelector("[role=status]");
const words = { passed: ["good", "holds"], failed: ["bad", "does not hold"], not_checked: ["open", "not checked"] };

function show(report) {
  list.replaceChildren();
  if (report.error) {
    said.textContent = "This cannot be checked: " + report.error;
    return;
  }
  for (const check of report.checks) {
    const [tone, word] = words[check.outcome] || words.not_checked;
    const item = document.createElement("li");
    const badge = document.createElement("span");
    badge.className = "badge " + tone;
    badge.textContent = word;
    const title = document.createElement("b");
    title.textContent = check.title;
    const detail = document.createElement("div");
    detail.className = "note";
    detail.textContent = check.detail;
    item.append(badge, " ", title, detail);
    list.append(item);
  }
  const failed = report.checks.filter((check) => check.outcome === "failed").length;
  const open = report.checks.filter((check) => check.outcome === "not_checked").length;
  said.textContent = report.ok
    ? "Every check that was made holds" + (open ? "; " + open + " could not be made, for the reasons given." : ".")
    : failed + (failed === 1 ? " check does not hold." : " checks do not hold.");
}

async function run() {
  said.textContent = "Checking …";
  try {
    const { verify } = await import(new URL(place.dataset.verifier, document.baseURI).href);
    const reply = await fetch(place.dataset.bundle);
    if (!reply.ok) throw new Error("the bundle could not be fetched (" + reply.status + ")");
    const file = new Uint8Array(await reply.arrayBuffer());
    const text = (name) => form.elements[name].value.trim();
    const trust = {};
    if (text("policy")) trust.policy = text("policy") + "\n";
    if (text("trust")) trust.trust = text("trust") + "\n";
    show(await verify(file, trust));
  } catch (error) {
    list.replaceChildren();
    said.textContent = "This could not be checked here: " + error.message;
  }
}

if (form) {
  place.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  run();
}
