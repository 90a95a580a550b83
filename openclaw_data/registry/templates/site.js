
"use strict";
const find = (query) => Array.from(document.querySelectorAll(query));
const speak = (language) => {
  document.documentElement.lang = language;
  for (const link of find("a[data-page]")) link.hash = language;
};
for (const language of ["en", "zh"]) {
  const choice = document.getElementById("show-" + language);
  if (location.hash === "#" + language) choice.checked = true;
  choice.addEventListener("change", () => speak(language));
  if (choice.checked) speak(language);
}
const search = document.getElementById("search");
if (search) {
  const state = document.getElementById("state");
  const rows = find("tr[data-text]");
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = words.every((w) => row.dataset.text.includes(w)) && (!state.value || row.dataset.state === state.value);
      row.hidden = !fits;
      shown += fits;
    }
    for (const place of find(".count")) place.textContent = shown + " / " + rows.length;
    document.getElementById("none").hidden = shown > 0;
  };
  search.addEventListener("input", show);
  state.addEventListener("change", show);
  document.getElementById("finder").hidden = false;
  show();
}
