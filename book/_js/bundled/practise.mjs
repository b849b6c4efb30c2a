// Exercises answered where they stand, and any cell of a page run in its place. Python comes with the
// first focus, in a worker (python/worker.mjs). What is typed stays in this browser.
// `settings` stands before this text: where Python is to be had, and what each page has a record of,
// written when the book is built.

import { keeps, kept } from "../kept.mjs";
import { alsoAs, chosen, isFirstTry, isMastered, namesOf, noted, says, thisDay } from "../record.mjs";

const here = new URL("./", import.meta.url);
/** A page's address as the book names it. */
const named = (address) => new URL(address).pathname.replace(/.*\/(?=(?:exercises|solutions|deeper)\/)|.*\//, "");
const page = named(location.href);
const practising = page.startsWith("exercises/");
// A check takes less than a second, and a chapter's longest cell a minute: what is still running then
// will hardly end by itself.
const LIMIT = (practising ? 20 : 600) * 1000;

/** A short mark of a text: an answer belongs to a version of its exercise. */
function mark(text) {
  let hash = 5381;
  for (const c of text) hash = (hash * 33 + c.codePointAt(0)) % 4294967291;
  return hash.toString(36);
}

// ---------------------------------------------------------------- Python

const USED = "descent/python";
const BLOCKED = "This browser, or a rule of this site, doesn't let the page run Python. It may be too old.";

/** Python in a worker: one question at a time, one answer each; ended and begun anew where it hangs. */
class Python {
  number = 0;
  waiting = null;

  /** Begin to load it, once; returns a promise that it is there. */
  start() {
    this.started ??= this.begin();
    return this.started;
  }

  async begin() {
    if (!("WebAssembly" in window && "Worker" in window)) throw new Error("This browser is too old to run Python.");
    if (settings.pyodide.includes("://") && !navigator.onLine) throw new Error("There is no network, and Python would come over it. Press again when there is.");
    const at = (name) => new URL(name, here).href;
    const script = at("python/worker.mjs");
    try {
      this.worker = new Worker(script, { type: "module" });
    } catch {
      throw new Error(BLOCKED);
    }
    this.worker.onmessage = ({ data }) => this.hear(data);
    // Its text can be had, so it isn't the network.
    this.worker.onerror = async ({ message }) => this.hear({
      number: this.number, failed: message || "It gave no reason.", blocked: await fetch(script).then(({ ok }) => ok, () => false),
    });
    const { failed, blocked, ended } = await this.ask({
      start: {
        pyodide: new URL(settings.pyodide, here).href, lock: at("python/lock.json"),
        archive: at(settings.archive), script: at("python/runner.py"), progress: kept.get("progress"),
      },
    });
    if (ended) throw new Error("Stopped.");
    if (failed) {
      this.end();
      throw new Error(blocked ? BLOCKED : "Python could not be loaded: is there a network? Press again to try once more.");
    }
    if (keeps) sessionStorage.setItem(USED, page);
  }

  ask(message) {
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.worker.postMessage({ number: (this.number += 1), ...message });
    });
  }

  hear(data) {
    // A cell can post messages too: theirs have no number that is waited for.
    if (data?.stage) this.say?.(data.stage);
    else if (data?.number === this.number && this.waiting) {
      const resolve = this.waiting;
      this.waiting = null;
      resolve(data);
    }
  }

  /** End it, whatever it does; the next start is a new one. */
  end(why) {
    this.worker?.terminate();
    this.started = undefined;
    this.hear({ number: this.number, ended: why ?? "ended" });
  }

  /** Ask something that may take long, or never come to an end. */
  async answer(message, say, limit = LIMIT) {
    this.say = say;
    await this.start();
    const timer = setTimeout(() => this.end("slow"), limit);
    const told = setTimeout(() => say("Still running"), 5000);
    const answer = await this.ask(message);
    clearTimeout(timer);
    clearTimeout(told);
    if (answer.failed) this.end(); // Python itself broke down, and would answer nothing any more.
    if (answer.ended || answer.failed) this.start().catch(() => {}); // For the next try.
    return answer;
  }
}

const python = new Python();
let running = null;

// ---------------------------------------------------------------- cells

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node[name] = value;
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
};

/** The kind of picture that this page shows now, as descent.plot names them. */
function picture() {
  const narrow = matchMedia("(max-width: 720px)").matches, dark = document.documentElement.dataset.theme === "dark";
  return [narrow && "narrow", dark && "dark"].filter(Boolean).join("_") || "light";
}

const texts = new Map();

class Cell {
  constructor(node, index) {
    this.node = node;
    this.index = index;
    this.block = node.querySelector(".cell_input div.highlight");
    this.original = this.block.querySelector("pre").textContent.replace(/\n$/, "");
    // What it checks, and what the learner's functions are called: asked again, they have other names.
    this.own = [...this.original.matchAll(/\bcheck\("[\w-]+", (\w+)\)/g)].map((found) => found[1]);
    this.checked = [...this.original.matchAll(new RegExp(settings.checked, "g"))]
      .map(([, call, name]) => (settings.exhibits.includes(call) ? `${call}-${name}` : name));
    // By its text alone: a cell that comes in above moves no answer.
    const same = texts.get(this.original) ?? 0;
    texts.set(this.original, same + 1);
    // A function that is checked here may stand in a cell above.
    this.handed = [...this.original.matchAll(/\b(?:check|hunt|goal)\("[\w-]+", (\w+)/g)].map((found) => found[1]);
    this.key = `answers/${page}/${mark(this.original)}${same ? `/${same}` : ""}`;
    this.text = kept.get(this.key) ?? this.original;
    // What stands below the cell is the answer to this text.
    this.answered = this.original;
    this.mine = kept.get(`before/${this.key}`); // What was laid aside for a new start.
    this.before = node.querySelector(":scope > .cell_output");
    this.verb = this.checked.length ? "Check" : "Run";
  }

  /** Put an editor in the place of the code: a text field, which becomes more when it is used. */
  open() {
    if (this.field) return;
    const pre = this.block.querySelector("pre");
    const named = this.checked.length ? `Your answer: ${this.checked.join(", ")}` : "The code of this cell";
    this.field = make("textarea", {
      class: "code", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", "aria-label": named,
      "aria-describedby": `keys-${this.index}`,
    });
    this.field.value = this.text;
    this.fit();
    this.field.addEventListener("input", () => this.changed(this.field.value));
    this.field.addEventListener("focus", () => this.prepare());
    for (const event of ["keyup", "click"]) this.field.addEventListener(event, () => this.pointed());
    this.button = make("button", { type: "button", class: "run", title: "Shift+Enter", onclick: () => this.run() }, this.verb);
    this.undo = make("button", { type: "button", class: "quiet", onclick: () => this.restore() }, "Start over");
    this.redo = make("button", { type: "button", class: "quiet", onclick: () => this.bringBack() }, "Bring mine back");
    this.state = make("span", { class: "state", role: "status" });
    // Seconds, which a screen reader would read each time.
    this.clock = make("span", { class: "state", "aria-hidden": "true" });
    const keys = make("span", { class: "keys", id: `keys-${this.index}` }, `Esc, then Tab: leave · Ctrl+Enter: ${this.verb.toLowerCase()}`);
    this.tools = make("p", { class: "tools" }, this.button, this.undo, this.redo, this.state, this.clock, keys);
    // As in a notebook; before the editor, to which Enter is a new line.
    this.block.addEventListener("keydown", (event) => {
      const isRun = event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey);
      if (!isRun && !(event.altKey && /^Arrow(Up|Down)$/.test(event.key))) return;
      event.preventDefault();
      event.stopPropagation();
      if (!isRun) this.move(event.key === "ArrowDown");
      else if (running !== this) this.run();
    }, { capture: true });
    pre.replaceWith(this.field);
    this.block.querySelector(".copybtn")?.remove();
    this.block.closest(".cell_input").append(this.tools);
    this.node.classList.add("edited");
    if (this.node.matches(".tag_order")) this.order();
    // The stored answer is to what stood here first.
    if (this.text !== this.original) this.before?.remove();
    this.told();
  }

  /** For lines to put in order: two buttons that move one, since a thumb has no Alt key. */
  order() {
    this.place = make("span", { class: "state", role: "status" });
    const [up, down] = ["Line up", "Line down"].map((words, at) => make("button", {
      type: "button", title: `Alt+${"↑↓"[at]}`, onclick: () => this.move(at === 1),
      onmousedown: (event) => event.preventDefault(), // The cursor stays where it is seen.
    }, words));
    this.tools.before(make("p", { class: "moves" }, up, down, this.place));
    this.point(2);
    this.pointed();
  }

  /** The first and the last line of the selection, from 0. */
  lines() {
    const { from, to } = this.editor?.range() ?? { from: this.field.selectionStart, to: this.field.selectionStart };
    return [from, to].map((at) => this.text.slice(0, at).split("\n").length - 1);
  }

  /** Move the line of the cursor down, or up. One of those to put in order stays in its function. */
  move(down) {
    const [from, to] = this.lines(), [first, last] = body(this.text);
    if (this.place && (from < first + !down || to > last - down)) return;
    if (this.editor) this.editor.move(down);
    else {
      const moved = lineMoved(this.field.value, this.field.selectionStart, down);
      this.field.value = moved.text;
      this.field.setSelectionRange(moved.at, moved.at);
      this.changed(moved.text);
    }
    this.pointed("polite");
  }

  /** Say which line would move: aloud only when one has, since an editor reads the cursor's line. */
  pointed(live = "off") {
    if (!this.place) return;
    const [at] = this.lines(), [first, last] = body(this.text);
    this.place.setAttribute("aria-live", live);
    this.place.textContent = `Line ${at + 1}${at < first || at > last ? " stays where it is." : `: ${this.text.split("\n")[at].trim()}`}`;
    this.field.style.setProperty("--at", at);
  }

  /** As many lines as there are, so that nothing scrolls up and down inside. */
  fit() {
    if (!this.editor) this.field.rows = Math.max(2, this.text.split("\n").length);
  }

  changed(text) {
    this.text = text;
    this.fit();
    if (text === this.original) kept.drop(this.key);
    else kept.set(this.key, text);
    this.told();
    for (const cell of cells) if (cell.field && cell.above.includes(this)) cell.told();
  }

  /** The other cells with functions that this one hands in. */
  get above() {
    const begins = this.handed.map((name) => new RegExp(`^def ${name}\\(`, "m"));
    return cells.filter((cell) => cell !== this && begins.some((one) => one.test(cell.original)));
  }

  told() {
    this.undo.hidden = this.text === this.original;
    this.redo.hidden = !this.mine || this.text === this.mine;
    this.node.classList.toggle("changed", this.text !== this.original);
    const shown = this.output ?? (this.before?.isConnected && this.before);
    const differs = shown && this.above.some((cell, i) => cell.text !== (this.given?.[i] ?? cell.original));
    const stale = (this.text !== this.answered || differs) && running !== this;
    if (stale) this.state.textContent = shown ? `Changed since: press ${this.verb}.` : this.text === this.original ? "" : `Yours, as you left it: press ${this.verb}.`;
    else if (this.state.textContent.endsWith(`press ${this.verb}.`)) this.state.textContent = "";
    this.node.classList.toggle("stale", stale);
  }

  /** What stood here first, with its answer; the learner's own is laid aside. */
  restore() {
    this.layAside();
    this.output?.remove();
    this.output = null;
    if (this.before) this.node.append(this.before);
    this.answered = this.original;
    this.given = null;
    this.node.classList.remove("at-error");
    this.put(this.original);
  }

  /** What is written as it was asked again doesn't take the place of the answer that was there. */
  layAside() {
    if (this.text !== this.original && !(this.isAgain && this.mine)) kept.set(`before/${this.key}`, (this.mine = this.text));
  }

  get isAgain() {
    return this.own.some((name) => this.text.includes(`${name}_again`));
  }

  /**
   * The exercise as it stood here first, to be written once more; what was begun today stays. Until it
   * is right, or given up, nothing else of its section is in view that may be the answer, or close to it.
   */
  again() {
    const begun = `again/${this.key}`;
    this.open();
    if (!this.isAgain || kept.get(begun) !== thisDay()) {
      this.layAside();
      kept.set(begun, thisDay());
      const names = new RegExp(`\\b(${this.own.join("|")})\\b`, "g");
      this.set((this.answered = this.original.replace(names, "$1_again")));
    }
    this.before?.remove();
    this.told();
    this.state.textContent = `Once more, without looking it up.${this.mine ? " Your earlier answer is kept." : ""}`;
    const section = this.node.closest("section:has(> h2)"), asks = "predict-number, predict-choice, predict-explain";
    const others = cells.map(({ node }) => node).filter((node) => node.matches(".answered") || node.querySelector(asks));
    this.covered = [...section.querySelectorAll(":scope > section"), ...others]
      .filter((node) => section.contains(node) && !node.contains(this.node));
    for (const node of this.covered) node.hidden = true;
    this.giveUp = make("button", { type: "button", class: "quiet", onclick: () => this.uncover() }, "Show what is hidden");
    if (this.covered.length) this.redo.after(this.giveUp);
    // With the section's beginning, where both have room.
    const show = (node) => node.scrollIntoView({ behavior: "instant" });
    show(section);
    let above = this.node;
    while ((above = above.previousElementSibling)?.hidden);
    if (this.node.getBoundingClientRect().bottom > innerHeight) show(above ?? this.node);
  }

  uncover() {
    const { top } = this.node.getBoundingClientRect();
    for (const node of this.covered) node.hidden = false;
    this.covered = null;
    this.giveUp.remove();
    scrollBy({ top: this.node.getBoundingClientRect().top - top, behavior: "instant" });
    // A reload would hide it again.
    history.replaceState(null, "", location.pathname + location.hash);
  }

  bringBack() {
    if (this.covered) this.uncover(); // It is given up.
    this.output?.remove();
    this.output = null;
    this.before?.remove();
    this.answered = null;
    this.put(this.mine);
  }

  set(text) {
    this.editor?.set(text);
    this.field.value = text;
    this.changed(text);
  }

  put(text) {
    this.set(text);
    (this.editor ?? this.field).focus();
  }

  /** At the first focus: Python begins to load, and the text field becomes an editor. */
  prepare() {
    this.loaded ??= import(new URL("editor.mjs", here)).then(
      ({ edit }) => (this.editor = edit(this.field, (text) => this.changed(text), this.place && (() => this.pointed()))),
      () => {}, // Then it stays a plain text field.
    );
    python.say ??= (stage) => (this.state.textContent = `${stage} …`);
    python.start().then(
      () => (this.state.textContent = this.state.textContent.endsWith("…") && running !== this ? "Python is ready." : this.state.textContent),
      () => {},
    );
  }

  async run() {
    if (running === this) return python.end("stopped");
    if (running) return void (this.state.textContent = "Another cell is running.");
    running = this;
    this.open();
    this.button.textContent = "Stop";
    this.node.setAttribute("aria-busy", "true");
    const say = (stage) => (this.state.textContent = `${stage} …`);
    const asked = this.text, given = this.above.map((cell) => cell.text), begun = performance.now();
    const ticks = setInterval(() => (this.clock.textContent = `${Math.round((performance.now() - begun) / 1000)} s`), 1000);
    say(python.started ? "Running" : "Loading Python (9 MB, once)");
    let answer;
    try {
      const run = { cells: cells.map((cell) => alsoAs(cell.text, cell.own)), index: this.index, picture: picture(), seconds: LIMIT / 1000 - 5 };
      // As it is now: another tab, or a question, may have written more.
      answer = await python.answer({ run, progress: kept.get("progress") }, say);
      if (answer.failed) answer.failed = `Python broke down here, and starts anew. ${answer.failed}`;
    } catch (error) {
      answer = { failed: error.message };
    }
    clearInterval(ticks);
    running = null;
    this.button.textContent = this.verb;
    this.node.removeAttribute("aria-busy");
    this.state.textContent = this.clock.textContent = "";
    this.answered = asked;
    this.given = given;
    this.show(answer, asked);
    this.told();
  }

  show({ outputs, failed, ended, progress: done }, asked) {
    if (ended === "slow")
      outputs = [{ error: `This did not come to an end within ${LIMIT / 1000} seconds, and was stopped. Is there a loop that never ends? Python starts anew.` }];
    else if (ended) outputs = [{ error: "Stopped. Python starts anew." }];
    else if (failed) outputs = [{ error: failed }];
    const [, lacking] = outputs[0]?.stdout?.match(/^Skipped: this cell needs (.*)\.\n/) ?? [];
    // What was computed elsewhere says more than that it can't be computed here. But in an exercise,
    // and of a cell that was changed, it is an answer to something else.
    if (lacking && !practising && asked === this.original) {
      this.output?.remove();
      this.output = null;
      if (this.before) this.node.append(this.before);
      this.node.classList.remove("at-error");
      return void (this.state.textContent = `A page has no ${lacking}: what stands here was computed with it before.`);
    }
    if (lacking) outputs = [{ error: `A page has no ${lacking}, so ${this.checked.length ? "nothing was checked" : "this did not run"}. ${this.checked.length ? "Does your answer call it? What your function needs is handed in. " : ""}With ${lacking}, run the notebook on your machine.` }];
    const line = outputs.find((output) => output.line)?.line;
    this.output?.remove();
    this.before?.remove();
    this.output = make("div", { class: "cell_output", role: "region", "aria-label": "Output" }, ...outputs.map(drawn));
    for (const { walks } of outputs) if (walks) this.output.append(watcher(walks));
    this.node.append(this.output);
    if (!outputs.length) this.state.textContent = "Done. Nothing was shown.";
    else this.state.textContent = summary(this.output);
    this.node.classList.toggle("at-error", Boolean(line));
    const reports = [...this.output.querySelectorAll(".practice")];
    this.node.classList.toggle("right", reports.length > 0 && reports.every((report) => report.textContent.startsWith("✓")));
    if (line) this.point(line);
    if (done) wrote(done);
    if (!practising || !this.node.matches(".right")) return;
    const now = record(), isOld = this.checked.some((name) => now[name]?.last < thisDay());
    if (isOld) this.state.textContent = "Right as before. An earlier answer, run once more, doesn't count as written again.";
    else if (this.covered) this.uncover();
  }

  /** Put the cursor into the line that an error came from, without taking the focus away. */
  point(line) {
    if (this.editor) return this.editor.point(line);
    const before = this.text.split("\n").slice(0, line - 1).join("\n").length + (line > 1);
    this.field.setSelectionRange(before, before);
  }
}

/** A text with the line of a place in it moved by one, and that place. */
function lineMoved(text, at, down) {
  const lines = text.split("\n"), from = text.slice(0, at).split("\n").length - 1, to = from + (down ? 1 : -1);
  if (to < 0 || to === lines.length) return { text, at };
  const [line] = lines.splice(from, 1), over = lines[Math.min(from, to)];
  lines.splice(to, 0, line);
  return { text: lines.join("\n"), at: at + (down ? 1 : -1) * (over.length + 1) };
}

/** The first and the last line inside of a text's function, from 0. */
function body(text) {
  const lines = text.split("\n"), first = lines.findIndex((line) => line.startsWith("def ")) + 1;
  const below = lines.findIndex((line, i) => i >= first && /^[^\s#]/.test(line));
  return [first, lines.findLastIndex((line, i) => line.trim() && (below < 0 || i < below))];
}

/** What a screen reader hears when an answer has come: its first sentence. */
function summary(output) {
  const first = output.querySelector(".practice p")?.textContent ?? output.querySelector(".error")?.textContent ?? "";
  return first ? "" : "Done.";
}

/** One output as an element. */
function drawn(output) {
  if ("error" in output) return make("p", { class: "error", role: "alert" }, output.error);
  const said = output.stdout ?? output.stderr ?? output["text/plain"];
  if (said !== undefined) return make("div", { class: "output" }, make("pre", {}, said));
  const { alt = "", width, height } = output.about ?? {};
  if ("image/png" in output)
    return make("img", { class: "dark-light", src: `data:image/png;base64,${output["image/png"]}`, alt, width: width ?? false, height: height ?? false });
  if ("text/markdown" in output)
    return make("div", { class: "output" }, make("pre", {}, output["text/markdown"].replace(/^```.*\n?/gm, "")));
  const node = make("div", { class: "output text_html", role: "status" });
  node.innerHTML = output["text/html"];
  for (const code of node.querySelectorAll("code")) code.classList.toggle("kept", code.textContent.length < 17);
  if (node.querySelector("descent-figure")) dispatchEvent(new Event("figure"));
  return node;
}

/** A button that puts a rule that was checked into a figure, beside the right one. */
function watcher(walks) {
  const state = make("span", { class: "state", role: "status" });
  const button = make("button", { type: "button" }, "Watch it walk");
  const box = make("div", { class: "watched" }, make("p", { class: "tools" }, button, state));
  const say = (text) => (state.textContent = text);
  button.onclick = async () => {
    if (running) return say("Another cell is running.");
    running = box;
    let answer;
    try {
      answer = await python.answer({ watch: walks }, (stage) => say(`${stage} …`));
    } catch (error) {
      answer = { failed: error.message };
    }
    running = null;
    const { html, remote, problem } = answer.watched ?? {};
    if (!html) return say(problem ?? answer.failed ?? "This did not come to an end, and was stopped. Python starts anew.");
    say("Where only one path is seen, yours and the right one are the same.");
    // It comes to life where it is put: its model must be there before.
    const parsed = make("template");
    parsed.innerHTML = html;
    const figure = parsed.content.firstElementChild;
    if (remote) figure.model = walking(JSON.parse(figure.getAttribute("spec")), say);
    box.querySelector("descent-figure")?.remove();
    box.append(figure);
    dispatchEvent(new Event("figure"));
  };
  return box;
}

/** What a figure asks for its walks, as anywidget's model: Python walks in the worker. */
function walking({ settings }, say) {
  const values = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  const heard = {};
  let asking = false, again = false;
  const model = {
    get: (name) => values[name],
    set: (name, value) => (values[name] = value),
    on: (event, act) => (heard[event] = act),
    off: (event) => delete heard[event],
    async save_changes() {
      again = asking;
      if (asking) return;
      if (running) return say("Another cell is running.");
      running = asking = model;
      const { _sent, ...at } = values;
      const answer = await python.answer({ walk: at }, () => {}).catch((error) => ({ failed: error.message }));
      running = asking = null;
      if (!answer.walked) return say("Python was started anew: check it again first.");
      values._sent = answer.walked;
      heard["change:_sent"]?.();
      if (again) model.save_changes();
    },
  };
  model.save_changes();
  return model;
}

const cells = [...document.querySelectorAll("div.cell:has(> .cell_input pre), div.cell:has(details.hide .cell_input pre)")]
  .map((node, index) => new Cell(node, index));

for (const cell of cells) {
  if (cell.node.matches(".answered")) cell.open();
  else if (cell.text !== cell.original) cell.open();
  else {
    const button = make("button", { type: "button", class: "try", title: "Run or change this cell", "aria-label": "Run or change this cell" });
    button.onclick = () => {
      button.remove();
      cell.open();
      cell.run();
    };
    cell.block.append(button);
  }
}

// ---------------------------------------------------------------- progress

/** Keep what has been done, and show it: on this page, and in the contents. */
function wrote(text) {
  kept.set("progress", text);
  told();
}

/** What has been done, an entry for each name. */
const record = () => kept.read("progress");

/** How much is done of these names. */
function counted(names, done) {
  const of = (is) => names.filter((name) => is(done[name])).length;
  const passed = of((entry) => entry?.passed), first = of(isFirstTry), mastered = of(isMastered);
  const short = `${passed} of ${names.length}`;
  // An exercise may ask for several.
  const said = [`${short} answers done`, first ? `${first} at the first try` : "", mastered ? `${mastered} mastered` : ""];
  return { passed, short, long: said.filter(Boolean).join(", ") };
}

function told() {
  const done = record();
  for (const cell of cells)
    if (practising && cell.checked.length) cell.node.classList.toggle("passed", cell.checked.every((name) => done[name]?.passed));
  for (const link of document.querySelectorAll(".bd-sidebar-primary a")) {
    const at = named(link.href), names = settings.names[at];
    const { passed, short } = counted(names ?? [], done);
    const state = names ? passed && short : kept.get(`pages/${at}`);
    link.querySelector(".done")?.remove();
    if (state) link.append(make("span", { class: "done" }, ` ${state}`));
  }
  const line = document.querySelector(".page-progress");
  if (line) line.textContent = `${counted(settings.names[page] ?? [], done).long}.`;
  const place = document.querySelector("#progress-here");
  if (place) place.replaceChildren(...overview(done));
  const plan = document.querySelector("#today-here");
  if (plan) {
    const known = JSON.parse(document.querySelector("#course").textContent);
    plan.replaceChildren(...asked(done, known));
    day(done, known);
  }
}

/** A question that was answered on the page. */
addEventListener("descent-answered", ({ detail: { name, passed, mistake } }) => {
  if (!name) return; // A chapter's questions have none: they are to be thought about, and no exercise.
  const done = record();
  done[name] = noted(done[name], passed, mistake, thisDay());
  wrote(JSON.stringify(done, null, 1));
});

/** On the practice page: what is asked again today, and what comes next in the plan. */
function asked(done, known) {
  const today = thisDay(), [recalls, number] = chosen(done, today, known);
  const place = (at, title, exercise, name) =>
    make("a", { href: `exercises/${at}.html${name ? `?again=${name}` : ""}#exercise-${exercise}` }, title);
  const items = recalls.map(({ name, mistake, day, done: already }) => {
    const [at, exercise, title, kind] = known.sections.find((section) => section[4].includes(name));
    const link = place(at, kind === "Write" ? name : title, exercise, kind === "Write" && name);
    const when = mistake && new Date(`${day}T12:00`).toLocaleDateString("en", Date.parse(today) - Date.parse(day) < 7 * 864e5 ? { weekday: "long" } : { month: "long", day: "numeric" });
    return make("li", {}, already ? "✓ " : "", link, ` (${known.titles[at]}, exercise ${exercise}).`, when ? ` On ${when}, this was said of your answer: “${says(known, name, mistake)}”` : "");
  });
  const rest = make("p", {});
  if (number) {
    const [chapter, sections] = known.days[number - 1];
    const parts = [...new Set(sections.map(([at]) => at))].map((at) => {
      const numbers = sections.filter((section) => section[0] === at).map((section) => section[1]);
      return [numbers.length > 1 ? "exercises " : "exercise ", ...numbers.flatMap((one, i) => [i ? ", " : "", place(at, one, one)]), ` of ${known.titles[at]}`];
    });
    if (chapter) parts.unshift(["read ", make("a", { href: `${chapter}.html` }, known.titles[chapter])]);
    rest.append(items.length ? "Then, in the plan, day " : "Nothing is asked again yet. In the plan, day ", `${number}: `, ...parts.flatMap((part, i) => [i ? "; " : "", ...part]), ".");
  } else rest.append("The plan is done.");
  return [...(items.length ? [make("ol", {}, ...items)] : []), rest];
}

/** In the plan's table, the row of each day: how much of it is done. */
function day(done, known) {
  const rows = document.querySelector("#course").parentElement.querySelectorAll("tbody tr");
  known.days.forEach(([, sections], i) => {
    const names = sections.flatMap((at) => namesOf(at, known));
    const { passed, short } = counted(names, done);
    // The cell before the last: days that read nothing have no column for it.
    const text = rows[i].querySelector("td:nth-last-child(2) p");
    text.querySelector(".done")?.remove();
    if (passed) text.append(make("span", { class: "done" }, passed < names.length ? ` ${short} done` : " ✓ done"));
  });
}

/** On the practice page: what was done, and the answers to take along. */
function overview(done) {
  const names = Object.values(settings.names).flat();
  const tried = names.filter((name) => done[name] && !done[name].passed);
  const read = kept.keys().filter((key) => key.startsWith("pages/") && kept.get(key) === READ);
  const mastered = names.filter((name) => isMastered(done[name]));
  const said = [`In this browser, ${counted(names, done).long}${mastered.length ? ` (${mastered.join(", ")})` : ""}`, tried.length ? `tried: ${tried.join(", ")}` : ""];
  if (read.length) said.push(`${read.length} ${read.length > 1 ? "chapters" : "chapter"} read`);
  const file = make("input", { type: "file", accept: ".json", class: "visually-hidden", id: "answers-file", "aria-label": "A file of answers" });
  file.onchange = async () => load(await file.files[0].text());
  const mine = () => JSON.stringify(Object.fromEntries(kept.keys().map((key) => [key, kept.get(key)])), null, 1);
  return [
    make("p", {}, `${said.filter(Boolean).join("; ")}. What you type stays in this browser, and nowhere else.`),
    make("p", {}, make("button", { type: "button", onclick: () => save("my-answers.json", mine()) }, "Download my answers"), " ",
      make("button", { type: "button", onclick: () => save("progress.json", kept.get("progress") ?? "{}") }, "Download my progress"), " ",
      make("button", { type: "button", onclick: () => file.click() }, "Load them"), file,
      make("span", { role: "status", id: "answers-state" })),
  ];
}

function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function load(text) {
  const state = document.querySelector("#answers-state");
  try {
    const found = JSON.parse(text), all = Object.entries(found);
    // `my-work/progress.json`, or what was downloaded here.
    const progress = all.length && all.every(([, one]) => typeof one?.passed === "boolean");
    const entries = progress ? [["progress", text]] : all.filter(([key, value]) => /^(again|answers|asked|before|explained|pages|progress)\b/.test(key) && typeof value === "string");
    if (!entries.length) throw new Error("Nothing of this book is in it.");
    for (const [key, value] of entries) kept.set(key, value);
    told();
    document.querySelector("#answers-state").textContent = ` ${progress ? all.length : entries.length} loaded.`;
  } catch {
    state.textContent = " That isn't a file of answers from here.";
  }
}

// A chapter is read when its end has been seen.
const READ = "read";
const end = document.querySelector(".prev-next-area, .prev-next-footer");
if (end && cells.length && !page.includes("/") && !kept.get(`pages/${page}`)) {
  const seen = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting || scrollY < innerHeight) return;
    seen.disconnect();
    kept.set(`pages/${page}`, READ);
    told();
  });
  seen.observe(end);
}

if (!keeps && document.querySelector(".answered")) {
  const note = make("p", { class: "aside" }, "This browser keeps nothing of this page, perhaps since the window is private: copy what you want to keep.");
  document.querySelector("article h1")?.after(note);
}
told();

// From "today": to an exercise by its number, and perhaps to write it again.
const wanted = new URL(location.href).searchParams.get("again"), number = location.hash.match(/^#exercise-(\d+)$/)?.[1];
const again = cells.find((cell) => wanted && cell.checked.includes(wanted) && cell.own.length);
if (again) again.again();
else if (number) [...document.querySelectorAll("article h2")].find((heading) => heading.textContent.startsWith(`${number}.`))?.scrollIntoView();

// Who ran something on another page will here, too: then it is ready when they are. From elsewhere it
// comes when it is asked for, never before.
if (practising && keeps && sessionStorage.getItem(USED) && !settings.pyodide.includes("://"))
  (window.requestIdleCallback ?? setTimeout)(() => python.start().catch(() => {}));
