// Adam on the stream of losses on which it fails: twin of explore/stream.py.

import { short } from "./arithmetic.mjs";

export function trace(steps, { C, beta2 }) {
  const found = { x: [0], regret: 0, round: [] };
  let memory = {}, x = 0, step;
  for (let k = 0; k < steps; k += 1) {
    const g = k % 3 ? -1 : C;
    found.regret += (g * (x + 1)) / steps;
    const lr = 0.5 / Math.sqrt(k + 1);
    [step, memory] = rules.adam(g, memory, { lr, beta1: 0, beta2, eps: 1e-8 });
    x = Math.min(1, Math.max(-1, x - step));
    found.x.push(x);
    found.round[k % 3] = step / lr;
  }
  return found;
}

export function verdict({ x, regret, round }, { goal, steps }) {
  const [left, ...right] = round;
  const word = regret < goal ? "Goal reached" : "The goal is not reached yet";
  return (
    `${word}: x is ${short(x.at(-1), 3)} after ${steps} steps, and the regret ` +
    `${short(regret, 3)} a step. A round goes ${short(left, 3)} lr to the left and ` +
    `${short(-right[0] - right[1], 3)} lr to the right.`
  );
}

export const stream = {
  settings: (spec) => spec.settings,
  compute: (spec, values) => trace(spec.steps, values),
  length: () => 0,
  say: (spec, values, result) => verdict(result, spec),
  goal: (spec, values, result) => ({ met: result.regret < spec.goal, why: "" }),
  views(spec, kit) {
    const time = kit.svg({ label: "Adam's x over the steps" });
    let curve;
    return [{
      node: time.node,
      draw({ x }) {
        const axes = kit.axes(time, { x: { domain: [0, spec.steps], label: "step" }, y: { domain: [-1.1, 1.1], ticks: [-1, 0, 1], label: "x" } });
        curve ??= kit.path(axes.plot, "adam", { markers: false });
        curve.set(x.map((x, k) => [axes.x(k), axes.y(x)]));
      },
    }];
  },
};
