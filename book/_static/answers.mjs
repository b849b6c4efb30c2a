// The answer page: its rows narrowed down by words, verdict, rule and kind of evidence, and what is
// folded opened for whoever follows a link into it.

const form = document.querySelector("form.filter");
const rows = [...document.querySelectorAll(".entry")].map(row => {
  const box = row.matches(".asked") ? row.closest("section") : row; // Its heading is the question.
  return { box, text: box.textContent.toLowerCase(), ...row.dataset };
});
// A part goes with the last of its rows.
const parts = [...document.querySelectorAll("section:has(> .entry:not(.asked))")];

const has = (list, wanted) => !wanted || list.split("|").includes(wanted);

function narrow() {
  const { words, verdict, rule, kind } = Object.fromEntries(new FormData(form));
  const all = words.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const fits = has(row.verdict, verdict) && has(row.rules, rule) && has(row.kinds, kind)
      && all.every(word => row.text.includes(word));
    row.box.hidden = !fits;
    shown += fits;
  }
  for (const part of parts)
    part.hidden = [...part.querySelectorAll(":scope > .entry")].every(row => row.hidden);
  form.querySelector("output").textContent = `${shown} of ${rows.length} shown`;
}

function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target?.closest("details");
  if (!folded) return;
  folded.open = true;
  target.scrollIntoView();
}

form.addEventListener("input", narrow);
form.addEventListener("submit", event => event.preventDefault());
addEventListener("hashchange", unfold);
narrow();
unfold();
