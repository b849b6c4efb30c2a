// What Python computes, computed again: twins of surfaces.py and loop.py, for two coordinates and
// more. Nothing here knows of a page. tests/test_explore.py holds it to Python's, step by step.

const sum = (values) => values.reduce((a, b) => a + b, 0);

const HILLS = [[1.5, -1, 2], [-1.5, -0.5, 1.5], [0.5, 1.5, 1]];
const LOWEST = -1.842516079948414;

const surface = (name, f, minimizers, window, start, key = name) =>
  ({ name, f, minimizers, window, start, key });

/** The surfaces of surfaces.py: each `f(x)` gives the loss and the gradient. */
export const surfaces = {
  bowl: (curvatures = [1, 20]) => surface(
    "bowl",
    (x) => {
      const hx = x.map((x, i) => curvatures[i] * x);
      return [sum(x.map((x, i) => x * hx[i])) / 2, hx];
    },
    [curvatures.map(() => 0)],
    curvatures.map((_, i) => (i ? [-2.5, 2.5] : [-5, 5])),
    curvatures.map((_, i) => (i ? 1.5 : -4)),
    `bowl ${curvatures}`,
  ),
  ravine: ([along, across] = [1, 20]) => surface(
    "ravine",
    ([x, y]) => {
      const s = (x + y) / 2, d = (y - x) / 2;
      return [
        along * (s * s) + across * (d * d),
        [along * s - across * d, along * s + across * d],
      ];
    },
    [[0, 0]], [[-4, 4], [-4, 4]], [-3.5, -1.5], `ravine ${along} ${across}`,
  ),
  rosenbrock: () => surface(
    "Rosenbrock",
    ([x, y]) => {
      const r = 1 - x, s = y - x * x;
      return [r * r + 100 * (s * s), [-2 * r - 400 * x * s, 200 * s]];
    },
    [[1, 1]], [[-2, 2], [-1, 3]], [-1.2, 1],
  ),
  beale: () => surface(
    "Beale",
    ([x, y]) => {
      const r1 = 1.5 - x + x * y;
      const r2 = 2.25 - x + x * (y * y);
      const r3 = 2.625 - x + x * (y * y * y);
      const dx = 2 * (r1 * (y - 1) + r2 * (y * y - 1) + r3 * (y * y * y - 1));
      const dy = 2 * x * (r1 + 2 * y * r2 + 3 * (y * y) * r3);
      return [r1 * r1 + r2 * r2 + r3 * r3, [dx, dy]];
    },
    [[3, 0.5]], [[-4.5, 4.5], [-4.5, 4.5]], [1, 1],
  ),
  saddle: () => surface(
    "saddle",
    ([x, y]) => [(x * x - y * y) / 2, [x, -y]],
    [], [[-3, 3], [-2, 2]], [-2.5, 0.001],
  ),
  hills: () => surface(
    "hills",
    ([x, y]) => {
      let loss = (x * x + y * y) / 20 - LOWEST, dx = x / 10, dy = y / 10;
      for (const [a, b, depth] of HILLS) {
        const u = x - a, v = y - b, well = depth * Math.exp(-(u * u + v * v));
        loss -= well;
        dx += 2 * well * u;
        dy += 2 * well * v;
      }
      return [loss, [dx, dy]];
    },
    [
      [1.46266589917103, -0.974468811945258],
      [-1.4504503404075029, -0.4833537588697453],
      [0.47656929915382995, 1.4221259148206893],
    ],
    [[-3, 3], [-3, 3]], [-0.5, 2.5],
  ),
};

/** A step of a rule: one number and one new memory for each coordinate. `memory` is [] at first. */
export function step(rule, g, memory, hyper) {
  const steps = [], after = [];
  for (let i = 0; i < g.length; i += 1) [steps[i], after[i]] = rule(g[i], memory[i] ?? {}, hyper);
  return [steps, after];
}

const RECORDS = ["x", "loss", "grad", "step", "memory"];

/**
 * Walk as descent.descend does: `x`, `loss` and `grad` have steps + 1 entries, or fewer if the walk
 * diverges; `step` and `memory` (after the step: an object for each coordinate) have one less.
 * `hyper` may be a function of the step number. What isn't in `keep` is forgotten at once: many long
 * walks in one frame leave the browser little to tidy up.
 */
export function descend(f, start, rule, steps, hyper, keep = RECORDS) {
  const trace = { x: [], loss: [], grad: [], step: [], memory: [], diverged: false };
  const log = Object.fromEntries(RECORDS.map((name) => [name, keep.includes(name) ? trace[name] : { push() {} }]));
  const at = typeof hyper === "function" ? hyper : () => hyper;
  let x = start, memory = [], taken;
  for (let k = 0; ; k += 1) {
    const [loss, g] = f(x);
    log.x.push(x);
    log.loss.push(loss);
    log.grad.push(g);
    trace.diverged = !(Number.isFinite(loss) && g.every(Number.isFinite));
    if (trace.diverged || k === steps) return trace;
    [taken, memory] = step(rule, g, memory, at(k));
    x = x.map((x, i) => x - taken[i]);
    log.step.push(taken);
    log.memory.push(memory);
  }
}

/** A number as Python's format(value, ".{digits}g") writes it. */
export function short(value, digits = 6) {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan");
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  if (+exponent < -4 || +exponent >= digits) {
    const power = String(Math.abs(+exponent)).padStart(2, "0");
    return `${+mantissa}e${+exponent < 0 ? "-" : "+"}${power}`;
  }
  return String(+value.toPrecision(digits));
}
