// Search in the entries of search-index.js: every search term must be the beginning of a word of the entry.
"use strict";
(function () {
  const field = document.getElementById("q");
  const list = document.getElementById("results");
  const status = document.getElementById("found");
  const MOST = 60;

  function plain(text) {
    return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }
  const entries = window.PAYUNG_INDEX.map(function (e) {
    return { title: e[0], kind: e[1], href: e[2], words: plain(e[0] + " " + e[3]).split(/[^a-z0-9]+/), name: plain(e[0]), code: plain(e[3]) };
  });

  function matches(entry, terms) {
    return terms.every(function (word) {
      return entry.words.some(function (w) { return w.startsWith(word); });
    });
  }

  function show() {
    const text = plain(field.value.trim());
    const terms = text.split(/[^a-z0-9]+/).filter(Boolean);
    list.replaceChildren();
    if (!terms.length) { status.textContent = ""; return; }
    const found = entries.filter(function (e) { return matches(e, terms); });
    // Entries with the search text in their name come before entries that only mention it.
    const first = found.filter(function (e) { return e.name.includes(text) || e.code.split(" ")[0] === text; });
    const empty = function (e) { return e.kind.includes("no value yet") ? 1 : 0; };
    first.sort(function (a, b) { return empty(a) - empty(b); });
    const all = first.concat(found.filter(function (e) { return !first.includes(e); }));
    status.textContent = all.length === 0 ? "Nothing found for “" + field.value + "”. Try fewer or shorter words."
      : all.length + (all.length === 1 ? " page" : " pages") + " found" + (all.length > MOST ? ", the first " + MOST + " shown" : "") + ".";
    all.slice(0, MOST).forEach(function (e) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = e.href;
      link.textContent = e.title;
      item.append(link, " ", Object.assign(document.createElement("small"), { textContent: e.kind }));
      list.append(item);
    });
  }
  field.value = new URLSearchParams(location.search).get("q") || "";
  field.addEventListener("input", show);
  show();
})();
