// The momentum lab: the map of all pairs of lr and beta, and the walk of the pair pointed at.
// A twin of explore/lab.py, which says what each function is for; tests/test_explore_lab.py holds
// the two together.

import { descend, short, surfaces } from "./arithmetic.mjs";

const SAID = {
  creep: "creeps", critical: "is critical", swing: "swings", zigzag: "zigzags", fly: "flies off",
};
const NEAR = 0.01;
const named = (kind) => (kind === "critical" ? kind : SAID[kind]);

export function roots(rate, beta) {
  const middle = (1 + beta - rate) / 2;
  const inside = middle * middle - beta;
  if (inside < 0) return [[middle, Math.sqrt(-inside)], [middle, -Math.sqrt(-inside)]];
  const large = middle + (middle < 0 ? -1 : 1) * Math.sqrt(inside);
  return [[large, 0], [large ? beta / large : 0, 0]];
}

export function factor(rate, beta) {
  const middle = (1 + beta - rate) / 2;
  const inside = middle * middle - beta;
  return inside < 0 ? Math.sqrt(beta) : Math.abs(middle) + Math.sqrt(inside);
}

export const border = (rate) => (1 - Math.sqrt(rate)) ** 2;

export function kind(rate, beta) {
  if (rate >= 2 * (1 + beta)) return "fly";
  if (Math.abs(beta - border(rate)) <= NEAR) return "critical";
  if (beta > border(rate)) return "swing";
  return rate < 1 ? "creep" : "zigzag";
}

export function area(factor, kappa) {
  const left = kappa * (1 - factor), right = 1 + factor;
  if (kappa * (1 - factor) ** 2 > right ** 2) return [];
  const top = [[right ** 2, factor ** 2], [left * (1 - factor), factor ** 2]];
  if (left <= right) return [[left, 0], [right, 0], ...top];
  const beta = (factor * (left - right)) / (left + right);
  return [[right * (1 + beta / factor), beta], ...top];
}

export function pace(factor) {
  if (factor >= 1) return Infinity;
  return factor ? Math.log(0.1) / Math.log(factor) : 0;
}

export function bestPair(kappa) {
  const root = Math.sqrt(kappa);
  const factor = (root - 1) / (root + 1);
  return [4 / (1 + 1 / root) ** 2, factor * factor, factor];
}

const inWords = (steps) => (steps < 999.5 ? short(steps, 3) : "more than 1,000");

function compute({ start, steps }, { lr, beta, kappa }) {
  const rates = [lr / kappa, lr];
  const factors = rates.map((rate) => factor(rate, beta));
  const surface = surfaces.bowl([1 / kappa, 1]);
  return {
    surface,
    x: descend(surface.f, start, rules.momentum, steps, { lr, beta }).x,
    roots: rates.map((rate) => roots(rate, beta)),
    factors,
    kinds: rates.map((rate) => kind(rate, beta)),
    pace: pace(Math.max(...factors)),
    best: pace(bestPair(kappa)[2]),
  };
}

function say({ start }, { beta }, { factors, kinds, pace, best, x }, k) {
  const [along, across] = factors.map((factor) => short(factor, 3));
  const [first, second] = kinds.map((kind) => SAID[kind]);
  const shares = (x[k] ?? x.at(-1)).map((value, i) => short(value / start[i], 2));
  const there = k < x.length - 1
    ? ` At step ${k}, ${shares[0]} of the distance along and ${shares[1]} of that across are left.`
    : "";
  if (kinds.includes("fly")) {
    const where = factors[0] < 1 ? "Across the valley it flies off" : "It flies off both ways";
    const limit = short(2 * (1 + beta), 3);
    return `${where} (× ${across} a step). At this beta, lr must stay below ${limit}.${there}`;
  }
  const needs = `this bowl's best pair needs ${inWords(best)}`;
  const left = `in the long run it takes ${inWords(pace)} steps to a tenth; ${needs}.${there}`;
  if (kinds.every((kind) => kind === "swing"))
    return `Both directions swing, and shrink alike (× ${along} a step): ${left}`;
  return (
    `Along the valley it ${first} (× ${along} a step), across it ${second} (× ${across}). ` +
    `The slower one sets the pace: ${left}`
  );
}

function goal(spec, { kappa }, { pace, best }) {
  if (!(pace <= spec.goal * best)) return { met: false, why: "" };
  const [lr, beta] = bestPair(kappa).map((value) => short(value, 3));
  return {
    met: true,
    why:
      `Where the two lines cross, at lr = ${lr} and beta = ${beta}, both directions are critical ` +
      "at once: that is the best pair. With less memory the flat direction creeps or the steep one " +
      "zigzags; with more, both swing, and swings shrink more slowly.",
  };
}

// ---------------------------------------------------------------- what is seen

const LR = [0, 4], BETA = [0, 1];
const DIRECTIONS = [
  { name: "along", long: "along the valley", marker: "m-2.4,0a2.4,2.4 0 1,0 4.8,0a2.4,2.4 0 1,0-4.8,0" },
  { name: "across", long: "across the valley", marker: "m0,-3.2l3.2,3.2l-3.2,3.2l-3.2,-3.2z" },
];
const LETTER = 6.6; // pixels to a letter, about

/** Labels that don't cover each other: those that come first win. One without text keeps its place free. */
function labels(kit, parent) {
  const node = kit.make("g", { class: "labels", "aria-hidden": "true" }), kept = new Map();
  parent.append(node);
  return (wanted) => {
    const taken = [], shown = new Set();
    for (const { text, x, y, anchor = "middle", name = "", room = Infinity } of wanted) {
      const lines = text.split("\n"), wide = LETTER * Math.max(3, ...lines.map((l) => l.length));
      const tall = 15 * lines.length;
      const left = x - (anchor === "middle" ? wide / 2 : anchor === "end" ? wide : 0);
      const box = [left, y - tall / 2, left + wide, y + tall / 2];
      const free = ([a, b, c, d]) => box[0] >= c || box[2] <= a || box[1] >= d || box[3] <= b;
      if (tall > room || !taken.every(free)) continue;
      taken.push(box);
      if (!text) continue;
      const key = [text, kit.px(x), kit.px(y), anchor].join();
      shown.add(key);
      if (kept.has(key)) continue;
      kept.set(key, kit.make("text", { class: name, "text-anchor": anchor },
        ...lines.map((part, i) => kit.make("tspan", { x: kit.px(x), y: kit.px(y - tall / 2 + 11.5 + 15 * i) }, part))));
      node.append(kept.get(key));
    }
    for (const [key, label] of kept) {
      if (shown.has(key)) continue;
      label.remove();
      kept.delete(key);
    }
  };
}

/** The map of all pairs, with a ring on the one that is walked with. */
function mapView(spec, kit) {
  const { make, line, px } = kit;
  const drawing = kit.svg({
    label: "Map of all pairs of lr and beta; the stronger the color, the fewer steps. The text below says what the pair in the ring does.",
    role: "group",
    height: (width) => (width < 330 ? 300 : kit.values().roots ? 600 : 400),
  });
  const own = { levels: make("g", { class: "levels" }), lines: make("g", { class: "lines" }) };
  const circle = make("circle", { r: 7 });
  const ring = make("g", { class: "ring", tabindex: 0, role: "slider", "aria-label": "The pair of lr and beta" },
    make("circle", { class: "reach", r: 22 }), circle);
  let scales, said;

  const move = (lr, beta) => kit.change({
    lr: Number(Math.min(4, Math.max(0.02, lr)).toFixed(2)),
    beta: Number(Math.min(0.99, Math.max(0, beta)).toFixed(3)),
  });
  const point = (event) => {
    const box = drawing.node.getBoundingClientRect();
    move(scales.x.invert(event.clientX - box.left), scales.y.invert(event.clientY - box.top));
  };
  const follow = (node) => {
    node.addEventListener("pointermove", (event) => node.hasPointerCapture(event.pointerId) && point(event));
  };
  ring.addEventListener("pointerdown", (event) => {
    ring.setPointerCapture(event.pointerId);
    event.preventDefault();
    event.stopPropagation();
    ring.focus({ preventScroll: true });
  });
  // Chromium heeds touch-action on no part of a drawing.
  ring.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  ring.addEventListener("click", (event) => event.stopPropagation());
  // A mouse may begin anywhere; a finger that begins beside the ring scrolls the page, or taps.
  drawing.node.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button) return;
    drawing.node.setPointerCapture(event.pointerId);
    event.preventDefault();
    point(event);
    ring.focus({ preventScroll: true });
  });
  drawing.node.addEventListener("click", point);
  follow(ring);
  follow(drawing.node);
  ring.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const { lr, beta } = kit.values(), far = event.shiftKey ? 10 : 1;
    move(lr + 0.02 * far * way[0], beta + 0.005 * far * way[1]);
  });

  let write, drawn;
  const draw = (result, { lr, beta, kappa }) => {
    const axes = kit.axes(drawing, {
      x: { domain: LR, label: "lr", ticks: [0, 1, 2, 3, 4] },
      y: { domain: BETA, label: "beta", ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
      margin: { top: 8, left: 38, right: 12, bottom: 40 },
    });
    scales = axes;
    if (!write) {
      axes.plot.append(own.levels, own.lines);
      write = labels(kit, drawing.node);
      drawing.node.append(ring);
    }
    const at = ([lr, beta]) => [axes.x(lr), axes.y(beta)];
    const tall = axes.bottom - axes.top;
    const key = `${axes.key} ${kappa}`;
    const nameds = [];
    if (drawn !== key) {
      drawn = key;
      const ways = spec.levels.map((steps) => [steps, area(0.1 ** (1 / steps), kappa).map(at)]);
      const outside = make("path", { class: "outside", d: `${line([[2, 0], [4, 0], [4, 1]].map(at))}z` });
      own.levels.replaceChildren(outside, ...ways.filter(([, corners]) => corners.length).map(([steps, corners]) =>
        make("path", { class: steps < 10 ? "deep" : "", d: `${line(corners)}z` })));
      const curve = (f) => line(Array.from({ length: 201 }, (_, i) => f((i / 200) ** 2)).map(at));
      const flat = Array.from({ length: 201 }, (_, i) => (i / 200) ** 2)
        .map((b) => [kappa * (1 - Math.sqrt(b)) ** 2, b]).filter(([lr, b]) => lr < 2 * (1 + b));
      own.lines.replaceChildren(
        make("path", { class: "limit", d: line([at([2, 0]), at([4, 1])]) }),
        make("path", { class: "along", d: line(flat.map(at)) }),
        make("path", { class: "across", d: curve((b) => [(1 - Math.sqrt(b)) ** 2, b]) }),
        make("path", { class: "across", d: curve((b) => [(1 + Math.sqrt(b)) ** 2, b]) }));
    }
    for (const steps of spec.named) {
      const corners = area(0.1 ** (1 / steps), kappa);
      if (corners.length) nameds.push([steps, at(corners.at(-2))]);
    }
    const [x, y] = at([lr, beta]), left = lr > 2.6;
    const middle = (low, high) => axes.y((low + high) / 2);
    const steep = (lr) => border(lr), slack = (lr) => border(lr / kappa);
    const room = (low, high) => tall * (high - low) - 4;
    ring.setAttribute("transform", `translate(${px(x)},${px(y)})`);
    const { met } = goal(spec, { kappa }, result);
    const told = result.kinds.includes("fly") ? "flies off" : `${inWords(result.pace)} steps${met ? " ✓" : ""}`;
    write([
      { text: "", x, y },
      { text: told, x: x + (left ? -13 : 13), y, anchor: left ? "end" : "start", name: "told" },
      ...nameds.map(([steps, [x, y]]) => ({ text: `${steps}`, x: x - 9, y, anchor: "end", name: "number" })),
      { text: "both swing", x: axes.x(1.5), y: middle(slack(1.5), 1), room: room(slack(1.5), 1) },
      { text: "along creeps,\nacross swings", x: axes.x(1.05), y: middle(0, slack(1.3)), room: room(0, slack(1.6)) },
      { text: "both\ncreep", x: axes.x(0) + 4, y: axes.y(0) - 22, anchor: "start" },
      { text: "across zigzags", x: axes.x(2.12), y: axes.y(0) - 11, anchor: "start" },
      { text: "flies off", x: axes.x(3.15), y: axes.y(0.22) },
    ]);
    const [first, second] = result.kinds.map((kind) => SAID[kind]);
    const words = { valuemin: 0.02, valuemax: 4, valuenow: lr, valuetext: `lr ${short(lr, 3)}, beta ${short(beta, 3)}: along the valley it ${first}, across it ${second}` };
    if (said !== words.valuetext) for (const [n, v] of Object.entries(words)) ring.setAttribute(`aria-${n}`, v);
    said = words.valuetext;
  };
  const swatch = (name, text) => make("span", {}, make("svg", { viewBox: "0 0 30 8", "aria-hidden": "true" },
    make("g", { class: "lines" }, make("path", { class: name, d: "M0,4H30" }))), text);
  const node = make("div", { class: "lab-map" },
    make("p", { class: "title" }, "Steps to a tenth, in the long run"), drawing.node,
    make("p", { class: "legend" }, swatch("along", "critical along"), swatch("across", "critical across"), swatch("limit", "limit of lr")));
  return { node, draw };
}

/** A walk with a dot to each step, faint after step k, where it has a larger one. */
function trail(kit, parent, { name, marker }) {
  const { make, line, px } = kit;
  const parts = ["rest", "done", "dots"].map((part) => make("path", { class: part }));
  const here = make("circle", { class: "here", r: 5 });
  parent.append(make("g", { class: `walk ${name}` }, ...parts), here);
  return (points, k) => {
    const reached = points.slice(0, k + 1);
    parts[0].setAttribute("d", line(points.slice(k)));
    parts[1].setAttribute("d", line(reached));
    parts[2].setAttribute("d", reached.slice(1).map(([x, y]) => `M${px(x)},${px(y)}${marker}`).join(""));
    here.setAttribute("cx", px(points[k][0]));
    here.setAttribute("cy", px(points[k][1]));
    here.setAttribute("visibility", k < points.length - 1 ? "visible" : "hidden");
  };
}

/** How far each direction is from the minimum over the steps, as a share of the start. */
function swingView(spec, kit) {
  const panels = DIRECTIONS.map((direction, i) => {
    const drawing = kit.svg({ label: `How far the walk is from the minimum ${direction.long}, over the steps`, height: i ? 136 : 118 });
    const title = kit.make("text", { class: "title", x: 30, y: 13 });
    const zero = kit.make("path", { class: "zero" }), envelope = kit.make("path", { class: "envelope" });
    let axes, set;
    kit.probe(drawing, ([x]) => axes && Math.max(0, Math.min(spec.steps, Math.round(axes.x.invert(x)))));
    const draw = ({ x, factors, kinds }, _, k) => {
        axes = kit.axes(drawing, {
        x: { domain: [0, spec.steps], label: i ? "step" : "", ticks: [0, 25, 50, 75, 100] },
        y: { domain: [-1.15, 1.15], ticks: [-1, 0, 1] },
        margin: { top: 20, left: 30, right: 14, bottom: i ? 40 : 22 },
      });
      if (!set) {
        axes.plot.append(zero, envelope);
        set = trail(kit, axes.plot, direction);
        drawing.node.append(title);
      }
      title.textContent = `${direction.long}: ${named(kinds[i])} (× ${short(factors[i], 3)})`;
      const at = (k, share) => [axes.x(k), axes.y(Math.max(-99, Math.min(99, share)))];
      const both = kinds[i] === "swing" || kinds[i] === "zigzag" ? [1, -1] : [];
      envelope.setAttribute("d", both.map((sign) => kit.line(x.map((_, k) => at(k, sign * factors[i] ** k)))).join(""));
      zero.setAttribute("d", kit.line([at(0, 0), at(spec.steps, 0)]));
      set(x.map((point, k) => at(k, point[i] / spec.start[i])), k);
    };
    return { node: drawing.node, draw };
  });
  const node = kit.make("div", { class: "lab-swing" }, ...panels.map(({ node }) => node));
  return { node, draw: (...seen) => panels.forEach((panel) => panel.draw(...seen)) };
}

/** The walk on the bowl. */
function pathView(spec, kit) {
  const drawing = kit.svg({ label: "The walk on the bowl, seen from above", height: (width) => Math.min(200, 0.45 * width + 34) });
  let axes, set, points = [];
  kit.probe(drawing, ([x, y]) => {
    const away = points.map(([a, b]) => (a - x) ** 2 + (b - y) ** 2);
    return away.length ? away.indexOf(Math.min(...away)) : null;
  });
  const start = kit.make("circle", { class: "start", r: 5 });
  const contours = kit.make("g", { class: "contours" });
  let drawn;
  const draw = ({ x, surface }, { kappa }, k) => {
    const [wide, tall] = surface.window;
    axes = kit.axes(drawing, {
      x: { domain: wide, label: "along the valley", ticks: [] },
      y: { domain: tall, label: "across", ticks: [] },
      margin: { top: 6, left: 30, right: 14, bottom: 24 },
    });
    const key = `${axes.key} ${surface.key}`;
    if (drawn !== key) {
      drawn = key;
      // Ellipses, evenly spaced in log loss.
      const top = surface.f([wide[1], tall[1]])[0];
      const [a, b] = [axes.x(1) - axes.x(0), axes.y(0) - axes.y(1)];
      contours.replaceChildren(...Array.from({ length: 9 }, (_, i) => {
        const [rx, ry] = [kappa, 1].map((flat) => Math.sqrt(2 * top * 0.5 ** (i + 1) * flat));
        return kit.make("ellipse", { cx: kit.px(axes.x(0)), cy: kit.px(axes.y(0)), rx: kit.px(a * rx), ry: kit.px(b * ry) });
      }), kit.make("path", { class: "minimizer", d: `M${kit.px(axes.x(0))},${kit.px(axes.y(0))}m-4.5,0h9m-4.5,-4.5v9` }));
    }
    if (!set) {
      axes.plot.append(contours);
      set = trail(kit, axes.plot, { ...DIRECTIONS[0], name: "path" });
      axes.plot.append(start);
    }
    points = x.map(([a, b]) => [axes.x(a), axes.y(b)]);
    start.setAttribute("cx", points[0][0]);
    start.setAttribute("cy", points[0][1]);
    set(points, k);
  };
  return { node: kit.make("div", { class: "lab-bowl" }, drawing.node), draw };
}

/** Both directions' roots in the unit circle, with the powers of the larger one up to step k. */
function rootsView(spec, kit) {
  const { make, px } = kit;
  const drawing = kit.svg({ label: "The roots of each direction in the complex plane, with the circle of size 1", height: 216 });
  const parts = { unit: make("circle", { class: "unit" }), inner: make("circle", { class: "inner" }), cross: make("path", { class: "zero" }) };
  const marks = DIRECTIONS.map(({ name }) => make("path", { class: `root ${name}` }));
  let axes, sets, write;
  const node = make("div", { class: "lab-roots" }, make("p", { class: "title" }, "Roots, and the powers of the larger"), drawing.node);
  const measure = drawing.measure;
  drawing.measure = () => (node.hidden ? (drawing.width ||= 1) : measure());
  node.hidden = !kit.values().roots;
  const draw = ({ roots, x }, { roots: shown, beta }, k) => {
    if (node.hidden === shown) {
      // The map is as tall as the views beside it.
      node.hidden = !shown;
      for (const each of kit.drawings) each.measure();
      kit.ask();
    }
    if (!shown) return;
    const tall = drawing.height / 2, wide = drawing.width / 2, unit = (tall - 8) / 1.1;
    axes = kit.axes(drawing, {
      x: { domain: [-wide / unit, wide / unit], hidden: true }, y: { domain: [-tall / unit, tall / unit], hidden: true },
      margin: { top: 0, left: 0, right: 0, bottom: 0 },
    });
    if (!sets) {
      axes.plot.append(parts.cross, parts.unit, parts.inner);
      sets = DIRECTIONS.map((direction) => trail(kit, axes.plot, direction));
      axes.plot.append(...marks);
      write = labels(kit, drawing.node);
    }
    const at = ([re, im]) => [
      Math.max(8, Math.min(drawing.width - 8, axes.x(re))), Math.max(8, Math.min(drawing.height - 8, axes.y(im))),
    ];
    for (const [name, radius] of [["unit", 1], ["inner", Math.sqrt(beta)]]) {
      for (const [n, v] of Object.entries({ cx: wide, cy: tall, r: unit * radius })) parts[name].setAttribute(n, v);
    }
    parts.cross.setAttribute("d", `M0,${tall}H${drawing.width}M${wide},0V${drawing.height}`);
    const wanted = [];
    DIRECTIONS.forEach(({ name, marker }, i) => {
      const [large, small] = roots[i];
      const powers = [[1, 0]];
      for (let t = 1; t < x.length; t += 1) {
        const [a, b] = powers[t - 1];
        powers.push([a * large[0] - b * large[1], a * large[1] + b * large[0]]);
      }
      sets[i](powers.map(([re, im]) => [axes.x(re), axes.y(im)]), k);
      marks[i].setAttribute("d", [large, small].map((root) => at(root).map(px)).map(([x, y]) => `M${x},${y}${marker}`).join(""));
      const [x0, y0] = at(large), right = x0 < drawing.width - 60;
      wanted.push({ text: name, x: x0 + (right ? 9 : -9), y: y0 - (large[1] ? 8 : 12) + (large[1] ? 0 : 24 * i), anchor: right ? "start" : "end" });
    });
    wanted.push({ text: "1", x: wide + unit + 4, y: tall + 10, anchor: "start" });
    wanted.push({ text: "√β", x: wide - unit * Math.sqrt(beta) * 0.7 - 4, y: tall + unit * Math.sqrt(beta) * 0.7 + 6, anchor: "end" });
    write(wanted);
  };
  return { node, draw };
}

export const lab = {
  settings: (spec) => spec.settings,
  compute,
  length: (_, __, { x }) => x.length - 1,
  views: (spec, kit) => [mapView, swingView, pathView, rootsView].map((view) => view(spec, kit)),
  say,
  goal,
  hint: "Drag the ring on the map, press anywhere on it, or use the arrow keys.",
};
