// What differs from one site to the next, written over in a page: pictures of two sites are then alike.

/** Runs in the page. */
export function settle() {
  const RULES = [
    [/\/tmp\/overt-pages-\w+/g, () => "/tmp/overt"],
    [/\b\d{8}T\d{6}Z/g, () => "20260101T000000Z"],
    [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, () => "2026-01-01T00:00:00Z"],
    [/\d{4}-\d\d-\d\d/g, () => "2026-01-01"],
    [/\b\d\d:\d\d UTC/g, () => "00:00 UTC"],
    [/127\.0\.0\.1:\d+/g, () => "127.0.0.1:8080"],
    // Digests and keys: as long as they are, of letters of one width. No word of a text has so many with a digit among them.
    [/\b(?=[a-f]*\d)[0-9a-f]{12,64}\b/g, (found) => "0".repeat(found.length)],
    [/\+[0-9a-f]{8}\+/g, () => "+00000000+"],
    [/(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{40,}={0,2}/g, (found) => (/^0+$/.test(found) ? found : "k".repeat(found.length))],
    [/\b[0-9]+([.,][0-9]+)?\s(ms|µs|s|seconds?|minutes?)\b/g, () => "1 s"],
    [/\b\d+([.,]\d+)?\s(kB|MB|GB|KiB|MiB|GiB|B|bytes)\b/g, () => "1 kB"],
  ];
  const over = (text) => RULES.reduce((settled, [rule, put]) => settled.replace(rule, put), text);
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walk.nextNode()) texts.push(walk.currentNode);
  for (const text of texts) {
    const settled = over(text.data);
    if (settled !== text.data) text.data = settled;
  }
  for (const field of document.querySelectorAll("textarea, input")) field.value = over(field.value);
  document.activeElement?.blur();
}
