// What the report's form can do better with JavaScript: the draft stays in this browser until it is handed in, and files are
// hashed here, so that only their digests are sent. Without it nothing is missing.
"use strict";

const KEPT = "overt-report";
const form = document.querySelector("form[data-report]");

if (document.querySelector("[data-report-sent]")) {
  try { localStorage.removeItem(KEPT); } catch { /* This browser keeps nothing. */ }
}

if (form) {
  const { draft, seal, step } = form.elements;
  try {
    if (draft.value !== "{}") {
      localStorage.setItem(KEPT, JSON.stringify({ draft: draft.value, seal: seal.value, step: step.value }));
    } else {
      offer(JSON.parse(localStorage.getItem(KEPT)));
    }
  } catch { /* This browser keeps nothing. */ }
  for (const digest of form.querySelectorAll('input[name^="a.attachments."][name$=".sha256"]')) hashing(digest);
}

// Goes on with a draft that this browser kept.
function offer(kept) {
  if (!kept) return;
  const place = document.createElement("p");
  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = words;
    made.addEventListener("click", act);
    place.append(made, " ");
  };
  button("Go on with the report that this browser keeps", () => {
    form.elements.draft.value = kept.draft;
    form.elements.seal.value = kept.seal;
    const go = document.createElement("input");
    Object.assign(go, { type: "hidden", name: "go", value: "edit:" + kept.step });
    // The answers of this page would be put into the draft that was kept.
    form.elements.step.value = "review";
    form.append(go);
    form.submit();
  });
  button("Forget it", () => { localStorage.removeItem(KEPT); place.remove(); });
  form.before(place);
}

// A file chooser that fills in name, type, size and digest. The file itself is not sent.
function hashing(digest) {
  const field = (name) => form.elements[digest.name.replace(/sha256$/, name)];
  const label = document.createElement("label");
  const chooser = document.createElement("input");
  const said = document.createElement("p");
  chooser.type = "file";
  chooser.id = digest.name + ".chooser";
  label.htmlFor = chooser.id;
  label.textContent = "Choose the file to fill this in; it stays on your machine";
  said.className = "hint";
  said.setAttribute("role", "status");
  digest.after(label, chooser, said);
  chooser.addEventListener("change", async () => {
    const file = chooser.files[0];
    if (!file || !globalThis.crypto?.subtle) return;
    said.textContent = "Reading the file …";
    try {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      digest.value = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
      field("name").value = file.name;
      field("mediaType").value = file.type || "application/octet-stream";
      field("size").value = String(file.size);
      said.textContent = "Filled in.";
    } catch {
      said.textContent = "The file can’t be read here. Its digest can be typed instead, as `sha256sum` prints it.";
    }
  });
}
