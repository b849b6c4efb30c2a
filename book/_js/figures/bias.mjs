// Averages that start at zero: the bias microscope, the moving average, and decay beside L2. Twin of
// explore/bias.py.

import { short } from "./arithmetic.mjs";

const percent = (share) => `${short(100 * share, 3)} %`;
const least = (...curves) => Math.min(...curves.map((curve) => Math.min(...curve)));
const most = (...curves) => Math.max(...curves.map((curve) => Math.max(...curve)));

/** Limits of an axis that stands still while the hand moves a little. */
export function limits(...curves) {
  const rung = (height) => 1.25 * 2 ** (Math.ceil(2 * Math.log2(Math.max(height, 0.3) / 1.25)) / 2);
  const low = least(...curves);
  return [low < 0 ? -rung(-low) : 0, Math.max(1.25, rung(most(...curves)))];
}

/** A curve with a dash of its own, where a rule has two: `set(pixels)`. */
function curve(kit, parent, className, rule) {
  const node = kit.make("path", { class: className });
  if (rule) node.style.setProperty("--rule", kit.colors(rule));
  parent.append(node);
  return { node, set: (points) => node.setAttribute("d", kit.line(points)) };
}

/** Names behind the ends of curves, none on top of another: `set([[y, text, className, rule]], x)`. */
function names(kit, drawing) {
  const node = kit.make("g", { class: "ends", "aria-hidden": "true" });
  drawing.node.append(node);
  return (ends, x) => {
    let last = -Infinity;
    const sorted = [...ends].sort((a, b) => a[0] - b[0]);
    node.replaceChildren(...sorted.map(([y, text, className, rule]) => {
      last = Math.max(y, last + 14);
      const style = rule && `--rule: ${kit.colors(rule)}`;
      return kit.make("text", { x: kit.px(x), y: kit.px(last + 4), class: className, style }, text);
    }));
  };
}

/** The step that is pointed at: a line through the drawing and a ring on the curve. */
function pointer(kit, plot) {
  const rule = kit.make("path", { class: "now" }), ring = kit.make("circle", { class: "at", r: 4.5 });
  plot.append(rule, ring);
  return (axes, at) => {
    rule.setAttribute("d", at ? `M${kit.px(at[0])},${axes.top}V${axes.bottom}` : "");
    ring.setAttribute("cx", at ? kit.px(at[0]) : -99);
    ring.setAttribute("cy", at ? kit.px(at[1]) : -99);
  };
}

const dots = (kit, points, r = 1.8) =>
  points.map(([x, y]) => `M${kit.px(x) - r},${kit.px(y)}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0-${2 * r},0`).join("");

// Here a dash says which of two averages it is, and the color whose they are.
const SOLID = { className: "solid" };

/** Put a rectangle somewhere. */
const cover = (node, [left, right], [top, bottom]) => {
  const box = { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
  for (const name in box) node.setAttribute(name, box[name].toFixed(1));
};

/** A text above a drawing. */
const titled = (kit, title, drawing) => kit.make("div", {}, kit.make("p", { class: "title" }, title), drawing.node);

// ---------------------------------------------------------------- the bias microscope

const CORRECTED = ["neither", "only m", "only v", "both"];

export function told({ beta1, beta2 }) {
  const first = (1 - beta1) / Math.sqrt(1 - beta2);
  const by = Math.max(first, 1 / first);
  if (by < 1.005) return "Both corrections together leave the first step as it is: 1 lr.";
  const makes = `${short(by, 3)} times ${first > 1 ? "shorter" : "longer"}`;
  return `Both corrections together make the first step ${makes}: 1 lr instead of ${short(first, 3)}.`;
}

export const bias = {
  hint: "Point at a step in any view.",
  settings: (spec) => spec.settings,

  compute({ streams, eps }, { gradients, beta1, beta2, correct_m, correct_v }) {
    const result = { g: streams[gradients], m: [], root: [], m_hat: [], root_hat: [], step: [], none: [], both: [] };
    let both, memory = {};
    for (const [k, g] of result.g.entries()) {
      [both, memory] = rules.adam(g, memory, { lr: 1, beta1, beta2, eps });
      const { m } = memory, m_hat = m / (1 - beta1 ** (k + 1));
      const [root, root_hat] = [memory.v, memory.v / (1 - beta2 ** (k + 1))].map(Math.sqrt);
      const step = (correct_m ? m_hat : m) / ((correct_v ? root_hat : root) + eps);
      const row = { m, root, m_hat, root_hat, step, none: m / (root + eps), both };
      for (const name in row) result[name].push(row[name]);
    }
    return result;
  },

  length: (spec) => spec.steps,

  say(spec, values, result, k) {
    const { beta1, beta2 } = values;
    if (k === 0) return "Before the first step m and v are zero.";
    if (k < spec.steps) {
      const at = (name) => short(result[name][k - 1], 3);
      return (
        `Step ${k}: ${percent(1 - beta1 ** k)} of m's weights have come in, and ${percent(1 - beta2 ** k)} of v's. ` +
        `m = ${at("m")}, corrected ${at("m_hat")}; √v = ${at("root")}, corrected ${at("root_hat")}. ` +
        `The step is ${at("step")} lr.`
      );
    }
    const sizes = result.step.map(Math.abs), size = Math.max(...sizes);
    // Equal steps differ in their last digit.
    const at = 1 + sizes.findIndex((own) => own >= size * (1 - 1e-9));
    return `The first step is ${short(result.step[0], 3)} lr, the longest ${short(size, 3)} (step ${at}). ${told(values)}`;
  },

  goal(spec, values) {
    const above = 1 - values.beta1, below = Math.sqrt(1 - values.beta2);
    const met = values.beta1 >= spec.least && Math.abs(above / below - 1) <= spec.near;
    const why = met
      ? `Of the first gradient, ${short(above, 3)} is in m, and of its size ${short(below, 3)} is in √v: both are too ` +
        "small alike. With a larger beta2, √v holds less than m and correction shortens the step; with a smaller " +
        "one it lengthens it."
      : told(values);
    return { met, why };
  },

  views(spec, kit) {
    const x = { domain: [0, spec.steps + 0.5], ticks: [1, 5, 10, 15, 20], label: "step" };
    // Before the first step both averages are zero; what is divided by them isn't there yet.
    const t = (axes, y, before = y[0]) => [before, ...y].map((y, i) => [axes.x(before === 0 ? i : Math.max(1, i)), axes.y(y)]);
    const nearest = (axes) => ([x]) => Math.min(spec.steps, Math.max(0, Math.round(axes.x.invert(x))));
    const margin = { right: 52, left: 34, top: 8 };

    const steps = kit.svg({ label: "The step at each of 20 steps, in lr", height: (width) => (width < 335 ? 240 : 340) });
    let drawn, axes;
    kit.probe(steps, (at) => nearest(axes)(at));
    const drawSteps = (result, values, k) => {
      const which = values.correct_m + 2 * values.correct_v;
      axes = kit.axes(steps, { x, y: { domain: limits(result.step, result.none, result.both) }, margin });
      drawn ??= {
        none: curve(kit, axes.plot, "other none"), both: curve(kit, axes.plot, "other both"),
        step: kit.path(axes.plot, "adam", SOLID), at: pointer(kit, axes.plot), names: names(kit, steps),
        first: steps.node.appendChild(kit.make("text", { class: "of-rule" })),
      };
      const points = t(axes, result.step);
      drawn.step.set(points, k);
      const ends = [[points.at(-1)[1], CORRECTED[which], "of-rule", "adam"]];
      for (const [name, own] of [["none", 0], ["both", 3]]) {
        const other = t(axes, result[name]);
        drawn[name].set(which === own ? [] : other);
        if (which !== own) ends.push([other.at(-1)[1], CORRECTED[own], ""]);
      }
      drawn.names(ends, axes.right + 5);
      const shown = Math.max(1, k < spec.steps ? k : 1), [left, top] = points[shown];
      const rises = points[Math.min(shown + 1, spec.steps)][1] < top;
      drawn.first.textContent = `${short(result.step[shown - 1], 3).replace("-", "−")} lr`;
      const attributes = {
        x: kit.px(left + (left > axes.right - 60 ? -8 : 8)), y: kit.px(Math.min(axes.bottom - 6, Math.max(axes.top + 12, top + (rises ? 16 : -8)))),
        style: `--rule: ${kit.colors("adam")}`, "text-anchor": left > axes.right - 60 ? "end" : "start",
      };
      for (const name in attributes) drawn.first.setAttribute(name, attributes[name]);
      drawn.at(axes, k > 0 && k < spec.steps ? points[k] : null);
    };

    const average = (rule, [plain, hat], texts, size, corrected, title) => {
      const drawing = kit.svg({ label: title, height: 170 });
      let drawn, axes;
      kit.probe(drawing, (at) => nearest(axes)(at));
      const draw = (result, values, k) => {
        const g = result.g.map(size), used = values[corrected] ? hat : plain, unused = used === hat ? plain : hat;
        axes = kit.axes(drawing, { x, y: { domain: limits(g, result[plain], result[hat]), ticks: 3 }, margin });
        drawn ??= {
          g: axes.plot.appendChild(kit.make("path", { class: "data" })), unused: curve(kit, axes.plot, "unused", rule),
          used: kit.path(axes.plot, rule, SOLID), at: pointer(kit, axes.plot), names: names(kit, drawing),
        };
        const way = (name) => t(axes, result[name], name === plain ? 0 : result[name][0]);
        const points = way(used), others = way(unused);
        drawn.g.setAttribute("d", dots(kit, t(axes, g).slice(1)));
        drawn.unused.set(others);
        drawn.used.set(points, k);
        const end = ([, y], text, strong) => [y, text, `of-rule${strong ? " strong" : ""}`, rule];
        const pair = used === hat ? [others, points] : [points, others];
        drawn.names(pair.map((p, i) => end(p.at(-1), texts[i], p === points)), axes.right + 5);
        drawn.at(axes, k > 0 && k < spec.steps ? points[k] : null);
      };
      return { node: titled(kit, title, drawing), draw };
    };
    const m = average("momentum", ["m", "m_hat"], ["m", "m̂"], (g) => g, "correct_m", "Gradients (dots), and m");
    const v = average("rmsprop", ["root", "root_hat"], ["√v", "√v̂"], Math.abs, "correct_v", "Their sizes (dots), and √v");
    const first = titled(kit, "Step in lr, by what is corrected", steps);
    const node = kit.make("div", { class: "lenses" }, first, kit.make("div", {}, m.node, v.node));
    return [{ node, draw: (...args) => [drawSteps, m.draw, v.draw].forEach((draw) => draw(...args)) }];
  },
};

// ---------------------------------------------------------------- the moving average

export const average = {
  hint: "Point at a step to see the window there.",
  settings: (spec) => spec.settings,

  compute({ series, truth, since }, { beta, correct }) {
    const m = [], line = [];
    let memory = {};
    for (const [k, y] of series.entries()) {
      [, memory] = rules.momentum_ema(y, memory, { lr: 1, beta });
      m.push(memory.m);
      line.push(correct ? memory.m / (1 - beta ** (k + 1)) : memory.m);
    }
    let sum = 0;
    for (let k = since; k < line.length; k += 1) sum += (line[k] - truth[k]) ** 2;
    const window = 1 / (1 - beta);
    return { m, line, window, held: 1 - beta ** window, distance: Math.sqrt(sum / (line.length - since)) };
  },

  length: (spec) => spec.series.length,

  say({ series, truth }, { beta, correct }, { line, window, held, distance }, k) {
    if (k === 0) return "Before the first value the average is zero.";
    if (k < series.length) {
      const what = correct ? "correction divides by that" : "the rest is on zero";
      return (
        `Step ${k}: ${percent(1 - beta ** k)} of the weights have come in; ${what}. The average is ` +
        `${short(line[k - 1], 3)}, the dashed line ${short(truth[k - 1], 3)}.`
      );
    }
    return (
      `beta = ${short(beta)} means a window of about ${short(window, 3)} values: they have ${percent(held)} of the ` +
      `weight. The average is ${short(distance, 3)} away from the dashed line.`
    );
  },

  goal(spec, values, { window, distance }) {
    const met = distance < spec.goal;
    const why = met
      ? `About ${short(window, 3)} values: with fewer the noise stays in, with more the past does.`
      : `The average is ${short(distance, 3)} away from the dashed line.`;
    return { met, why };
  },

  views(spec, kit) {
    const n = spec.series.length;
    const time = kit.svg({ label: "Noisy numbers, their truth, and their moving average", height: 240 });
    const ages = kit.svg({ label: "The weight of a value by its age", height: 240 });
    let drawn, axes, weights;
    kit.probe(time, ([x]) => Math.min(n, Math.max(0, Math.round(axes.x.invert(x)))));
    const drawTime = ({ line, window }, values, k) => {
      axes = kit.axes(time, { x: { domain: [0, n], label: "step" }, y: { domain: [0, spec.top] }, margin: { left: 34, top: 8, right: 14 } });
      drawn ??= {
        window: axes.plot.appendChild(kit.make("rect", { class: "window" })),
        data: axes.plot.appendChild(kit.make("path", { class: "data" })),
        line: kit.path(axes.plot, "momentum", { ...SOLID, markers: false }),
        truth: curve(kit, axes.plot, "other both"), at: pointer(kit, axes.plot),
      };
      const place = (y, i) => [axes.x(i + 1), axes.y(y)];
      if (drawn.key !== axes.key) {
        drawn.data.setAttribute("d", dots(kit, spec.series.map(place), 1.4));
        drawn.truth.set(spec.truth.map(place));
        drawn.key = axes.key;
      }
      const points = line.map(place);
      drawn.line.set(points, k - 1);
      cover(drawn.window, [Math.max(axes.left, axes.x(k - window + 0.5)), axes.x(k + 0.5)], [axes.top, axes.bottom]);
      drawn.at(axes, k > 0 && k < n ? points[k - 1] : null);
    };
    const drawAges = ({ window, held }, { beta, correct }, k) => {
      const scale = correct && k > 0 ? 1 / (1 - beta ** k) : 1;
      const weight = Array.from({ length: spec.ages }, (_, age) => (1 - beta) * beta ** age);
      const top = limits([weight[0] * scale * 100]).at(-1) / 100;
      const axes = kit.axes(ages, { x: { domain: [-0.5, spec.ages], label: "steps ago" }, y: { domain: [0, top] }, margin: { left: 40, top: 8 } });
      weights ??= {
        window: axes.plot.appendChild(kit.make("rect", { class: "window" })),
        missing: curve(kit, axes.plot, "missing", "momentum"), there: curve(kit, axes.plot, "bars", "momentum"),
        name: ages.node.appendChild(kit.make("text", { "text-anchor": "end" })),
        share: ages.node.appendChild(kit.make("text", { "text-anchor": "end" })),
      };
      const bars = (of, factor) => of.flatMap((w, age) => [[axes.x(age - 0.5), axes.y(w * factor)], [axes.x(age + 0.5), axes.y(w * factor)]]);
      const filled = bars(weight.slice(0, k), scale);
      weights.missing.set(bars(weight, 1));
      weights.there.set(filled.length ? [[filled[0][0], axes.bottom], ...filled, [filled.at(-1)[0], axes.bottom]] : []);
      cover(weights.window, [axes.left, axes.x(window - 0.5)], [axes.top, axes.bottom]);
      for (const [i, name] of ["name", "share"].entries()) {
        weights[name].setAttribute("x", axes.right - 4);
        weights[name].setAttribute("y", axes.top + 16 + 16 * i);
      }
      weights.name.textContent = `window: ${short(window, 3)} values`;
      weights.share.textContent = `with ${percent(held)} of the weight`;
    };
    const first = titled(kit, "Noisy values, the truth (dashed), the average", time);
    const node = kit.make("div", { class: "lenses" }, first, titled(kit, "Weight of a value in the average", ages));
    return [{ node, draw: (...args) => [drawTime, drawAges].forEach((draw) => draw(...args)) }];
  },
};

// ---------------------------------------------------------------- decay and L2

/** Weights under Adam whose gradients say nothing: +s, −s, ... `keep` are those whose way is kept. */
function decayed({ sizes, steps, hyper }, l2, c, which, keep) {
  const shrink = 1 - hyper.lr * c, ways = new Map(keep.map((i) => [i, [1]]));
  const share = which.map((i) => {
    const size = sizes[i], way = ways.get(i);
    let w = 1, memory = {}, step;
    for (let k = 0; k < steps; k += 1) {
      const noise = k % 2 ? -size : size;
      [step, memory] = rules.adam(l2 ? noise + c * w : noise, memory, hyper);
      w = (l2 ? w : shrink * w) - step;
      way?.push(w);
    }
    return w;
  });
  return { share, ways };
}

export const decay = {
  hint: "The two weights' gradients are noise: 0.1 in size (quiet, +) and 10 (loud, ×).",
  settings: (spec) => spec.settings,

  compute(spec, { how, c }) {
    const two = [spec.quiet, spec.loud], l2 = decayed(spec, true, c, [...spec.sizes.keys()], two);
    const decoupled = decayed(spec, false, c, spec.few, two);
    const [quiet, loud] = two.map((i) => (how === "l2" ? l2 : decoupled).ways.get(i));
    return { l2: l2.share, decoupled: decoupled.share, quiet, loud };
  },

  length: (spec) => spec.steps,

  say: (spec, { how }, { quiet, loud }, k) =>
    `${how === "l2" ? "L2" : "Decoupled"}, after ${k} steps: ${short(quiet[k], 3)} is left of the weight with quiet ` +
    `gradients, ${short(loud[k], 3)} of the one with loud gradients.`,

  goal({ kept: [low, high] }, values, { quiet, loud }) {
    const ends = [quiet.at(-1), loud.at(-1)];
    const met = ends.every((w) => w >= low && w <= high);
    const why = met
      ? "Decoupled, each weight is multiplied by 1 − lr · c at each step, whatever its gradients. Under L2 no c does " +
        "this: the pull is divided by the size of the noise."
      : `They keep ${short(ends[0], 3)} and ${short(ends[1], 3)}.`;
    return { met, why };
  },

  views(spec, kit) {
    const { steps, sizes, quiet, loud, kept } = spec;
    const y = { domain: [0, 1.05], ticks: [0, 0.5, 1] };
    const band = (parent) => parent.appendChild(kit.make("rect", { class: "window" }));
    const ways = kit.svg({ label: "Both weights over the steps", height: 220 });
    const ends = kit.svg({ label: "What is left of a weight against the size of its noise", height: 220 });
    let first, second, axes;
    const placeBand = (node, axes) => cover(node, [axes.left, axes.right], kept.toReversed().map(axes.y));
    kit.probe(ways, ([x]) => Math.min(steps, Math.max(0, Math.round(axes.x.invert(x)))));
    const drawWays = (result, values, k) => {
      axes = kit.axes(ways, { x: { domain: [0, steps], label: "step", ticks: 4 }, y, margin: { left: 34, right: 44, top: 8 } });
      first ??= {
        band: band(axes.plot), loud: kit.path(axes.plot, "own", { every: 250 }), quiet: kit.path(axes.plot, "adam", { every: 250 }),
        names: names(kit, ways), atQuiet: pointer(kit, axes.plot), atLoud: pointer(kit, axes.plot),
      };
      placeBand(first.band, axes);
      for (const name of ["quiet", "loud"]) {
        // Every tenth step is enough for the eye.
        const points = [];
        for (let i = 0; i <= steps; i += 10) points.push([axes.x(i), axes.y(result[name][i])]);
        first[name].set(points, Math.floor(k / 10));
        const at = k < steps ? [axes.x(k), axes.y(result[name][k])] : null;
        first[name === "quiet" ? "atQuiet" : "atLoud"](axes, at);
      }
      const end = (name, rule) => [axes.y(result[name].at(-1)), name, "of-rule", rule];
      first.names([end("quiet", "adam"), end("loud", "own")], axes.right + 5);
    };
    const drawEnds = (result, values) => {
      const axes = kit.axes(ends, {
        x: { domain: [sizes[0], sizes.at(-1)], log: true, label: "size of the noise" }, y, margin: { left: 34, right: 68, top: 8 },
      });
      second ??= {
        band: band(axes.plot), l2: curve(kit, axes.plot, "", "adam"), decoupled: curve(kit, axes.plot, "", "adam"),
        names: names(kit, ends), marks: [quiet, loud].map((_, i) => kit.path(axes.plot, i ? "own" : "adam", { every: 1 })),
      };
      placeBand(second.band, axes);
      const at = (w, i) => [axes.x(sizes[i]), axes.y(w)], lines = [];
      for (const [name, text, which] of [["l2", "L2", [...sizes.keys()]], ["decoupled", "decoupled", spec.few]]) {
        const points = result[name].map((w, i) => at(w, which[i])), chosen = name === values.how;
        second[name].set(points);
        second[name].node.setAttribute("class", chosen ? "bold" : "other none");
        lines.push([points.at(-1)[1], text, chosen ? "of-rule" : "", chosen && "adam"]);
      }
      [[quiet, result.quiet], [loud, result.loud]].forEach(([i, way], n) => second.marks[n].set([0, 1].map(() => at(way.at(-1), i))));
      second.names(lines, axes.right + 5);
    };
    return [
      { node: titled(kit, "What is left of two weights", ways), draw: drawWays },
      { node: titled(kit, `What is left after ${steps} steps`, ends), draw: drawEnds },
    ];
  },
};
