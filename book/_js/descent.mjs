// The page's own life of the course's figures and questions: no kernel, no library, no network.
// `rules` stand before this text: they are written from descent/rules.py when the book is built. The
// walk and the judging are twins of loop.py, explore.py and predict.py; tests/test_explore.py and
// tests/test_predict.py hold each pair together.

const map = (f, ...arrays) => arrays[0].map((_, i) => f(...arrays.map((a) => a[i])));

export const bowl = (curvatures) => (x) => {
  const loss = map((h, x) => h * x * x, curvatures, x).reduce((a, b) => a + b) / 2;
  return [loss, map((h, x) => h * x, curvatures, x)];
};

/** The surface with noise on its gradient, as a mini-batch of that size has: a row of the table a call. */
export const noisy = (f, table, batch) => {
  let k = 0;
  return (x) => {
    const [loss, g] = f(x);
    const row = table[k++];
    return [loss, map((g, z) => g + z / Math.sqrt(batch), g, row)];
  };
};

/** Walk as descent.descend does: steps + 1 points with their losses, or fewer if it diverges. */
export function descend(f, start, rule, steps, hyper) {
  const trace = { x: [], loss: [], diverged: false };
  let x = start, moves = start.map(() => []);
  for (let k = 0; ; k += 1) {
    const [loss, g] = f(x);
    trace.x.push(x);
    trace.loss.push(loss);
    trace.diverged = ![loss, ...g].every(Number.isFinite);
    if (trace.diverged || k === steps) return trace;
    // A rule takes one coordinate at a time, with a memory of its own.
    moves = map((g, [, memory = {}]) => rule(g, memory, hyper), g, moves);
    x = map((x, [step]) => x - step, x, moves);
  }
}

/** Adam on the losses C x, -x, -x, C x, ... on [-1, 1], as explore.Stream walks. */
export function stream(steps, { C, beta2 }) {
  const trace = { x: [0], regret: 0, round: [] };
  let memory = {}, x = 0, step;
  for (let k = 0; k < steps; k += 1) {
    const g = k % 3 ? -1 : C;
    trace.regret += (g * (x + 1)) / steps;
    const lr = 0.5 / Math.sqrt(k + 1);
    [step, memory] = rules.adam(g, memory, { lr, beta1: 0, beta2, eps: 1e-8 });
    x = Math.min(1, Math.max(-1, x - step));
    trace.x.push(x);
    trace.round[k % 3] = step / lr;
  }
  return trace;
}

export function streamVerdict({ x, regret, round }, { goal, steps }) {
  const [left, ...right] = round;
  const word = regret < goal ? "Goal reached" : "The goal is not reached yet";
  return (
    `${word}: x is ${short(x.at(-1), 3)} after ${steps} steps, and the regret ` +
    `${short(regret, 3)} a step. A round goes ${short(left, 3)} lr to the left and ` +
    `${short(-right[0] - right[1], 3)} lr to the right.`
  );
}

export function verdict(trace, { goal, steps, noise, tail }) {
  const last = trace.loss.at(-1);
  if (trace.diverged || last > trace.loss[0])
    return "The steps overshoot: the loss ends higher than it began.";
  if (noise) {
    const mean = trace.loss.slice(-tail).reduce((a, b) => a + b) / tail;
    const word = mean < goal ? "Goal reached" : "The goal is not reached yet";
    return `${word}: the mean loss of the last ${tail} steps is ${short(mean, 2)}.`;
  }
  const reached = trace.loss.findIndex((loss) => loss < goal);
  if (reached >= 0) {
    const again = last < goal ? "" : " It ends above it again.";
    return `Goal reached: the loss is below ${short(goal)} after ${reached} steps.${again}`;
  }
  return `After ${steps} steps the loss is ${short(last, 2)}. The goal is not reached yet.`;
}

/** A number as Python's format(value, ".{digits}g") writes it. */
export function short(value, digits = 6) {
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  if (+exponent < -4 || +exponent >= digits) {
    const power = String(Math.abs(+exponent)).padStart(2, "0");
    return `${+mantissa}e${+exponent < 0 ? "-" : "+"}${power}`;
  }
  return String(+value.toPrecision(digits));
}

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

const RIGHT = "Right. ", WRONG = "Not yet. ";
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
  if (!options[chosen]) return [false, "Choose one of the answers."];
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

class Question extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    const spec = JSON.parse(this.getAttribute("spec"));
    this.answer = make("p", { class: "feedback", role: "status" });
    this.form = make("form", {}, ...this.entry(spec), make("button", { type: "submit" }, "Check"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [right, text] = this.judge(spec);
      this.answer.className = `feedback ${right ? "right" : "wrong"}`;
      this.answer.innerHTML = `<span aria-hidden="true">${right ? "✓" : "✗"}</span> ${text}`;
    });
    this.querySelector(".question").after(this.form, this.answer);
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
}

// ---------------------------------------------------------------- figures with sliders

const line = (points) => "M" + points.map((p) => p.map((c) => c.toFixed(1))).join("L");

/** What all figures share; a subclass has views(), and draw(), which calls say(). */
class Figure extends HTMLElement {
  connectedCallback() {
    if (this.spec) return;
    this.spec = JSON.parse(this.getAttribute("spec"));
    this.classList.add("explore");
    const [light, dark] = this.spec.color;
    this.style.setProperty("--rule-light", light);
    this.style.setProperty("--rule-dark", dark);
    this.controls = this.spec.sliders.map((slider) => this.slider(slider));
    this.status = make("p", { class: "status", role: "status" });
    const reset = make("button", { type: "button" }, "Start over");
    reset.addEventListener("click", () => {
      this.controls.forEach((control) => control.reset());
      this.restart();
      this.draw();
    });
    this.restart();
    this.replaceChildren(
      make("p", { class: "goal" }, this.spec.task),
      make("div", { class: "controls" }, ...this.controls.map((control) => control.node)),
      make("div", { class: "views" }, ...this.views()),
      this.status,
      make("p", {}, reset, " ", make("span", { class: "hint" }, this.hint)),
    );
    this.draw();
  }

  hint = "";
  restart() {}

  values() {
    return Object.fromEntries(this.controls.map(({ name, value }) => [name, value]));
  }

  say(said) {
    this.status.textContent = said;
    this.status.classList.toggle("reached", said.startsWith("Goal reached"));
  }

  slider({ name, label, low, high, value, log }) {
    const id = uniqueId(name);
    const input = make("input", { id, type: "range", min: 0, max: 400, step: 1 });
    const output = make("output", { for: id });
    const at = (p) => (log ? low * (high / low) ** (p / 400) : low + ((high - low) * p) / 400);
    const place = () => {
      const p = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
      input.value = Math.round(400 * p);
    };
    const control = { name, value, node: make("div", {}, make("label", { for: id }, label), input, output) };
    const tell = () => {
      output.textContent = short(control.value, 3);
      input.setAttribute("aria-valuetext", output.textContent);
    };
    control.reset = () => {
      control.value = value;
      place();
      tell();
    };
    control.reset();
    input.addEventListener("input", () => {
      control.value = Number(at(+input.value).toPrecision(3));
      tell();
      this.draw();
    });
    return control;
  }
}

// ---------------------------------------------------------------- a rule walking on the bowl

const MAP = { width: 460, height: 230 };
const LOSS = { width: 300, height: 230, left: 46, right: 10, top: 10, bottom: 34, low: -10, high: 4 };

class Walk extends Figure {
  hint = "Drag the white ring, or move it with the arrow keys.";

  restart() {
    this.start = [...this.spec.start];
    // A rule that isn't the package's brings its own text, which Python wrote.
    const { rule, text } = this.spec;
    this.rule = text ? new Function(`return ${text}`)() : rules[rule];
  }

  views() {
    return [this.makeMap(), this.makeLoss()];
  }

  makeMap() {
    const [[left, right], [low, high]] = this.spec.window;
    this.px = (x) => ((x - left) / (right - left)) * MAP.width;
    this.py = (y) => ((high - y) / (high - low)) * MAP.height;
    const clip = uniqueId("clip");
    this.contours = make("g", { class: "contours" });
    this.line = make("path", { class: "walk" });
    this.dots = make("g", { class: "dots" });
    this.ring = make("circle", { class: "ring", r: 7, tabindex: 0, role: "slider" });
    this.ring.setAttribute("aria-label", "Start of the walk");
    const svg = make(
      "svg",
      { viewBox: `0 0 ${MAP.width} ${MAP.height}`, role: "group", "aria-label": "The bowl from above, with the walk on it" },
      make("clipPath", { id: clip }, make("rect", { width: MAP.width, height: MAP.height })),
      make("rect", { class: "ground", width: MAP.width, height: MAP.height }),
      make("g", { "clip-path": `url(#${clip})` }, this.contours, this.line, this.dots),
      this.ring,
    );
    const move = (x, y) => {
      this.start = [Math.min(right, Math.max(left, x)), Math.min(high, Math.max(low, y))];
      this.draw();
    };
    this.ring.addEventListener("pointerdown", (event) => {
      this.ring.setPointerCapture(event.pointerId);
      event.preventDefault();
      this.ring.focus();
    });
    this.ring.addEventListener("pointermove", (event) => {
      if (!this.ring.hasPointerCapture(event.pointerId)) return;
      const box = svg.getBoundingClientRect();
      move(
        left + ((event.clientX - box.left) / box.width) * (right - left),
        high - ((event.clientY - box.top) / box.height) * (high - low),
      );
    });
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    this.ring.addEventListener("keydown", (event) => {
      const arrow = arrows[event.key];
      if (!arrow) return;
      event.preventDefault();
      const size = (right - left) / 100;
      move(this.start[0] + size * arrow[0], this.start[1] + size * arrow[1]);
    });
    return svg;
  }

  makeLoss() {
    const { width, height, left, right, top, bottom, low, high } = LOSS;
    this.lx = (k) => left + (k / this.spec.steps) * (width - left - right);
    this.ly = (loss) => {
      const p = Math.min(high, Math.max(low, Math.log10(Math.max(loss, 1e-300))));
      return top + ((high - p) / (high - low)) * (height - top - bottom);
    };
    this.curve = make("path", { class: "walk" });
    const base = height - bottom;
    const ticks = [-9, -6, -3, 0, 3].map((p) =>
      make("g", {}, make("line", { x1: left - 4, x2: left, y1: this.ly(10 ** p), y2: this.ly(10 ** p) }),
        make("text", { x: left - 7, y: this.ly(10 ** p) + 4, "text-anchor": "end" }, p ? `1e${p}` : "1")));
    const marks = [0, this.spec.steps / 2, this.spec.steps].map((k) =>
      make("g", {}, make("line", { x1: this.lx(k), x2: this.lx(k), y1: base, y2: base + 4 }),
        make("text", { x: this.lx(k), y: base + 17, "text-anchor": "middle" }, `${k}`)));
    const goal = this.ly(this.spec.goal);
    return make(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "The loss after each step, on a logarithmic axis; the text below says where it ends" },
      make("g", { class: "axes" },
        make("path", { d: `M${left},${top}V${base}H${width - right}` }), ...ticks, ...marks,
        make("text", { x: (left + width - right) / 2, y: height - 3, "text-anchor": "middle" }, "step"),
        make("text", { x: left + 6, y: top + 8 }, "loss"),
        make("line", { class: "goal", x1: left, x2: width - right, y1: goal, y2: goal }),
        make("text", { x: width - right, y: goal - 4, "text-anchor": "end" }, "goal")),
      this.curve,
    );
  }

  draw() {
    const values = this.values();
    const curvatures = [1, values.kappa];
    const f = bowl(curvatures);
    const { noise } = this.spec;
    const felt = noise ? noisy(f, noise, values.batch ?? 1) : f;
    const hyper = { ...this.spec.fixed, ...values };
    const trace = descend(felt, this.start, this.rule, this.spec.steps, hyper);
    const [[left, right], [low, high]] = this.spec.window;
    const top = f([Math.max(-left, right), Math.max(-low, high)])[0];
    this.contours.replaceChildren(...Array.from({ length: 9 }, (_, i) => {
      const [rx, ry] = map((h) => Math.sqrt((2 * top * 0.55 ** i) / h), curvatures);
      return make("ellipse", {
        cx: this.px(0), cy: this.py(0), rx: this.px(rx) - this.px(0), ry: this.py(0) - this.py(ry),
      });
    }));
    const far = (value) => Math.max(-1e4, Math.min(1e4, value));
    const points = trace.x.map(([x, y]) => [far(this.px(x)), far(this.py(y))]);
    this.line.setAttribute("d", line(points));
    this.dots.replaceChildren(...points.slice(1).map(([cx, cy]) => make("circle", { cx, cy, r: 2.6 })));
    this.curve.setAttribute("d", line(trace.loss.map((loss, k) => [this.lx(k), this.ly(loss)])));
    this.ring.setAttribute("cx", this.px(this.start[0]));
    this.ring.setAttribute("cy", this.py(this.start[1]));
    this.ring.setAttribute("aria-valuenow", this.start[0].toFixed(2));
    this.ring.setAttribute("aria-valuetext", `x1 = ${this.start[0].toFixed(2)}, x2 = ${this.start[1].toFixed(2)}`);
    this.say(verdict(trace, this.spec));
  }
}

// ---------------------------------------------------------------- a stream of losses

const TIME = { width: 460, height: 190, left: 34, right: 10, top: 10, base: 156 };
const ROUND = { width: 300, height: 190, left: 36, base: 156, unit: 60, rows: [38, 78, 118] };

class Stream extends Figure {
  views() {
    return [this.makeTime(), this.makeRound()];
  }

  makeTime() {
    const { width, height, left, right, top, base } = TIME;
    this.tx = (k) => left + (k / this.spec.steps) * (width - left - right);
    this.ty = (x) => top + ((1.1 - x) / 2.2) * (base - top);
    this.curve = make("path", { class: "walk" });
    const ticks = [-1, 0, 1].map((x) =>
      make("g", {}, make("line", { x1: left - 4, x2: left, y1: this.ty(x), y2: this.ty(x) }),
        make("text", { x: left - 7, y: this.ty(x) + 4, "text-anchor": "end" }, `${x}`.replace("-", "−"))));
    const marks = [0, 1 / 3, 2 / 3, 1].map((p) => p * this.spec.steps).map((k) =>
      make("g", {}, make("line", { x1: this.tx(k), x2: this.tx(k), y1: base, y2: base + 4 }),
        make("text", { x: this.tx(k), y: base + 17, "text-anchor": "middle" }, `${Math.round(k)}`)));
    return make(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Adam's x over the steps; the text below says where it ends" },
      make("g", { class: "axes" }, make("path", { d: `M${left},${top}V${base}H${width - right}` }), ...ticks, ...marks,
        make("text", { x: (left + width - right) / 2, y: height - 2, "text-anchor": "middle" }, "step"),
        make("text", { x: left + 6, y: top + 6 }, "x")),
      this.curve,
    );
  }

  makeRound() {
    const { width, height, left, base, unit, rows } = ROUND;
    const middle = (left + width) / 2;
    this.rx = (length) => middle + unit * length;
    this.arrows = rows.map(() => make("path", { class: "walk" }));
    const names = ["Cx", "−x", "−x"].map((name, i) =>
      make("text", { x: left - 10, y: rows[i] + 4, "text-anchor": "end" }, name));
    const marks = [-2, -1, 0, 1, 2].map((length) =>
      make("g", {}, make("line", { x1: this.rx(length), x2: this.rx(length), y1: base, y2: base + 4 }),
        make("text", { x: this.rx(length), y: base + 17, "text-anchor": "middle" }, `${length}`.replace("-", "−"))));
    return make(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "The last three steps as arrows, each from where the one before ends; the text below gives their lengths" },
      make("g", { class: "axes" }, make("path", { d: `M${left},${base}H${width}` }), ...names, ...marks,
        make("line", { class: "goal", x1: middle, x2: middle, y1: 10, y2: base }),
        make("text", { x: middle, y: height - 2, "text-anchor": "middle" }, "one round, in lr")),
      ...this.arrows,
    );
  }

  draw() {
    const trace = stream(this.spec.steps, this.values());
    this.curve.setAttribute("d", line(trace.x.map((x, k) => [this.tx(k), this.ty(x)])));
    let from = 0;
    trace.round.forEach((step, i) => {
      const y = ROUND.rows[i], [a, b] = [this.rx(from), this.rx(from - step)];
      const back = b - 5 * Math.sign(b - a);
      this.arrows[i].setAttribute("d", line([[a, y], [b, y]]) + line([[back, y - 4], [b, y], [back, y + 4]]));
      from -= step;
    });
    this.say(streamVerdict(trace, this.spec));
  }
}

customElements.define("predict-number", PredictNumber);
customElements.define("predict-choice", PredictChoice);
customElements.define("descent-walk", Walk);
customElements.define("descent-stream", Stream);
