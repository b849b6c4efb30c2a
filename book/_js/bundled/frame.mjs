// What a page's frame does: theme, search, contents, copy buttons. In place of the theme's scripts
// (190 kB), with its classes, so that its styles apply. See tools/frame.py.

const root = document.documentElement;
const all = selector => [...document.querySelectorAll(selector)];
const one = selector => document.querySelector(selector);
// What no reader sees at once waits until the page is drawn.
const later = work => addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(work));

// A browser may forbid to remember.
function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* Then the choice holds for this page. */ }
}

// Light, dark, or as the system is. What the system isn't comes first, so that one click shows.
const dark = matchMedia("(prefers-color-scheme: dark)");
function setMode(mode) {
  const theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
  Object.assign(root.dataset, { mode, theme });
  remember("mode", mode);
  remember("theme", theme);
}
const modes = () => dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
for (const button of all(".theme-switch-button"))
  button.onclick = () => setMode(modes()[(modes().indexOf(root.dataset.mode) + 1) % 3]);
dark.addEventListener("change", () => root.dataset.mode === "auto" && setMode("auto"));

// The search field, over the page.
const search = one(".search-button__wrapper");
const field = search?.querySelector("input");
let before = null;
function toggleSearch(shown = !search.classList.contains("show")) {
  search.classList.toggle("show", shown);
  if (shown) {
    before = document.activeElement;
    field.focus();
    field.select();
  } else before?.focus();
}
if (search) {
  for (const button of all(".search-button__button")) button.onclick = () => toggleSearch(true);
  search.querySelector(".search-button__overlay").onclick = () => toggleSearch(false);
  const apple = /Mac|iP/.test(navigator.platform);
  if (apple) for (const key of all(".kbd-shortcut__modifier")) key.textContent = "⌘";
  addEventListener("keydown", event => {
    const modified = apple ? event.metaKey : event.ctrlKey;
    if (modified && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      toggleSearch();
    } else if (event.key === "Escape" && search.classList.contains("show")) toggleSearch(false);
  });
}

// The two contents, where they are drawers.
for (const side of ["primary", "secondary"]) {
  const box = one(`#pst-${side}-sidebar-checkbox`);
  const drawer = one(`.bd-sidebar-${side}`);
  const button = one(`.${side}-toggle`);
  if (!box || !drawer || !button) continue;
  button.onclick = () => {
    box.checked = !box.checked;
    if (box.checked) setTimeout(() => drawer.querySelector("a, button")?.focus(), 100);
  };
  drawer.addEventListener("keydown", event => {
    if (event.key === "Escape") {
      box.checked = false;
      button.focus();
    }
  });
}

// The book's contents open where this page stands; and stay there from page to page.
const contents = one(".bd-sidebar-primary");
if (contents && matchMedia("(min-width: 992px)").matches) {
  const here = contents.querySelector("a.current");
  const gap = here && here.getBoundingClientRect().top - contents.getBoundingClientRect().top;
  if (gap > contents.clientHeight / 2) contents.scrollTop = gap - contents.clientHeight / 4;
}

// The page's contents show what is being read.
const links = new Map(all(".bd-toc-nav a[href^='#']").map(
  link => [document.getElementById(decodeURIComponent(link.hash.slice(1))), link]));
links.delete(null);
const seen = new Set();
const spy = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries)
    if (isIntersecting) seen.add(target); else seen.delete(target);
  const current = [...links.keys()].filter(section => seen.has(section)).at(-1);
  for (const [section, link] of links) {
    link.classList.toggle("active", section === current);
    link.parentElement.classList.toggle("active", section === current);
  }
}, { rootMargin: "0px 0px -60%" });
for (const section of links.keys()) spy.observe(section);

// The header has a shadow once the page is scrolled.
const top = one(".sbt-scroll-pixel-helper");
if (top) new IntersectionObserver(([entry]) =>
  document.body.classList.toggle("scrolled", entry.boundingClientRect.y < 0)).observe(top);

// Up again, offered to who scrolls back.
const up = one("#pst-back-to-top");
if (up) {
  let last = 0;
  addEventListener("scroll", () => {
    up.style.display = scrollY > innerHeight && scrollY < last ? "block" : "none";
    last = scrollY;
  }, { passive: true });
  up.onclick = () => scrollTo({ top: 0 });
}

// Whoever has no pointer scrolls wide boxes with the keyboard.
const wide = ".bd-article :is(pre, .output, .pst-scrollable-table-container, div.math)";
function reach() {
  // All are measured before one is changed: the browser then lays the page out once. What is folded
  // isn't laid out at all, and waits until it is opened.
  const boxes = all(wide).filter(box => !box.closest("details:not([open])")).map(box =>
    [box, box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1]);
  for (const [box, scrolls] of boxes)
    if (scrolls) box.tabIndex = 0; else box.removeAttribute("tabindex");
}
let waiting;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(reach, 300);
});
addEventListener("toggle", reach, { capture: true });
later(reach);

// Code can be copied.
later(() => {
  for (const code of all("div.highlight > pre")) code.after(copyButton(code));
});
function copyButton(code) {
  const button = document.createElement("button");
  button.className = "copybtn";
  button.type = "button";
  button.title = "Copy";
  button.setAttribute("aria-label", "Copy");
  button.onclick = async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.classList.add("success");
    setTimeout(() => button.classList.remove("success"), 1500);
  };
  return button;
}

// A formula is copied as the TeX that it was written in.
addEventListener("copy", event => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return;
  const copied = selection.getRangeAt(0).cloneContents();
  const formulas = copied.querySelectorAll("math[alttext]");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const mark = formula.getAttribute("display") === "block" ? "$$" : "$";
    formula.replaceWith(mark + formula.getAttribute("alttext") + mark);
  }
  event.clipboardData.setData("text/plain", copied.textContent);
  event.preventDefault();
});
