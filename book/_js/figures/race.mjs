// Six rules on one surface, twice: at one learning rate for all, and each at the rate that Python
// found to be its best from the surface's own start.

import { descend, short, surfaces } from "./arithmetic.mjs";
import { make } from "./core.mjs";

// Writing what is there already would cost the page a layout.
const write = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
const steps = (count) => `${count} step${count === 1 ? "" : "s"}`;
const listed = (names) => [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ");

/** The step from which on the loss stays below the finish; n + 1 where it never does. */
function arrival(loss, n, finish) {
  if (loss.length <= n) return n + 1;
  let k = n + 1;
  while (k > 0 && loss[k - 1] < finish) k -= 1;
  return k;
}

/** Who arrives when, and who is where: those that don't arrive, by their last loss. */
export function standing(losses, n, finish) {
  const arrived = losses.map((loss) => arrival(loss, n, finish));
  const last = losses.map((loss) => (loss.length > n ? loss[n] : Infinity));
  const off = losses.map((loss, i) => arrived[i] > n && last[i] > loss[0]);
  const end = last.map((v) => (Number.isFinite(v) ? Math.floor(1000 * v + 0.5) : v));
  const later = (i, j) => arrived[i] - arrived[j]
    || (arrived[i] > n && end[i] !== end[j] ? end[i] - end[j] : i - j);
  return { arrived, off, order: losses.map((_, i) => i).sort(later) };
}

/** A race in half a sentence. */
function told({ arrived, off, order }, n, names) {
  const least = Math.min(...arrived), last = order.at(-1);
  if (least > n) return `nobody arrives within ${steps(n)}`;
  if (least === Math.max(...arrived)) return `all six arrive after ${steps(least)}`;
  const first = order.filter((i) => arrived[i] === least).map((i) => names[i]);
  const said = `${listed(first)} ${first.length > 1 ? "are" : "is"} first, after ${steps(least)}; ${names[last]} is last`;
  if (off[last]) return `${said} and flies off`;
  return arrived[last] > n ? `${said} and doesn’t arrive` : `${said}, after ${arrived[last]}`;
}

const placeOf = ({ arrived, off }, i, n) => (off[i] ? "flies off" : arrived[i] > n ? `> ${n}` : `${arrived[i]}`);

export const race = {
  hint: "Drag the white ring, press on the map, or use the arrow keys (with Shift: further).",
  playsFirst: true,

  settings: (spec) => spec.settings,

  compute(spec, values) {
    const track = spec.tracks[values.surface], { f } = surfaces[values.surface]();
    const start = values[values.surface];
    const run = (rateOf) => {
      const walks = spec.rules.map(({ name, hyper }, i) =>
        descend(f, start, rules[name], track.steps, { ...hyper, lr: rateOf(i) }, ["x", "loss"]));
      return { walks, ...standing(walks.map(({ loss }) => loss), track.steps, track.finish) };
    };
    // While the one lr is dragged, each at its best walks as before.
    if (spec.ran?.track !== track || spec.ran.start !== start) {
      spec.ran = { track, start, best: run((i) => track.best[i]) };
    }
    return { start, shared: run(() => values.lr), best: spec.ran.best };
  },

  length: (spec, values) => spec.tracks[values.surface].steps,

  say(spec, values, { start, shared, best, [values.rates]: { walks } }, k) {
    const track = spec.tracks[values.surface], n = track.steps;
    const names = spec.rules.map(({ says }) => says);
    const lr = short(values.lr, 3);
    if (k < n) {
      const at = walks.map(({ loss }) => loss[k] ?? Infinity);
      const low = at.indexOf(Math.min(...at)), high = at.indexOf(Math.max(...at));
      return `After ${k} of ${steps(n)}, ${values.rates === "best" ? "each at its best rate" : `at lr = ${lr} for all`}: ` +
        `${names[low]} is lowest, with a loss of ${short(at[low], 2)}; ${names[high]} is highest, with ${short(at[high], 2)}.`;
    }
    const said = `At lr = ${lr} for all, ${told(shared, n, names)}. Each at its best rate, ${told(best, n, names)}.`;
    const moved = start.some((v, i) => v !== track.start[i]);
    return moved ? `${said} The best rates were found for the start at the ×, not for this one.` : said;
  },

  goal(spec, values, { best: { arrived } }) {
    const first = (ours) => Math.min(...arrived.filter((_, i) => spec.winners.includes(spec.rules[i].name) === ours));
    return { met: values.surface === "ravine" && first(true) + spec.lead <= first(false), why: spec.why };
  },

  views(spec, kit) {
    const map = mapOf(spec, kit);
    const [places, losses] = [placesOf(spec, kit), lossesOf(spec, kit)];
    const draw = (...now) => [places, losses].forEach((view) => view.draw(...now));
    return [map, { node: make("div", { class: "beside" }, places.node, losses.node), draw }];
  },
};

/** The surface from above, with the paths, and each rule's marker where it is. */
function mapOf(spec, kit) {
  const drawing = kit.svg({
    label: "The surface from above, with six paths on it; the text below says who arrives first",
    height: (width) => Math.min(width, 340),
    role: "group",
  });
  let paths, heads, best, rings;
  const draw = (result, values, k) => {
    const track = spec.tracks[values.surface], surface = surfaces[values.surface]();
    const [x, y] = track.window.map((domain) => ({ domain, hidden: true }));
    const side = (drawing.width - drawing.height) / 2 + 1;
    const axes = kit.axes(drawing, { x, y, margin: { top: 1, right: side, bottom: 1, left: side } });
    kit.contours(axes, surface, { levels: 9 });
    if (!paths) {
      paths = spec.rules.map(({ name }) => kit.path(axes.plot, name, { every: 10 }));
      best = axes.plot.appendChild(make("path", { class: "tuned" }));
      heads = spec.rules.map(({ name }) => kit.path(axes.plot, name, { className: "head" }));
      // Each surface keeps its own start.
      rings = Object.fromEntries(Object.keys(spec.tracks).map((key) => [key, kit.ring(drawing, key, { label: "Start of all six", pressed: true })]));
    }
    for (const [key, { node }] of Object.entries(rings)) node.toggleAttribute("hidden", key !== values.surface);
    rings[values.surface].place(axes);
    const [u, v] = [axes.x(track.start[0]), axes.y(track.start[1])].map(kit.px);
    best.setAttribute("d", `M${u},${v}m-5,-5l10,10m0,-10l-10,10`);
    result[values.rates].walks.forEach((walk, i) => {
      const points = walk.x.map(([a, b]) => [axes.x(a), axes.y(b)]);
      paths[i].set(points, k);
      const at = points[Math.min(k, points.length - 1)];
      heads[i].set([at, at]);
    });
  };
  return { node: drawing.node, draw };
}

/** How the ranking turns: on the left one rate for all, on the right each its best. */
function placesOf(spec, kit) {
  const drawing = kit.svg({
    label: "Two rankings, joined by a line for each rule; the text below says who is first and last",
    height: 174,
  });
  const text = (side, attributes) => make("text", { "text-anchor": side === "shared" ? "end" : "start", ...attributes });
  const sides = ["shared", "best"];
  const heads = Object.fromEntries(sides.map((side) => [side, text(side, { y: 14 })]));
  drawing.node.append(...Object.values(heads));
  const rows = spec.rules.map(({ name, short: label }) => {
    const row = make("g");
    drawing.node.append(row);
    const path = kit.path(row, name);
    const names = Object.fromEntries(sides.map((side) => [side, row.appendChild(text(side))]));
    return { label, path, names };
  });
  const draw = (result, values, k) => {
    const track = spec.tracks[values.surface], n = track.steps;
    const at = { shared: 121, best: drawing.width - 154 };
    write(heads.shared, `lr = ${short(values.lr, 3)} for all`);
    write(heads.best, "each at its best (lr)");
    for (const side of sides) {
      heads[side].setAttribute("x", at[side] + (side === "shared" ? -10 : 10));
      heads[side].classList.toggle("shown", side === values.rates);
    }
    rows.forEach(({ label, path, names }, i) => {
      const heights = sides.map((side) => 38 + 25 * result[side].order.indexOf(i));
      const ends = sides.map((side, j) => [at[side], heights[j]]);
      path.set([ends[0], ...ends]);
      sides.forEach((side, j) => {
        const place = placeOf(result[side], i, n);
        write(names[side], j ? `${place} ${label} (${short(track.best[i], 2)})` : `${label} ${place}`);
        names[side].setAttribute("x", at[side] + (j ? 10 : -10));
        names[side].setAttribute("y", heights[j] + 4);
        names[side].classList.toggle("waits", k < n && result[side].arrived[i] > k);
      });
      path.node.classList.toggle("waits", k < n && result[values.rates].arrived[i] > k);
    });
  };
  return { node: drawing.node, draw };
}

/** The losses, the finish, and each rule's marker where it arrives. */
function lossesOf(spec, kit) {
  const drawing = kit.svg({
    label: "The loss of each rule after each step; the text below says who arrives first",
    height: 172,
  });
  let paths, marks, finish, axes;
  const draw = (result, values, k) => {
    const track = spec.tracks[values.surface], n = track.steps;
    const y = { domain: track.shown, log: track.log, label: "loss", ticks: 4 };
    axes = kit.axes(drawing, { x: { domain: [0, n], label: "step", ticks: 5 }, y });
    if (!paths) {
      finish = { line: make("path", { class: "finish" }), text: make("text", { "text-anchor": "end" }, "finish") };
      axes.plot.append(finish.line);
      paths = spec.rules.map(({ name }) => kit.path(axes.plot, name, { markers: false }));
      marks = spec.rules.map(({ name }) => kit.path(axes.plot, name, { className: "head" }));
      drawing.node.append(finish.text);
    }
    const level = kit.px(axes.y(track.finish)), [low, high] = track.shown;
    finish.line.setAttribute("d", `M${axes.left},${level}H${axes.right}`);
    finish.text.setAttribute("x", axes.right);
    finish.text.setAttribute("y", level - 5);
    const shown = result[values.rates];
    shown.walks.forEach(({ loss }, i) => {
      paths[i].set(loss.map((v, j) => [axes.x(j), axes.y(v < low ? low : v < high ? v : high)]), k);
      const at = [axes.x(shown.arrived[i]), level];
      marks[i].set(shown.arrived[i] <= Math.min(k, n) ? [at, at] : []);
    });
  };
  kit.probe(drawing, ([x]) => {
    const k = axes && Math.round(axes.x.invert(x));
    return k >= 0 && k <= axes.x.domain()[1] ? k : null;
  });
  return { node: drawing.node, draw };
}
