// Rules walking on a surface, with what they remember: twin of explore/walk.py.

import { descend, short, surfaces } from "./arithmetic.mjs";

const HARDER = ["kappa", "rare", "spike"];
const WELLS = ["the deepest", "the second", "the third"];

/** Normal numbers without end, the same as Python's: mulberry32 and Box and Muller's formula. */
export function normals(seed) {
  let state = Math.imul(seed, 0x9e3779b1), second = null;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= (t + Math.imul(t ^ (t >>> 7), t | 61)) | 0;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
  return () => {
    if (second !== null) {
      const value = second;
      second = null;
      return value;
    }
    const length = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    second = length * Math.sin(angle);
    return length * Math.cos(angle);
  };
}

const groundOf = (spec, { kappa = 20 }) =>
  ["bowl", "ravine"].includes(spec.surface) ? surfaces[spec.surface]([1, kappa]) : surfaces[spec.surface]();

/** The surface as the rules feel it: with noise, with gradients left out, with a spike. */
export function felt(spec, surface, { batch = 1, rare = 1, spike = 1, seed = 0 }) {
  const normal = spec.noise ? normals(seed) : null;
  const share = spec.noise / Math.sqrt(batch), middle = Math.floor(spec.steps / 2);
  let k = -1;
  return (x) => {
    k += 1;
    let [loss, g] = surface.f(x);
    if (normal) g = [g[0] + normal() * share, g[1] + normal() * share];
    if (k % rare) g = [g[0], 0];
    if (k === middle && spike !== 1) g = g.map((g) => g * spike);
    return [loss, g];
  };
}

const made = new Map();
const ruleOf = ({ rule, text }) => {
  if (!text) return rules[rule];
  if (!made.has(text)) made.set(text, new Function(`return ${text}`)());
  return made.get(text);
};

function walked(spec, values, one, start, surface) {
  const hyper = {};
  for (const name of Object.keys(one.hyper)) hyper[name] = values[name] ?? one.hyper[name];
  return descend(felt(spec, surface, values), values[start], ruleOf(one), spec.steps, hyper);
}

/** The mean loss of the last steps, over several draws of the noise. */
function settled(spec, values, surface) {
  let all = 0;
  for (let seed = 0; seed < spec.draws; seed += 1) {
    const trace = walked(spec, { ...values, seed }, spec.rules[0], spec.starts[0], surface);
    if (trace.diverged) return Infinity;
    all += trace.loss.slice(-spec.tail).reduce((a, b) => a + b, 0) / spec.tail;
  }
  return all / spec.draws;
}

const opening = (spec) => Object.fromEntries(spec.settings.map(({ name, value }) => [name, value]));

/** What is easier than where the figure starts, in words. */
function easier(spec, values) {
  const start = opening(spec);
  for (const { name, label } of HARDER.flatMap((n) => spec.settings.filter((s) => s.name === n))) {
    if (values[name] < start[name]) return `The goal counts from ${label.split(", ").at(-1)} = ${short(start[name], 3)} on.`;
  }
  const [center] = groundOf(spec, start).minimizers;
  if (!center) return null;
  const near = (name) => values[name].some((v, i) => Math.abs(v - center[i]) < Math.abs(start[name][i] - center[i]) / 2);
  return spec.starts.some(near) ? "The goal counts from a ring further out." : null;
}

/** Which minimizer a walk stays at in its last steps, or null. */
function well(spec, surface, { x }) {
  const last = x.slice(-spec.tail - 1);
  const farthest = surface.minimizers.map((m) => Math.max(...last.map((x) => Math.hypot(x[0] - m[0], x[1] - m[1]))));
  const nearest = Math.min(...farthest);
  return nearest < 0.01 ? farthest.indexOf(nearest) : null;
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** Whether the goal is met, and a sentence that says why or why not. */
export function judged(spec, values, surface, all) {
  const { goal, steps, tail } = spec;
  const walks = all.slice(0, spec.starts.length);
  if (spec.surface === "hills") {
    const wells = walks.map((trace) => well(spec, surface, trace)), held = wells.filter((w) => w !== null);
    if (!held.length) return [false, "No walk comes to rest."];
    const named = wells.map((w) => (w === null ? "none" : WELLS[w])).join(", "), more = values.lr * (1 + spec.close);
    const further = spec.starts.map((start) => walked(spec, { ...values, lr: more }, spec.rules[0], start, surface));
    if (further.some((trace) => well(spec, surface, trace) !== null)) return [false, `The walks come to rest in these wells: ${named}.`];
    const start = opening(spec);
    if (spec.starts.some((name) => values[name].some((v, i) => v !== start[name][i])))
      return [false, "The goal counts with the rings where they were at first."];
    return [true, `at ${short(values.lr, 3)} a walk rests in ${WELLS[held[0]]} well, which is curved least; at ${short(more, 3)} none does.`];
  }
  if (walks.some(({ diverged, loss }) => diverged || loss.at(-1) > loss[0]))
    return [false, goal ? "The steps overshoot: the loss ends higher than it began." : "The loss ends higher than it began."];
  const barred = easier(spec, values);
  let met, said;
  if (spec.noise) {
    const mean = settled(spec, values, surface);
    met = mean < goal;
    said = `the loss of the last ${tail} steps is ${short(mean, 2)}, the mean of ${spec.draws} draws of the noise.`;
  } else {
    const highest = Math.max(...walks.map(({ loss }) => Math.max(...loss.slice(-tail - 1))));
    const below = walks.map(({ loss }) => loss.findIndex((v) => v < goal));
    met = highest < goal;
    if (met) {
      const first = Math.max(...walks.map(({ loss }) => loss.findLastIndex((v) => v >= goal) + 1));
      said = `from step ${first} on the loss stays below ${short(goal)}.`;
    } else if (below.every((k) => k >= 0)) {
      said = `the loss falls below ${short(goal)} at step ${Math.max(...below)}, but doesn't stay: in the last ${tail} steps it is up to ${short(highest, 2)}.`;
    } else {
      said = `after ${steps} steps the loss is ${short(walks[0].loss.at(-1), 2)}.`;
    }
  }
  if (met && barred) return [false, barred];
  return [met, met ? said : capital(said)];
}

export const verdict = ([met, why]) => (met ? `Goal reached: ${why}` : `The goal is not reached yet. ${why}`);

// ---------------------------------------------------------------- numbers of one step

const NAMES = { m: ["m", (v) => v], v: ["√v", Math.sqrt], s: ["√s", Math.sqrt], u: ["u", (v) => v] };

/** What a rule saw, remembered and did at its k-th step, for each coordinate. */
export function stepOf({ grad, memory, step }, k) {
  const i = Math.min(k, step.length) - 1;
  if (i < 0) return null;
  const remembered = {};
  for (const [name, [label, f]] of Object.entries(NAMES)) {
    if (memory[i][0][name] !== undefined) remembered[label] = memory[i].map((one) => f(one[name]));
  }
  const rate = rateAt({ grad, memory, step }, i);
  return { at: i, g: grad[i], remembered, step: step[i], rate };
}

/** The rate of each coordinate: its step over what it averages, the memory m, or else the gradient. */
function rateAt({ grad, memory, step }, i) {
  return step[i].map((step, c) => {
    const over = memory[i][c].m ?? grad[i][c];
    return over === 0 ? null : Math.abs(step / over);
  });
}

const pair = (values) => `(${values.map((v) => short(v, 3).replaceAll("-", "−")).join(", ")})`;

/** The largest curvature at a point, from the gradient around it. */
function sharpness({ f }, [x, y]) {
  const d = 1e-4;
  const [a, c] = [0, 1].map((i) => (f([x + d, y])[1][i] - f([x - d, y])[1][i]) / (2 * d));
  const b = (f([x, y + d])[1][1] - f([x, y - d])[1][1]) / (2 * d);
  return (a + b) / 2 + Math.hypot((a - b) / 2, c);
}

/** Where noise keeps gradient descent: the predicted spread of each coordinate. */
export const radius = ({ noise }, { lr, batch = 1, kappa = 20 }) =>
  [1, kappa].map((h) => (lr * h < 2 ? Math.sqrt((lr * noise ** 2) / (batch * h * (2 - lr * h))) : Infinity));

export const walk = {
  settings: (spec) => spec.settings,
  hint: "Drag a white ring, or move it with the arrow keys. Point at a step in a curve: g, m and √v are drawn to one scale there, and the walk moves by −step.",

  compute(spec, values, sent) {
    const surface = groundOf(spec, values);
    if (spec.remote) {
      if (!sent) return { surface, walks: [], judged: [false, "Python is walking."] };
      // Memory comes as arrays by name, and is read as an object for each coordinate.
      const walks = sent.walks.map((trace) => ({
        ...trace,
        memory: trace.step.map((step, k) => step.map((_, c) => Object.fromEntries(
          Object.entries(trace.memory).map(([name, all]) => [name, Array.isArray(all[k]) ? all[k][c] : all[k]])))),
      }));
      return { surface, walks, judged: sent.judged };
    }
    const walks = spec.rules.flatMap((one) => spec.starts.map((start) => walked(spec, values, one, start, surface)));
    return { surface, walks, judged: judged(spec, values, surface, walks) };
  },

  length: (spec, values, { walks }) => (walks.length ? spec.steps : 0),
  goal: (spec, values, { judged: [met, why] }) => (spec.goal ? { met, why: capital(why) } : null),
  again: (spec) => (spec.noise ? { seed: Math.floor(Math.random() * 1000) } : {}),

  say(spec, values, { walks, judged }, k) {
    const now = walks.length ? stepOf(walks[0], k) : null;
    if (!now || k >= spec.steps) return judged[0] ? `After ${spec.steps} steps the loss is ${short(walks[0].loss.at(-1), 2)}.` : spec.goal ? verdict(judged) : judged[1];
    const remembered = Object.entries(now.remembered).map(([name, v]) => ` ${name} ${pair(v)},`).join("");
    return `Step ${now.at + 1}: gradient ${pair(now.g)},${remembered} step ${pair(now.step)}; loss ${short(walks[0].loss[now.at + 1], 2)}.`;
  },

  views(spec, kit) {
    const looks = spec.rules.flatMap(({ look }) => spec.starts.map(() => look));
    const many = spec.starts.length > 1;
    const views = [mapView(spec, kit, looks, many), lossView(spec, kit, looks, many)];
    const plain = ["gd"].includes(spec.rules[0].rule) && spec.rules.length === 1;
    if (!plain) views.push(rateView(spec, kit));
    else if (["bowl", "hills"].includes(spec.surface)) views.push(reachView(spec, kit));
    views.push(numbers(spec, kit));
    return views;
  },
};

function mapView(spec, kit, looks, many) {
  const map = kit.svg({
    label: "The surface from above, with the walks on it", role: "group",
    height: (width) => (spec.surface === "bowl" ? Math.min(300, width / 2) : Math.min(320, width * 0.9)),
  });
  let paths, rings, dots, arrows, tags, extra, names, pixels = [];
  kit.probe(map, ([x, y]) => {
    let found = null, least = 15;
    for (const points of pixels) points.forEach(([u, v], k) => {
      const away = Math.hypot(u - x, v - y);
      if (away < least) [found, least] = [k, away];
    });
    return found;
  });
  return {
    node: map.node,
    draw({ surface, walks }, values, k) {
      const [x, y] = surface.window;
      // One unit is as long across as upwards.
      const unit = Math.max((x[1] - x[0]) / map.width, (y[1] - y[0]) / map.height);
      const grown = ([low, high], size) => [(low + high - unit * size) / 2, (low + high + unit * size) / 2];
      const axes = kit.axes(map, {
        x: { domain: grown(x, map.width), hidden: true }, y: { domain: grown(y, map.height), hidden: true },
        margin: { top: 0, right: 0, bottom: 0, left: 0 },
      });
      kit.contours(axes, surface);
      if (!paths) {
        extra = kit.make("path", { class: "predicted" });
        axes.plot.append(extra);
        paths = looks.map((look) => kit.path(axes.plot, look));
        dots = looks.map(() => kit.make("circle", { class: "at", r: 4.5 }));
        arrows = ["g", "m", "v", "step"].map((name) => kit.arrow(axes.plot, `of-${name}`));
        tags = arrows.map(() => kit.make("text", { class: "tag" }));
        names = spec.starts.map((_, i) => kit.make("text", { class: "tag" }, many ? `${i + 1}` : ""));
        axes.plot.append(...dots);
        map.node.append(...tags, ...names);
        rings = spec.starts.map((name, i) => kit.ring(map, name, { label: many ? `Start ${i + 1}` : "Start of the walk" }));
      }
      const place = ([x, y]) => [axes.x(x), axes.y(y)];
      pixels = walks.map((trace) => trace.x.map(place));
      pixels.forEach((points, i) => {
        const at = points[Math.min(k, points.length - 1)];
        paths[i].set(points, Math.min(k, points.length - 1));
        dots[i].setAttribute("cx", kit.px(at[0]));
        dots[i].setAttribute("cy", kit.px(at[1]));
      });
      rings.forEach((ring, i) => {
        ring.place(axes);
        const [u, v] = place(values[spec.starts[i]]);
        names[i].setAttribute("x", u + 11);
        names[i].setAttribute("y", v - 8);
      });
      extra.setAttribute("d", predicted(spec, values, axes, place));
      drawArrows(walks[0], k, place, axes);
    },
  };

  function drawArrows(trace, k, place, axes) {
    const now = trace && k < spec.steps ? stepOf(trace, k) : null;
    if (!now) {
      for (const arrow of arrows) arrow.hide();
      for (const tag of tags) tag.textContent = "";
      return;
    }
    const from = place(trace.x[now.at]), { m, "√v": v } = now.remembered;
    // Gradients, their memory and their size have one scale; the step is as long as it is.
    const size = Math.max(...[now.g, m, v].filter(Boolean).map((a) => Math.hypot(...a)));
    const scaled = (a, sign) => [from[0] + (sign * 60 * a[0]) / size, from[1] - (sign * 60 * a[1]) / size];
    const tips = [scaled(now.g, -1), m && scaled(m, -1), v && scaled(v, 1), place(trace.x[now.at + 1])];
    const taken = [];
    tips.forEach((tip, i) => {
      const tag = tags[i];
      if (!tip) {
        arrows[i].hide();
        tag.textContent = "";
        return;
      }
      arrows[i].set(from, tip);
      const away = Math.hypot(tip[0] - from[0], tip[1] - from[1]) || 1;
      let x = tip[0] + (10 * (tip[0] - from[0])) / away, y = tip[1] + (10 * (tip[1] - from[1])) / away + 4;
      x = Math.min(axes.right - 30, Math.max(axes.left + 14, x));
      y = Math.min(axes.bottom - 4, Math.max(axes.top + 12, y));
      while (taken.some(([u, v]) => Math.abs(u - x) < 30 && Math.abs(v - y) < 13)) y += y > axes.bottom - 20 ? -40 : 13;
      taken.push([x, y]);
      tag.textContent = ["−g", "−m", "√v", "−step"][i];
      tag.setAttribute("x", kit.px(x));
      tag.setAttribute("y", kit.px(y));
    });
  }
}

/** What theory draws on the map: the cloud's size, or RMSprop's last cycle. */
function predicted(spec, values, axes, place) {
  if (spec.surface !== "bowl") return "";
  if (spec.noise) {
    const [rx, ry] = radius(spec, values).map((r) => 2 * r), [cx, cy] = place([0, 0]);
    if (!Number.isFinite(rx + ry)) return "";
    const [a, b] = [axes.x(rx) - cx, cy - axes.y(ry)];
    return `M${cx - a},${cy}a${a},${b} 0 1,0 ${2 * a},0a${a},${b} 0 1,0 ${-2 * a},0`;
  }
  if (spec.rules[0].rule !== "rmsprop") return "";
  const [[left, top], [right, bottom]] = [place([-values.lr / 2, values.lr / 2]), place([values.lr / 2, -values.lr / 2])];
  return `M${left},${top}H${right}V${bottom}H${left}Z`;
}

/** The loss at which theory says that a walk levels off, and what it is called. */
function level(spec, values) {
  if (spec.surface !== "bowl") return null;
  const { kappa = 20, lr } = values;
  if (spec.noise) {
    const [a, b] = radius(spec, values);
    return [(a * a + kappa * b * b) / 2, "predicted"];
  }
  return spec.rules[0].rule === "rmsprop" ? [((1 + kappa) * lr * lr) / 8, "cycle of lr/2"] : null;
}

function lossView(spec, kit, looks, many) {
  const drawing = kit.svg({ label: "The loss after each step; the text below says where it ends", height: 230 });
  let axes, curves, dots, lines, words, ends;
  kit.probe(drawing, ([x]) => (axes ? Math.round(axes.x.invert(x)) : null));
  return {
    node: drawing.node,
    draw({ walks }, values, k) {
      const log = spec.surface !== "saddle";
      axes = kit.axes(drawing, {
        x: { domain: [0, spec.steps], label: "step" },
        y: { domain: spec.losses, log, label: "loss", ticks: 4 },
      });
      if (!curves) {
        lines = ["goal", "predicted"].map((name) => kit.make("path", { class: name }));
        words = ["goal", ""].map((name) => kit.make("text", { class: "tag", "text-anchor": "end" }, name));
        axes.plot.append(...lines);
        curves = looks.map((look) => kit.path(axes.plot, look, { every: Math.ceil(spec.steps / 8) }));
        dots = looks.map(() => kit.make("circle", { class: "at", r: 4.5 }));
        ends = spec.starts.map((_, i) => kit.make("text", { class: "tag" }, many ? `${i + 1}` : ""));
        drawing.node.append(...dots, ...words, ...ends);
      }
      const least = log ? spec.losses[0] / 10 : -Infinity;
      walks.forEach(({ loss }, i) => {
        const points = loss.map((v, k) => [axes.x(k), axes.y(Number.isFinite(v) ? Math.max(least, v) : 1e30)]);
        const at = points[Math.min(k, points.length - 1)];
        curves[i].set(points, Math.min(k, points.length - 1));
        dots[i].setAttribute("cx", kit.px(at[0]));
        dots[i].setAttribute("cy", kit.px(Math.min(axes.bottom, Math.max(axes.top, at[1]))));
        if (many && i < ends.length) {
          ends[i].setAttribute("x", points.at(-1)[0] - 12);
          ends[i].setAttribute("y", kit.px(Math.min(axes.bottom, points.at(-1)[1]) - 5));
        }
      });
      const shown = spec.surface !== "hills" ? axes.y(spec.goal) : null;
      const [height, name] = level(spec, values) ?? [null, ""];
      const predictedAt = height > 0 && Number.isFinite(height) ? axes.y(height) : null;
      words[1].textContent = name;
      [shown, predictedAt].forEach((y, i) => {
        const seen = y !== null && y > axes.top && y < axes.bottom;
        lines[i].setAttribute("d", seen ? `M${axes.left},${kit.px(y)}H${axes.right}` : "");
        words[i].style.display = seen ? "" : "none";
        // The two words stand on either side of where the lines may meet.
        words[i].setAttribute("x", i ? axes.left + (axes.right - axes.left) * 0.6 : axes.right);
        words[i].setAttribute("y", kit.px((y ?? 0) - 4));
      });
    },
  };
}

/** The rate that each coordinate has, over the steps. */
function rateView(spec, kit) {
  const drawing = kit.svg({ label: "The effective rate of each coordinate over the steps", height: 190 });
  let axes, curves, names, dots;
  kit.probe(drawing, ([x]) => (axes ? Math.max(1, Math.round(axes.x.invert(x))) : null));
  const each = spec.rules.flatMap(({ look }, r) => [0, 1].map((c) => ({ look, r, c })));
  return {
    node: drawing.node,
    draw({ walks }, values, k) {
      if (!walks.length) return;
      const rates = spec.rules.map((_, r) => {
        const trace = walks[r * spec.starts.length];
        return trace.step.map((_, i) => rateAt(trace, i));
      });
      let low = Infinity, high = 0;
      for (const rate of rates) for (const pair of rate) for (const v of pair) {
        if (v > 0 && v < 1e6) [low, high] = [Math.min(low, v), Math.max(high, v)];
      }
      if (!(high > 0)) [low, high] = [0.1, 1];
      // Whole powers of ten: so the axis doesn't move with every touch.
      let [a, b] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)];
      a = Math.max(a, b - 6);
      if (a === b) [a, b] = [a - 1, b + 1];
      axes = kit.axes(drawing, {
        x: { domain: [0, spec.steps], label: "step" },
        y: { domain: [10 ** a, 10 ** b], log: true, label: rateName(walks[0]), ticks: 4 },
        margin: { right: 30, top: 14 },
      });
      if (!curves) {
        curves = each.map(({ look, c }) => kit.path(axes.plot, look, { every: Math.ceil(spec.steps / 6), className: c ? "second" : "first" }));
        names = each.map(({ r, c }) => kit.make("text", { class: "tag" }, `x${"₁₂"[c]}`));
        dots = each.map(() => kit.make("circle", { class: "at", r: 3.5 }));
        drawing.node.append(...names, ...dots);
      }
      const ends = [];
      each.forEach(({ r, c }, i) => {
        const points = [];
        let upto = -1;
        rates[r].forEach((pair, j) => {
          if (!(pair[c] > 0)) return;
          points.push([axes.x(j + 1), axes.y(pair[c])]);
          if (j + 1 <= k) upto = points.length - 1;
        });
        curves[i].set(points, Math.max(0, upto));
        const end = points.at(-1), at = points[Math.max(0, upto)];
        dots[i].style.display = at ? "" : "none";
        if (!end) return;
        ends.push([end[1] + 4, names[i]]);
        dots[i].setAttribute("cx", kit.px(at[0]));
        dots[i].setAttribute("cy", kit.px(Math.min(axes.bottom, Math.max(axes.top, at[1]))));
      });
      // From the lowest up, each name a line above the one before.
      let free = axes.bottom + 4;
      for (const [y, name] of ends.sort((a, b) => b[0] - a[0])) {
        free = Math.min(y, free);
        name.setAttribute("x", axes.right + 7);
        name.setAttribute("y", kit.px(free));
        free -= 13;
      }
    },
  };
}

const rateName = ({ memory }) => (memory[0]?.[0].m !== undefined ? "rate: step / m" : "rate: step / gradient");

/** How far gradient descent goes in each direction, in units of the distance to the bottom. */
function reachView(spec, kit) {
  const hills = spec.surface === "hills";
  const drawing = kit.svg({ label: "lr times the curvature: below 1 the walk creeps, up to 2 it zigzags, above it flies off", height: hills ? 150 : 120 });
  let marks;
  return {
    node: drawing.node,
    draw({ surface }, values) {
      const rows = hills
        ? surface.minimizers.map((m, i) => [["deepest", "second", "third"][i], sharpness(surface, m)])
        : [["x₁", 1], ["x₂", values.kappa]];
      const axes = kit.axes(drawing, {
        x: { domain: [0, 3], ticks: [0, 1, 2, 3], label: hills ? "lr × curvature of the well" : "lr × curvature" },
        y: { domain: [rows.length - 0.5, -1.2], hidden: true }, margin: { left: hills ? 62 : 30, right: 14, top: 4 },
      });
      if (!marks) {
        const zones = [["creeps", 0.5], ["zigzags", 1.5], ["flies off", 2.5]].map(([name, at]) => [kit.make("text", { class: "tag", "text-anchor": "middle" }, name), at]);
        const edges = [1, 2].map((at) => [kit.make("path", { class: "goal" }), at]);
        marks = { zones, edges, rows: rows.map(([name]) => ({
          name: kit.make("text", { class: "tag", "text-anchor": "end" }, name),
          bar: kit.make("path", { class: "bar", style: `--rule: ${kit.colors(spec.rules[0].look)}` }),
          dot: kit.make("circle", { class: "at", r: 4.5 }),
        })) };
        drawing.node.append(...zones.map(([n]) => n), ...edges.map(([n]) => n), ...marks.rows.flatMap((r) => [r.name, r.bar, r.dot]));
      }
      for (const [node, at] of marks.zones) {
        node.setAttribute("x", axes.x(at));
        node.setAttribute("y", axes.top + 12);
      }
      for (const [node, at] of marks.edges) node.setAttribute("d", `M${axes.x(at)},${axes.top}V${axes.bottom}`);
      marks.rows.forEach(({ name, bar, dot }, i) => {
        const y = axes.y(i), x = axes.x(Math.min(3, values.lr * rows[i][1]));
        name.setAttribute("x", axes.left - 7);
        name.setAttribute("y", y + 4);
        bar.setAttribute("d", `M${axes.left},${y}H${kit.px(x)}`);
        dot.setAttribute("cx", kit.px(x));
        dot.setAttribute("cy", y);
      });
    },
  };
}

/** The numbers of the step that is pointed at. */
function numbers(spec, kit) {
  const table = kit.make("table", { class: "numbers" });
  const node = kit.make("div", {}, ...(spec.rules.length > 1 ? [kit.legend(spec.rules.map(({ rule, look }) => ({ rule: look, name: rule })))] : []), table);
  return {
    node,
    draw({ walks }, values, k) {
      const rows = spec.rules.map((_, r) => walks[r * spec.starts.length]).map((trace) => trace && stepOf(trace, k));
      const columns = new Set(["g"]);
      for (const now of rows) for (const name of Object.keys(now?.remembered ?? {})) columns.add(name);
      const titles = [...columns, "step", "rate"];
      const two = rows.length > 1;
      const cell = (tag, text) => kit.make(tag, {}, text);
      const head = kit.make("tr", {}, cell("th", `step ${Math.min(k, spec.steps)}`), ...titles.map((t) => cell("th", t)));
      const body = rows.flatMap((now, r) => [
        ...(two ? [kit.make("tr", {}, kit.make("th", { colspan: titles.length + 1 }, spec.rules[r].rule))] : []),
        ...[0, 1].map((c) => kit.make("tr", {},
          cell("th", `x${"₁₂"[c]}`),
          ...titles.map((t) => {
            if (!now) return cell("td", "");
            const value = t === "g" ? now.g[c] : t === "step" ? now.step[c] : t === "rate" ? now.rate[c] : now.remembered[t]?.[c];
            return cell("td", value === undefined || value === null ? "–" : short(value, 2).replaceAll("-", "−"));
          }))),
      ]);
      table.replaceChildren(head, ...body);
    },
  };
}
