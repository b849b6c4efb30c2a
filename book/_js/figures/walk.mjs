// A rule walking on a surface: twin of explore/walk.py.

import { descend, short, surfaces } from "./arithmetic.mjs";

/** The surface with noise on its gradient, as a mini-batch of that size has: a row of the table a call. */
export const noisy = (f, table, batch) => {
  let k = 0;
  return (x) => {
    const [loss, g] = f(x), row = table[k++];
    return [loss, g.map((g, i) => g + row[i] / Math.sqrt(batch))];
  };
};

export function verdict(trace, { goal, steps, noise, tail }) {
  const last = trace.loss.at(-1);
  if (trace.diverged || last > trace.loss[0]) return "The steps overshoot: the loss ends higher than it began.";
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

const ruleOf = ({ rule, text }) => (text ? new Function(`return ${text}`)() : rules[rule]);

export const walk = {
  settings: (spec) => spec.settings,
  hint: "Drag the white ring, or move it with the arrow keys. Point at a step in either view.",

  compute(spec, values) {
    const surface = surfaces.bowl([1, values.kappa]);
    const felt = spec.noise ? noisy(surface.f, spec.noise, values.batch ?? 1) : surface.f;
    const trace = descend(felt, values.start, ruleOf(spec), spec.steps, { ...spec.fixed, ...values });
    return { surface, trace };
  },

  length: (spec, values, { trace }) => trace.x.length - 1,
  say: (spec, values, { trace }) => verdict(trace, spec),
  goal(spec, values, { trace }) {
    const said = verdict(trace, spec);
    return { met: said.startsWith("Goal reached"), why: said };
  },

  views(spec, kit) {
    const map = kit.svg({ label: "The surface from above, with the walk on it", role: "group", height: (width) => Math.min(260, width / 2) });
    const loss = kit.svg({ label: "The loss after each step, on a logarithmic axis" });
    let path, curve, ring, dot, mark, pixels = [], axes;
    kit.probe(loss, ([x]) => (axes ? Math.round(axes.x.invert(x)) : null));
    return [
      {
        node: map.node,
        draw({ surface, trace }, values, k) {
          const axes = kit.axes(map, {
            x: { domain: surface.window[0], hidden: true }, y: { domain: surface.window[1], hidden: true },
            margin: { top: 0, right: 0, bottom: 0, left: 0 },
          });
          kit.contours(axes, surface);
          path ??= kit.path(axes.plot, spec.look);
          if (!dot) axes.plot.append((dot = kit.make("circle", { class: "at", r: 5 })));
          ring ??= kit.ring(map, "start");
          pixels = trace.x.map(([x, y]) => [axes.x(x), axes.y(y)]);
          path.set(pixels, k);
          dot.setAttribute("cx", kit.px(pixels[k][0]));
          dot.setAttribute("cy", kit.px(pixels[k][1]));
          ring.place(axes);
        },
      },
      {
        node: loss.node,
        draw({ trace }, values, k) {
          axes = kit.axes(loss, {
            x: { domain: [0, spec.steps], label: "step" },
            y: { domain: [1e-10, 1e4], log: true, label: "loss", ticks: 4 },
          });
          curve ??= kit.path(axes.plot, spec.look, { markers: false });
          if (!mark) axes.plot.append((mark = kit.make("circle", { class: "at", r: 5 })));
          const points = trace.loss.map((loss, k) => [axes.x(k), axes.y(Math.max(1e-12, loss || 0))]);
          curve.set(points, k);
          mark.setAttribute("cx", kit.px(points[k][0]));
          mark.setAttribute("cy", kit.px(points[k][1]));
        },
      },
    ];
  },
};
