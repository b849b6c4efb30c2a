// What all figures share: controls, player, goal, status, address, and the kit that views are drawn
// with. A figure is an object of pure functions, but for `views`:
//
//   settings(spec)                what the hand can change
//   compute(spec, values, sent)   all that is drawn, from the settings alone
//   length(spec, values, result)  how many steps the player has; 0: nothing plays
//   views(spec, kit)              [{ node, draw(result, values, k) }]
//   say(spec, values, result, k)  the status line
//   goal(spec, values, result)    { met, why }, or nothing where there is no goal
//
// and, where it needs them, `hint` (a text), `opens(spec, values, result)` (the step to open at; the
// last unless given), `again(spec, values)` (values to change whenever Play begins from the start) and
// `playsFirst` (whether the player and the views stand above the question).

import { contours as contoursOf } from "d3-contour";
import { format } from "d3-format";
import { scaleLinear, scaleLog } from "d3-scale";

import { short } from "./arithmetic.mjs";
import css from "./figures.css";

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "g", "line", "path", "circle", "ellipse", "text", "tspan", "clipPath", "rect", "title"]);
const PLACES = 400; // of a slider

export function make(tag, attributes = {}, ...children) {
  const node = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

let made = 0;
const uniqueId = (name) => `${name}-${(made += 1)}`;

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A look for each rule, as variables for both themes, and the figures' own style. */
function dress() {
  if (document.getElementById("descent-figures")) return;
  const set = (theme) => Object.entries(look).map(([name, { color }]) => `--rule-${name}:${color[theme]}`);
  const dark = `.explore{${set(1).join(";")}}`;
  document.head.append(make("style", { id: "descent-figures" },
    `${css}\n.explore{${set(0).join(";")}}\n` +
    `:is([data-theme="dark"], [data-jp-theme-light="false"]) ${dark}\n`));
}

const finite = (value) => Number.isFinite(value);

/** A value as its setting allows it, or undefined: for what comes from an address. */
function read(setting, text) {
  if (setting.kind === "choice") return setting.options.map(nameOf).find((name) => name === text);
  if (setting.kind === "switch") return text === "1" ? true : text === "0" ? false : undefined;
  if (setting.kind === "point") {
    const at = text.split(",").map(Number);
    return at.length === 2 && at.every(finite) ? inside(setting, at) : undefined;
  }
  const value = Number(text);
  return text.trim() && finite(value) ? Math.min(setting.high, Math.max(setting.low, value)) : undefined;
}

const write = (value) =>
  typeof value === "boolean" ? String(+value) : Array.isArray(value) ? value.map((v) => short(v, 4)).join() : String(value);

const nameOf = (option) => (Array.isArray(option) ? option[0] : option);
const labelOf = (option) => (Array.isArray(option) ? option[1] : option);

const inside = ({ window }, at) => at.map((v, i) => Math.min(window[i][1], Math.max(window[i][0], v)));

/**
 * Bring a figure to life in `root`.
 *
 * `model` is anywidget's, with a trait for each setting; without it the address keeps the state.
 */
export function mount(root, figure, spec, model) {
  dress();
  root.classList.add("explore");
  root.dataset.kind = spec.kind;
  const settings = figure.settings(spec);
  const begin = () => Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  // `hover` is the step that the mouse is over: shown as long as it is there.
  const state = { values: begin(), k: null, hover: null, playing: false };
  let result, steps = 0, stale = true, seen = false, asked = 0, shownControls = null;
  const k = () => Math.min(state.hover ?? state.k ?? steps, steps);

  // ---- what is shown
  const change = (changed, { from = "hand" } = {}) => {
    if (Object.keys(changed).every((name) => same(changed[name], state.values[name]))) return;
    Object.assign(state.values, changed);
    stale = true;
    for (const control of controls) control.place();
    if (from !== "model") keep(changed);
    ask();
  };
  const point = (at, { pause = true } = {}) => {
    if (pause) stop();
    state.hover = null;
    state.k = at === null || at >= steps ? null : Math.max(0, at);
    keep({});
    ask();
  };
  const hover = (at) => {
    state.hover = at;
    ask();
  };
  const ask = () => {
    if (seen && !asked) asked = requestAnimationFrame(paint);
  };
  const paint = () => {
    asked = 0;
    // Not laid out yet: it will be drawn when it is measured.
    if (kit.drawings.some((drawing) => !(drawing.width > 0))) return;
    if (stale) {
      result = figure.compute(spec, state.values, model?.get("_sent"));
      steps = figure.length(spec, state.values, result);
      stale = false;
    }
    for (const view of views) view.draw(result, state.values, k());
    player.tell();
    tell();
  };

  let speaking, once = false;
  const tell = () => {
    const goal = figure.goal?.(spec, state.values, result);
    task.classList.toggle("reached", Boolean(goal?.met));
    once ||= Boolean(goal?.met);
    mark.textContent = goal?.met ? "✓ Reached." : once ? "(Reached before.)" : "";
    why.textContent = goal?.met ? goal.why : "";
    const said = figure.say(spec, state.values, result, k());
    status.textContent = said;
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const all = [goal?.met ? `Goal reached. ${goal.why}` : "", said].join(" ").trim();
      if (spoken.textContent !== all) spoken.textContent = all;
    }, 400);
  };

  // ---- where the state is kept
  let keeping;
  const keep = (changed) => {
    if (model) {
      for (const [name, value] of Object.entries(changed)) model.set(name, value);
      if (Object.keys(changed).length) model.save_changes();
      return;
    }
    if (!root.id) return;
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      if (!root.isConnected) return; // It is gone, and another may have the address now.
      const started = begin(), query = [];
      for (const { name } of settings) {
        if (!same(state.values[name], started[name])) query.push(`${name}=${write(state.values[name])}`);
      }
      if (state.k !== null) query.push(`at=${state.k}`);
      if (shownControls) query.push(`controls=${shownControls}`);
      history.replaceState(history.state, "", `#${root.id}${query.length ? `?${query.join("&")}` : ""}`);
    }, 300);
  };
  const recall = () => {
    const [id, query] = decodeURIComponent(location.hash.slice(1)).split("?");
    if (model || id !== root.id || query === undefined) return;
    const given = new Map(query.split("&").map((pair) => pair.split("=")));
    for (const setting of settings) {
      const value = given.has(setting.name) ? read(setting, given.get(setting.name)) : undefined;
      if (value !== undefined) state.values[setting.name] = value;
    }
    if (/^\d+$/.test(given.get("at") ?? "")) state.k = Number(given.get("at"));
    shownControls = given.get("controls") ?? null;
    root.scrollIntoView();
  };

  // ---- playing
  let begun, from;
  const stop = () => {
    if (!state.playing) return;
    state.playing = false;
    player.tell();
  };
  const play = () => {
    state.hover = null;
    if (k() >= steps) {
      if (figure.again) change(figure.again(spec, state.values));
      state.k = 0;
    }
    if (still()) return point(null);
    state.playing = true;
    begun = null;
    from = k();
    requestAnimationFrame(move);
  };
  const move = (now) => {
    if (!state.playing) return;
    begun ??= now;
    // A walk takes some six seconds, however many steps it has, and a short one is slower still.
    const rate = Math.max(8, steps / 6);
    const at = from + Math.floor((rate * (now - begun)) / 1000);
    if (at !== k()) {
      state.k = at >= steps ? null : at;
      if (state.k === null) state.playing = false;
      // Once in a frame, and this is the frame.
      cancelAnimationFrame(asked);
      paint();
    }
    if (state.playing) requestAnimationFrame(move);
  };

  // ---- elements
  recall();
  const controls = settings.filter((s) => s.kind !== "point" && !s.hidden).map((s) => controlOf(s, state, change));
  const player = playerOf({ state, k, steps: () => steps, play, stop, point });
  const status = make("p", { class: "status", "aria-hidden": "true" });
  const spoken = make("p", { class: "visually-hidden", role: "status" });
  // The reason stands below what is played with, so that nothing moves under the hand.
  const why = make("p", { class: "why" });
  const mark = make("span", { class: "met" });
  const task = make("p", { class: "goal" }, spec.task ?? "", " ", mark);
  const over = make("button", { type: "button" }, "Start over");
  over.addEventListener("click", () => {
    stop();
    state.k = null;
    change(begin());
    opening();
    keep({});
    ask();
  });
  const opening = () => {
    if (!figure.opens) return;
    result = figure.compute(spec, state.values, model?.get("_sent"));
    steps = figure.length(spec, state.values, result);
    state.k = figure.opens(spec, state.values, result);
  };

  const kit = kitOf({ spec, settings, state, change, point, hover, ask });
  const views = figure.views(spec, kit);
  const box = make("div", { class: "views" }, ...views.map((view) => view.node));
  const rows = make("div", { class: "controls" }, ...controls.map((c) => c.node));
  const hint = make("span", { class: "hint" }, figure.hint ?? "");
  const after = make("p", { class: "after" }, over, " ", hint);
  const parts = figure.playsFirst ? [player.node, box, status, task, rows, why] : [task, rows, box, player.node, status, why];
  const live = make("div", { class: "live" }, ...parts, spoken, after);
  if (shownControls !== null) {
    const shown = new Set(shownControls.split(","));
    for (const control of controls) control.node.hidden = !shown.has(control.name);
    player.hide(!shown.has("play"));
    over.hidden = !shown.has("over");
  }
  root.append(live);
  root.classList.add("alive");
  if (state.k === null) opening();

  const measure = () => {
    for (const view of kit.drawings) view.measure();
    ask();
  };
  const sizes = new ResizeObserver(measure);
  sizes.observe(box);
  const sight = new IntersectionObserver((entries) => {
    seen = entries.at(-1).isIntersecting;
    if (!seen) stop();
    ask();
  }, { rootMargin: "200px" });
  sight.observe(root);
  measure();

  const hear = () => {
    const changed = {};
    for (const { name } of settings) changed[name] = model.get(name);
    change(changed, { from: "model" });
  };
  const receive = () => {
    stale = true;
    ask();
  };
  if (model) {
    hear();
    for (const { name } of settings) model.on(`change:${name}`, hear);
    model.on("change:_sent", receive);
  }
  return {
    state,
    remove() {
      stop();
      sizes.disconnect();
      sight.disconnect();
      if (!model) return;
      for (const { name } of settings) model.off(`change:${name}`, hear);
      model.off("change:_sent", receive);
    },
  };
}

const same = (a, b) => (Array.isArray(a) && Array.isArray(b) ? a.every((v, i) => v === b[i]) : a === b);

// ---------------------------------------------------------------- controls and player

function controlOf(setting, state, change) {
  const { name, label, kind } = setting;
  const id = uniqueId(name);
  const title = make("label", { for: id }, label);
  const set = (value) => change({ [name]: value });
  if (kind === "choice") {
    const choices = setting.options.map((o) => make("option", { value: nameOf(o) }, labelOf(o)));
    const select = make("select", { id }, ...choices);
    select.addEventListener("change", () => set(select.value));
    const place = () => (select.value = state.values[name]);
    place();
    return { name, place, node: make("div", { class: "choice" }, title, select) };
  }
  if (kind === "switch") {
    const input = make("input", { id, type: "checkbox" });
    input.addEventListener("change", () => set(input.checked));
    const place = () => (input.checked = state.values[name]);
    place();
    return { name, place, node: make("div", { class: "switch" }, input, title) };
  }
  const { low, high, log, step, toward } = setting;
  const places = step && !log ? Math.round((high - low) / step) : PLACES;
  const input = make("input", { id, type: "range", min: 0, max: places, step: 1 });
  const output = make("output", { for: id });
  const round = (value) => Number(value.toPrecision(3));
  const ratio = log ? high / low : (toward - high) / (toward - low);
  const at = (p) => {
    // Toward a limit it is the distance from it that is rounded.
    if (toward) return Number((toward - round((toward - low) * ratio ** (p / places))).toPrecision(12));
    const value = log ? low * ratio ** (p / places) : low + ((high - low) * p) / places;
    return round(step && log ? Math.round(value / step) * step : value);
  };
  const share = (value) => {
    if (toward) return Math.log((toward - value) / (toward - low)) / Math.log(ratio);
    return log ? Math.log(value / low) / Math.log(ratio) : (value - low) / (high - low);
  };
  const place = () => {
    const value = state.values[name];
    // What is there already may lie between two places: it isn't moved by being shown.
    if (at(+input.value) !== value) input.value = Math.round(places * share(value));
    output.textContent = toward ? String(value) : short(value, 3);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => set(at(+input.value)));
  place();
  return { name, place, node: make("div", { class: "range" }, title, input, output) };
}

function playerOf({ state, k, steps, play, stop, point }) {
  const button = (label, text, act) => {
    const node = make("button", { type: "button", "aria-label": label }, text);
    node.addEventListener("click", act);
    return node;
  };
  const run = make("button", { type: "button", class: "play" }, "Play");
  run.addEventListener("click", () => (state.playing ? stop() : play()));
  const back = button("One step back", "‹", () => point(Math.max(0, k() - 1)));
  const on = button("One step on", "›", () => point(k() + 1));
  const input = make("input", { type: "range", min: 0, step: 1, "aria-label": "Step" });
  input.addEventListener("input", () => point(+input.value));
  const output = make("output", {});
  const node = make("div", { class: "player" }, run, back, on, input, output);
  let hidden = false;
  const tell = () => {
    node.hidden = hidden || !steps();
    run.textContent = state.playing ? "Pause" : "Play";
    input.max = steps();
    input.value = k();
    output.textContent = `step ${k()} of ${steps()}`;
    input.setAttribute("aria-valuetext", output.textContent);
    // Not disabled, which would take the focus from them.
    back.setAttribute("aria-disabled", k() <= 0);
    on.setAttribute("aria-disabled", k() >= steps());
  };
  return { node, tell, hide: (value) => (hidden = value) };
}

// ---------------------------------------------------------------- what views are drawn with

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (n) => `${n < 0 ? "⁻" : ""}${[...String(Math.abs(n))].map((d) => RAISED[d]).join("")}`;
const powerOf10 = (value) => {
  const n = Math.round(Math.log10(value));
  return n === 0 ? "1" : n === 1 ? "10" : `10${raised(n)}`;
};
const plain = format("~g");
const minus = (value) => plain(value).replace("-", "−");

// Each marker around the point (0, 0), as Matplotlib's letters name them.
const MARKERS = {
  o: "m-2.6,0a2.6,2.6 0 1,0 5.2,0a2.6,2.6 0 1,0-5.2,0",
  v: "m-3.2,-2.4h6.4l-3.2,5.4z",
  s: "m-2.4,-2.4h4.8v4.8h-4.8z",
  "^": "m-3.2,2.4h6.4l-3.2,-5.4z",
  D: "m0,-3.4l3.4,3.4l-3.4,3.4l-3.4,-3.4z",
  P: "m-1.1,-3.2h2.2v2.1h2.1v2.2h-2.1v2.1h-2.2v-2.1h-2.1v-2.2h2.1z",
  "*": "m0,-4l1,2.7h2.9l-2.3,1.7l.9,2.8l-2.5,-1.7l-2.5,1.7l.9,-2.8l-2.3,-1.7h2.9z",
  X: "m-3,-1.6l1.4,-1.4l1.6,1.6l1.6,-1.6l1.4,1.4l-1.6,1.6l1.6,1.6l-1.4,1.4l-1.6,-1.6l-1.6,1.6l-1.4,-1.4l1.6,-1.6z",
};

const FAR = 1e5;
const px = (v) => (v > FAR ? FAR : v < -FAR ? -FAR : Math.round(v * 10) / 10);
/** An SVG path through points in pixels. */
export const line = (points) => (points.length ? `M${points.map(([x, y]) => `${px(x)},${px(y)}`).join("L")}` : "");

/** Points without those that lie within `gap` pixels of the one before: the eye loses nothing. */
const apart = (points, gap) => {
  let u = NaN, v = NaN;
  return points.filter(([x, y], i) => {
    if (i < points.length - 1 && Math.abs(x - u) < gap && Math.abs(y - v) < gap) return false;
    [u, v] = [x, y];
    return true;
  });
};

const lookOf = (rule) => look[rule] ?? look.own;

function kitOf({ spec, settings, state, change, point, hover, ask }) {
  const drawings = [];

  /** A drawing whose unit is the pixel of the page: `width` and `height` follow the element's. */
  function svg({ label, height = 230, role = "img" }) {
    const node = make("svg", { role, "aria-label": label });
    const drawing = {
      node, width: 0, height: 0, kept: {},
      measure() {
        const width = Math.round(node.getBoundingClientRect().width);
        const tall = typeof height === "function" ? Math.round(height(width)) : height;
        if (width === drawing.width && tall === drawing.height) return;
        Object.assign(drawing, { width, height: tall });
        node.style.height = `${tall}px`;
        node.setAttribute("viewBox", `0 0 ${width} ${tall}`);
      },
    };
    drawings.push(drawing);
    return drawing;
  }

  /**
   * Axes and scales in a drawing; called at each draw, done again only when something changed.
   *
   * Each axis: `domain`, and `log`, `label`, `ticks` (values, or about how many), `format`, `hidden`.
   * Gives the scales `x` and `y`, and `plot`, a group that is clipped to the axes.
   */
  function axes(drawing, { x, y, margin = {}, name = "axes" }) {
    const { top = 10, right = 10, bottom = 36, left = 46 } = margin;
    const key = JSON.stringify([drawing.width, drawing.height, x, y, margin]);
    let own = drawing.kept[name];
    if (!own) {
      const clip = uniqueId("clip");
      const rect = make("rect");
      own = drawing.kept[name] = {
        rect, ground: make("rect", { class: "ground" }), frame: make("g", { class: "axes", "aria-hidden": "true" }),
        plot: make("g", { "clip-path": `url(#${clip})` }),
      };
      drawing.node.append(make("clipPath", { id: clip }, rect), own.ground, own.plot, own.frame);
    }
    if (own.key === key) return own;
    const { width, height } = drawing, base = height - bottom, end = width - right;
    const scale = (axis, range) => (axis.log ? scaleLog() : scaleLinear()).domain(axis.domain).range(range).clamp(false);
    const sx = scale(x, [left, end]), sy = scale(y, [base, top]);
    for (const rect of [own.rect, own.ground]) {
      for (const [n, v] of Object.entries({ x: left, y: top, width: Math.max(0, end - left), height: Math.max(0, base - top) })) rect.setAttribute(n, v);
    }
    const parts = [];
    const ticksOf = (axis, s, length) => {
      const wanted = axis.ticks ?? Math.max(2, Math.round(length / 60));
      if (Array.isArray(wanted)) return wanted;
      if (!axis.log) return s.ticks(wanted);
      const [a, b] = axis.domain.map(Math.log10), every = Math.max(1, Math.ceil((b - a) / wanted));
      const first = Math.ceil(a / every - 1e-9) * every, found = [];
      for (let n = first; n <= b + 1e-9; n += every) found.push(10 ** n);
      return found;
    };
    const text = (axis) => axis.format ? format(axis.format) : axis.log ? powerOf10 : minus;
    if (!x.hidden) {
      parts.push(make("path", { d: `M${left},${base}H${end}` }));
      for (const value of ticksOf(x, sx, end - left)) {
        parts.push(make("path", { d: `M${px(sx(value))},${base}v4` }),
          make("text", { x: px(sx(value)), y: base + 17, "text-anchor": "middle" }, text(x)(value)));
      }
      if (x.label) parts.push(make("text", { class: "name", x: (left + end) / 2, y: height - 4, "text-anchor": "middle" }, x.label));
    }
    if (!y.hidden) {
      parts.push(make("path", { d: `M${left},${top}V${base}` }));
      for (const value of ticksOf(y, sy, base - top)) {
        parts.push(make("path", { d: `M${left - 4},${px(sy(value))}h4` }),
          make("text", { x: left - 7, y: px(sy(value)) + 4, "text-anchor": "end" }, text(y)(value)));
      }
      if (y.label) parts.push(make("text", { class: "name", x: left + 6, y: top + 10 }, y.label));
    }
    own.frame.replaceChildren(...parts);
    return Object.assign(own, { key, x: sx, y: sy, left, right: end, top, bottom: base });
  }

  /** The contours of a surface, evenly spaced in log loss, and its minimizers. */
  function contours(axes, surface, { levels = 10 } = {}) {
    const key = `${axes.key} ${surface.key}`;
    if (axes.contoursKey === key) return;
    axes.contoursKey = key;
    axes.contours ??= axes.plot.insertBefore(make("g", { class: "contours" }), axes.plot.firstChild);
    const [x0, x1] = axes.x.domain(), [y0, y1] = axes.y.domain();
    const wide = axes.right - axes.left, tall = axes.bottom - axes.top;
    const n = Math.max(2, Math.round(wide / 5)), m = Math.max(2, Math.round(tall / 5));
    // A cell more on each side: areas are closed along the grid's edge, which is then out of sight.
    const values = new Float64Array((n + 3) * (m + 3));
    for (let j = 0, at = 0; j < m + 3; j += 1) {
      for (let i = 0; i < n + 3; i += 1, at += 1) {
        values[at] = surface.f([x0 + ((i - 1) / n) * (x1 - x0), y1 - ((j - 1) / m) * (y1 - y0)])[0];
      }
    }
    let least = Infinity, most = -Infinity;
    for (const v of values) { if (v < least) least = v; if (v > most) most = v; }
    for (let i = 0; i < values.length; i += 1) {
      values[i] = Math.log10(values[i] - least + (1e-2 * (most - least)) / levels);
    }
    const [a, b] = [Math.log10((1e-2 * (most - least)) / levels), Math.log10((most - least) * (1 + 1e-2 / levels))];
    const thresholds = Array.from({ length: levels }, (_, i) => a + ((b - a) * (i + 1)) / (levels + 1));
    // A grid point stands in the middle of its cell.
    const place = ([u, v]) => [axes.left + ((u - 1.5) / n) * wide, axes.top + ((v - 1.5) / m) * tall];
    const drawn = contoursOf().size([n + 3, m + 3]).thresholds(thresholds)(values).map(({ coordinates }) =>
      make("path", { d: coordinates.flat().map((ring) => line(ring.map(place))).join("") }));
    const crosses = surface.minimizers.map(([x, y]) =>
      make("path", { class: "minimizer", d: `M${px(axes.x(x))},${px(axes.y(y))}m-4.5,0h9m-4.5,-4.5v9` }));
    axes.contours.replaceChildren(...drawn, ...crosses);
  }

  /** A rule's line, with its dash and its markers: `set(points, k)` in pixels; faint after k. */
  function path(parent, rule, { every = 1, markers = true, className = "" } = {}) {
    const { dash, marker } = lookOf(rule);
    const node = make("g", { class: `walk ${className}`, style: `--rule: ${colors(rule)}` });
    const rest = make("path", { class: "rest" });
    const done = make("path", { class: "done", "stroke-dasharray": dash });
    const dots = make("path", { class: "dots" });
    node.append(rest, done, ...(markers ? [dots] : []));
    parent.append(node);
    const set = (points, k = points.length - 1) => {
      const reached = points.slice(0, k + 1);
      done.setAttribute("d", line(apart(reached, 0.7)));
      rest.setAttribute("d", line(apart(points.slice(k), 0.7)));
      if (!markers) return;
      const marked = reached.filter((_, i) => i && i % every === 0);
      dots.setAttribute("d", apart(marked, 0.3).map(([x, y]) => `M${px(x)},${px(y)}${MARKERS[marker]}`).join(""));
    };
    return { node, set };
  }

  /** An arrow: `set([x, y], [x, y])` in pixels; `hide()`. */
  function arrow(parent, className = "") {
    const node = make("path", { class: `arrow ${className}` });
    parent.append(node);
    const set = ([x0, y0], [x1, y1]) => {
      const length = Math.hypot(x1 - x0, y1 - y0);
      if (!(length > 0.5)) return hide();
      const [u, v] = [(x1 - x0) / length, (y1 - y0) / length], head = Math.min(7, length / 2);
      const side = (s) => [x1 - head * (u + s * 0.5 * v), y1 - head * (v - s * 0.5 * u)];
      node.setAttribute("d", line([[x0, y0], [x1, y1]]) + line([side(1), [x1, y1], side(-1)]));
    };
    const hide = () => node.setAttribute("d", "");
    return { node, set, hide };
  }

  /** A ring to drag a point setting with, or by a press on the drawing. `place(axes)` at each draw. */
  function ring(drawing, name, { label = "Start of the walk", pressed = false } = {}) {
    const setting = settings.find((s) => s.name === name);
    const circle = make("circle", { r: 7 });
    const node = make("g", { class: "ring", tabindex: 0, role: "slider", "aria-label": label }, make("circle", { class: "reach", r: 22 }), circle);
    drawing.node.append(node);
    let scales;
    const move = (at) => change({ [name]: inside(setting, at).map((v) => Number(v.toPrecision(4))) });
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      event.preventDefault();
      node.focus({ preventScroll: true });
    });
    // In a drawing, touch-action alone doesn't keep the page from taking the finger for itself.
    node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    const follow = (event) => {
      const box = drawing.node.getBoundingClientRect();
      move([scales.x.invert(event.clientX - box.left), scales.y.invert(event.clientY - box.top)]);
    };
    node.addEventListener("pointermove", (event) => {
      event.stopPropagation();
      if (node.hasPointerCapture(event.pointerId)) follow(event);
    });
    if (pressed) {
      drawing.node.addEventListener("click", (event) => {
        if (!node.hasAttribute("hidden")) follow(event);
      });
    }
    node.addEventListener("click", (event) => event.stopPropagation());
    node.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (!steps[event.key]) return;
      event.preventDefault();
      const share = event.shiftKey ? 0.1 : 0.02;
      move(state.values[name].map((v, i) => v + steps[event.key][i] * share * (setting.window[i][1] - setting.window[i][0])));
    });
    const place = (axes) => {
      scales = axes;
      const [x, y] = state.values[name];
      node.setAttribute("transform", `translate(${px(axes.x(x))},${px(axes.y(y))})`);
      const said = { valuemin: setting.window[0][0], valuemax: setting.window[0][1], valuenow: short(x, 3), valuetext: `x1 = ${short(x, 3)}, x2 = ${short(y, 3)}` };
      for (const [n, v] of Object.entries(said)) node.setAttribute(`aria-${n}`, v);
    };
    return { node, place };
  }

  /** Point at a step: `nearest([x, y])` in pixels gives the step, or null. */
  function probe(drawing, nearest) {
    const at = (event) => {
      const box = drawing.node.getBoundingClientRect();
      return nearest([event.clientX - box.left, event.clientY - box.top]);
    };
    drawing.node.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "mouse" || event.buttons || state.playing) return;
      const found = at(event);
      hover(found ?? null);
    });
    drawing.node.addEventListener("pointerleave", () => {
      if (state.hover !== null) hover(null);
    });
    drawing.node.addEventListener("click", (event) => {
      const found = at(event);
      if (found !== null && found !== undefined) point(found);
    });
  }

  /** Dash, marker and name of each rule: `[{ rule, name }]`. */
  function legend(items) {
    return make("p", { class: "legend" }, ...items.map(({ rule, name }) => {
      const { dash, marker } = lookOf(rule);
      const swatch = make("svg", { viewBox: "0 0 30 12", "aria-hidden": "true", style: `--rule: ${colors(rule)}` },
        make("path", { class: "done", d: "M0,6H30", "stroke-dasharray": dash }), make("path", { class: "dots", d: `M15,6${MARKERS[marker]}` }));
      return make("span", { class: "walk" }, swatch, name);
    }));
  }

  const colors = (rule) => `var(--rule-${look[rule] ? rule : "own"})`;
  return { drawings, svg, axes, contours, path, arrow, ring, probe, legend, colors, make, line, px, point, change, ask, lookOf, values: () => state.values };
}
