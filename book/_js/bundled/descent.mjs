// The page's own life of the course's questions: no kernel, no library, no network; and what fetches
// its figures. The judging is a twin of predict.py, and tests/test_predict.py holds the two together.

import { kept } from "../kept.mjs";

const SCALES = new Map(Object.entries({
  "%": 0.01, percent: 0.01, k: 1e3, thousand: 1e3, M: 1e6, million: 1e6, billion: 1e9, trillion: 1e12,
}));
const TIMES = new Set(["x", "×", "time", "fold"]);

const WORD = "[A-Za-zµα-ω]+";
const PLAIN = [
  [/[ \t\r\n\u00a0\u2000-\u200a\u202f]+/g, " "],
  [/[−–]/g, "-"],
  [/\*\*/g, "^"],
  [/\^ ?[({]([^(){}]*)[)}]/g, "^$1"],
  [/([0-9.,]) ?[x×] ?(?=[0-9.,+-])/g, "$1*"],
  [/[·⋅]/g, "*"],
  [/÷/g, "/"],
];
const BEFORE = "[Aa]bout|[Aa]round|[Rr]oughly|[~≈=]|[A-Za-zα-ω][A-Za-zα-ω0-9_]* ?=";
const GIVEN = new RegExp(`(${WORD}) ?(?:=|is|was) ?[0-9.−-]`, "g");

const key = (word) => (word.length > 3 ? word.toLowerCase().replace(/s$/, "") : word.toLowerCase());

/** All finite numbers that a text can mean, as read_numbers of predict.py finds them. */
export function readNumbers(text, question = "") {
  let plain = text.replace(/[⁻⁰¹²³⁴-⁹]+/g, (raised) => `^${raised.normalize("NFKC")}`);
  for (const [written, meant] of PLAIN) plain = plain.replace(written, meant);
  plain = plain.replace(/^ | $/g, "");
  const units = new Set((question.match(new RegExp(`%|${WORD}`, "g")) ?? []).map(key));
  for (const [, name] of question.matchAll(GIVEN)) units.delete(key(name));
  const values = readWith(plain, ".", units);
  if (!values.length || plain.includes(",")) values.push(...readWith(plain, ",", units));
  return values.filter(Number.isFinite);
}

function readWith(text, point, units) {
  const between = `[${point === "." ? "," : "."}'_ ]`;
  const whole = `(?:[1-9][0-9]{0,2}(?:${between}[0-9]{3})+|[0-9]+)`;
  const number = `(?:${whole}(?:[${point}][0-9]*)?|[${point}][0-9]+)(?:[eE][+-]?[0-9]+)?`;
  const factor = `[+-]? ?${number}(?: ?\\^ ?[+-]? ?${number})?`;
  const match = new RegExp(
    `^(?:(?:${BEFORE}) ?)?(${factor}(?: ?[*/] ?${factor})*) ?([A-Za-zµα-ω×% ]*)$`,
  ).exec(text);
  if (!match) return [];
  let scales = [1];
  for (const word of match[2].match(new RegExp(`%|×|${WORD}`, "g")) ?? []) {
    const known = units.has(key(word));
    const scale = SCALES.get(word) ?? SCALES.get(key(word));
    if (scale) scales = [...scales.map((s) => s * scale), ...(known ? scales : [])];
    else if (!known && !TIMES.has(key(word))) return [];
  }
  const [first, ...rest] = match[1].replace(new RegExp(between, "g"), "").replaceAll(point, ".").split(/([*/])/);
  let result = power(first);
  for (let i = 0; i < rest.length; i += 2) {
    const next = power(rest[i + 1]);
    if (!Number.isFinite(next) || (rest[i] === "/" && next === 0)) return [];
    result = rest[i] === "*" ? result * next : result / next;
  }
  return scales.map((scale) => result * scale);
}

function power(part) {
  const [base, exponent] = part.split("^").concat("1").map(Number);
  if (!Number.isFinite(base) || !Number.isFinite(exponent)) return Infinity;
  const size = Math.abs(base) ** exponent;
  return base < 0 ? -size : size;
}

const RIGHT = "Right. ", WRONG = "Not yet. ", CHOOSE = "Choose one of the answers.";
const NOT_A_NUMBER =
  "That isn't a number yet. Type one such as 0.05, 2,500, 1e-3, 1/20, 5 % or 10^-5, alone or in " +
  "the question's unit.";
const FAR = [
  "Too large, by more than a factor of ten.",
  "Too large.",
  "Too small.",
  "Too small, by more than a factor of ten.",
];

export function judgeNumber(text, { answer, within, why, wrong }, question = "") {
  const values = readNumbers(text, question);
  const near = (target) => values.some((v) => Math.abs(v - target) <= within * Math.abs(target) + 1e-12);
  if (!values.length) return [false, NOT_A_NUMBER];
  if (near(answer)) return [true, RIGHT + why];
  for (const [known, feedback] of wrong) if (near(known)) return [false, WRONG + feedback];
  const targets = [answer, ...wrong.map(([known]) => known)];
  const distance = (v) =>
    Math.min(...targets.map((t) => Math.abs(v - t) / (Math.abs(v) + Math.abs(t) || 1)));
  const value = values.reduce((best, v) => (distance(v) < distance(best) ? v : best));
  const [low, high] = [answer / 10, answer * 10].sort((a, b) => a - b);
  return [false, WRONG + FAR[(value <= high) + (value <= answer) + (value < low)]];
}

export function judgeChoice(chosen, { options }) {
  if (!options[chosen]) return [false, CHOOSE];
  const [, why, right] = options[chosen];
  return [right, (right ? RIGHT : WRONG) + why];
}

// ---------------------------------------------------------------- building elements

const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes = {}, ...children) {
  const drawn = ["svg", "g", "line", "path", "circle", "ellipse", "text", "clipPath", "rect", "title"];
  const node = drawn.includes(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

let made = 0;
const uniqueId = (name) => `${name}-${(made += 1)}`;

// ---------------------------------------------------------------- questions

/** Tell the page how a question was answered. */
const told = (element, name, passed, mistake) =>
  element.dispatchEvent(new CustomEvent("descent-answered", { bubbles: true, detail: { name, passed, mistake } }));

class Question extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    const spec = JSON.parse(this.getAttribute("spec"));
    this.answer = make("p", { class: "feedback", role: "status" });
    this.button = make("button", { type: "submit" }, "Check");
    this.form = make("form", {}, ...this.entry(spec), this.button);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [right, text] = this.judge(spec);
      this.say(right, text);
      if (spec.name && text !== CHOOSE && text !== NOT_A_NUMBER) this.count(spec, right);
    });
    this.querySelector(".question").after(this.form, this.answer);
    if (spec.name) this.resume(spec);
  }

  say(right, text) {
    this.answer.className = `feedback ${right ? "right" : "wrong"}`;
    this.answer.innerHTML = `<span aria-hidden="true">${right ? "✓" : "✗"}</span> ${text}`;
  }

  /** What was answered today stands there again; on another day it can be asked anew. */
  resume(spec) {
    const { day, wrong = 0, passed = false, given } = kept.read(`asked/${spec.name}`);
    const today = day === new Date().toDateString();
    this.state = today ? { wrong, passed, given } : { wrong: 0, passed: false };
    const details = this.querySelector("details");
    if (this.state.given != null) {
      this.choose(given);
      this.say(...this.judge(spec));
    } else if (this.state.passed) this.say(true, RIGHT.trim());
    if (this.state.passed) return;
    if (this.state.wrong >= spec.tries) this.close();
    // Whoever looks has not answered.
    else details.addEventListener("toggle", () => {
      if (!details.open || this.state.passed || this.state.wrong >= spec.tries) return;
      this.state.wrong = spec.tries;
      this.keep(spec);
      this.close();
      told(this, spec.name, false, null);
    });
  }

  keep({ name }) {
    kept.write(`asked/${name}`, { ...this.state, day: new Date().toDateString() });
  }

  count(spec, right) {
    if (right) this.state.passed = true;
    else if (!this.state.passed) this.state.wrong += 1;
    this.state.given = this.chosen();
    this.keep(spec);
    if (!right && this.state.wrong >= spec.tries) this.close();
    told(this, spec.name, right, right ? null : this.chosen());
  }

  /** No more tries: the answer is shown. */
  close() {
    for (const control of this.form.elements) control.disabled = true;
    this.querySelector("details").open = true;
    if (!this.answer.textContent) this.say(false, "Below is the answer. You can try again tomorrow.");
    else if (this.answer.matches(".wrong")) this.answer.append(" Below is the answer. You can try again tomorrow.");
  }
}

class PredictNumber extends Question {
  entry() {
    const id = uniqueId("answer");
    this.input = make("input", { id, type: "text", autocomplete: "off", size: 12 });
    return [make("label", { for: id }, "Your number"), this.input];
  }
  judge(spec) {
    const question = this.querySelector(".question").textContent.replace("Predict.", "");
    return judgeNumber(this.input.value, spec, question);
  }
  chosen() {
    return this.input.value;
  }
  choose(given) {
    this.input.value = given;
  }
}

class PredictChoice extends Question {
  entry({ options }) {
    const name = uniqueId("choice");
    this.inputs = options.map((_, value) => make("input", { type: "radio", name, value }));
    const labels = options.map(([text], i) => {
      const label = make("label", {}, this.inputs[i], " ");
      label.insertAdjacentHTML("beforeend", `<span>${text}</span>`);
      return label;
    });
    return [make("fieldset", {}, make("legend", { class: "visually-hidden" }, "Answers"), ...labels)];
  }
  judge(spec) {
    return judgeChoice(this.inputs.findIndex((input) => input.checked), spec);
  }
  chosen() {
    return this.inputs.find((input) => input.checked).nextElementSibling.textContent;
  }
  choose(given) {
    for (const input of this.inputs) input.checked = input.nextElementSibling.textContent === given;
  }
}

const WORDS = 5;
const MORE_WORDS = "Write a sentence first. Then you can compare it with a model answer.";
const COMPARED = ["Kept. All of it is there.", "Kept. Add to your answer what it lacks, and tick it then."];

/** A sentence or two, kept here, and compared with a model answer by whoever wrote them. */
class PredictExplain extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    const { name, must } = JSON.parse(this.getAttribute("spec"));
    const key = `explained/${name}`, before = kept.read(key), id = uniqueId("answer");
    const model = this.querySelector("details");
    this.input = make("textarea", { id, rows: 4 });
    this.input.value = before.text ?? "";
    this.status = make("p", { class: "feedback", role: "status" });
    this.boxes = must.map((_, i) => {
      const box = make("input", { type: "checkbox" });
      box.checked = before.ticks?.[i] ?? false;
      return box;
    });
    const points = this.boxes.map((box, i) => {
      const label = make("label", {}, box, " ");
      label.insertAdjacentHTML("beforeend", `<span>${must[i]}</span>`);
      return label;
    });
    const done = make("button", { type: "button" }, "Compared");
    const compared = make("fieldset", {}, make("legend", {}, "Does yours say this?"), ...points, done);
    this.form = make("form", {}, make("label", { for: id }, "Your answer, in a sentence or two"), this.input,
      make("button", { type: "submit" }, "Hand in"));
    let handed = Boolean(before.ticks);
    const show = () => {
      model.hidden = compared.hidden = !handed;
      model.open = handed;
    };
    const keep = () => kept.write(key, { text: this.input.value, ...(handed && { ticks: this.boxes.map((box) => box.checked) }) });
    this.addEventListener("input", keep);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const enough = this.input.value.split(/\s+/).filter(Boolean).length >= WORDS;
      this.status.textContent = enough ? "" : MORE_WORDS;
      handed ||= enough;
      show();
      keep();
    });
    done.addEventListener("click", () => {
      const missing = this.boxes.findIndex((box) => !box.checked);
      this.status.textContent = COMPARED[missing < 0 ? 0 : 1];
      keep();
      if (name) told(this, name, missing < 0, missing < 0 ? null : points[missing].textContent.trim());
    });
    this.querySelector(".question").after(this.form);
    this.append(compared, this.status);
    model.querySelector("ul")?.previousElementSibling.remove();
    model.querySelector("ul")?.remove();
    show();
  }
}

customElements.define("predict-number", PredictNumber);
customElements.define("predict-choice", PredictChoice);
customElements.define("predict-explain", PredictExplain);

// ---------------------------------------------------------------- figures

// What draws them is fetched where there is one, when it comes near or the address asks for it.
const figures = document.querySelectorAll("descent-figure");
const near = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) fetchFigures();
}, { rootMargin: "1000px" });
const fetchFigures = () => {
  near.disconnect();
  return import("./figures.mjs");
};
// A cell that was run on the page may bring a page its first one.
addEventListener("figure", fetchFigures, { once: true });
if (location.hash.startsWith("#figure-") && figures.length) fetchFigures();
else for (const figure of figures) near.observe(figure);
