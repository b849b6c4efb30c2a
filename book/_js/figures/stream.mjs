// Adam on the stream of losses on which it fails, and AMSGrad beside it: twin of explore/stream.py.

import { short } from "./arithmetic.mjs";

export function walked(spec, name, C, beta2) {
  const found = { x: [0], regret: 0, lengths: [] };
  let memory = {}, x = 0, step;
  for (let k = 0; k < spec.steps; k += 1) {
    const g = k % 3 ? -1 : C;
    found.regret += g * (x + 1);
    const lr = 0.5 / Math.sqrt(k + 1);
    [step, memory] = rules[name](g, memory, { ...spec.hyper, lr, beta2 });
    x = Math.min(1, Math.max(-1, x - step));
    found.x.push(x);
    found.lengths.push(step / lr);
  }
  found.regret /= C * spec.steps;
  return found;
}

/** Whether Adam is saved here and lost a little below; and a sentence. */
export function judged({ margin }, { beta2 }, { adam, less }) {
  if (adam.x.at(-1) >= 0) return [false, "Adam isn't saved yet."];
  if (less.x.at(-1) <= 0) return [false, "Adam is saved, but a smaller beta2 would do."];
  const other = short(Math.max(0, beta2 - margin), 3);
  return [true, `at ${short(beta2, 3)} Adam ends on the left (x below 0), and at ${other} on the right.`];
}

const ending = ({ adam, amsgrad }) => {
  const [left, ...right] = adam.lengths.slice(-3);
  return (
    `Adam ends at x = ${short(adam.x.at(-1), 3)}, AMSGrad at ${short(amsgrad.x.at(-1), 3)}; their ` +
    `regret a step is ${short(adam.regret, 2)} C and ${short(amsgrad.regret, 2)} C. A round of ` +
    `Adam's goes ${short(left, 3)} lr to the left and ${short(-right[0] - right[1], 3)} lr to the right.`
  );
};

export const verdict = (spec, values, result) => {
  const [met, why] = judged(spec, values, result);
  return met ? `Goal reached: ${why}` : `${why} ${ending(result)}`;
};

export const stream = {
  settings: (spec) => spec.settings,
  hint: "Point at a step: the arrows are those of its round.",

  compute: (spec, { C, beta2 }) => ({
    adam: walked(spec, "adam", C, beta2),
    amsgrad: walked(spec, "amsgrad", C, beta2),
    less: walked(spec, "adam", C, Math.max(0, beta2 - spec.margin)),
  }),

  length: (spec) => spec.steps,
  goal(spec, values, result) {
    const [met, why] = judged(spec, values, result);
    return { met, why: why[0].toUpperCase() + why.slice(1) };
  },

  say(spec, values, result, k) {
    if (k >= spec.steps || k < 1) {
      const [met, why] = judged(spec, values, result);
      return met ? ending(result) : `${why} ${ending(result)}`;
    }
    const at = (walk) => `x = ${short(walk.x[k], 3)}`;
    return `Step ${k}, gradient ${(k - 1) % 3 ? "−1" : short(values.C, 3)}: Adam is at ${at(result.adam)}, AMSGrad at ${at(result.amsgrad)}.`;
  },

  views(spec, kit) {
    return [timeView(spec, kit), roundView(spec, kit)];
  },
};

function timeView(spec, kit) {
  const drawing = kit.svg({ label: "Adam's x and AMSGrad's over the steps; the text below says where they end", height: 230 });
  const names = ["adam", "amsgrad"], looks = ["adam", "own"];
  let axes, curves, tags, dots;
  kit.probe(drawing, ([x]) => (axes ? Math.round(axes.x.invert(x)) : null));
  return {
    node: drawing.node,
    draw(result, values, k) {
      axes = kit.axes(drawing, {
        x: { domain: [0, spec.steps], label: "step", ticks: 4 }, y: { domain: [-1.25, 1.25], ticks: [-1, 0, 1], label: "x" },
        margin: { left: 32, right: 66 },
      });
      if (!curves) {
        curves = looks.map((look, i) => kit.path(axes.plot, look, { every: Math.ceil(spec.steps / 7), className: i ? "second" : "first" }));
        tags = ["Adam", "AMSGrad"].map((name) => kit.make("text", { class: "tag" }, name));
        dots = looks.map(() => kit.make("circle", { class: "at", r: 4.5 }));
        drawing.node.append(...tags, ...dots);
      }
      const ends = names.map((name) => result[name].x.at(-1));
      names.forEach((name, i) => {
        const { x } = result[name];
        curves[i].set(x.map((x, k) => [axes.x(k), axes.y(x)]), k);
        dots[i].setAttribute("cx", kit.px(axes.x(k)));
        dots[i].setAttribute("cy", kit.px(axes.y(x[k])));
        // Beside its end, and apart from the other's.
        const low = ends[i] < ends[1 - i] || (ends[0] === ends[1] && i === 1);
        const near = Math.abs(axes.y(ends[0]) - axes.y(ends[1])), apart = Math.max(0, (14 - near) / 2);
        tags[i].setAttribute("x", axes.right + 8);
        tags[i].setAttribute("y", kit.px(axes.y(ends[i]) + 4 + (low ? apart : -apart)));
      });
    },
  };
}

function roundView(spec, kit) {
  const drawing = kit.svg({ label: "The three steps of a round of Adam's as arrows, each from where the one before ends", height: 200 });
  let arrows, names, zero;
  return {
    node: drawing.node,
    draw({ adam }, values, k) {
      const axes = kit.axes(drawing, {
        x: { domain: [-2.2, 2.2], ticks: [-2, -1, 0, 1, 2], label: "one round of Adam's, in lr" },
        y: { domain: [2.6, -0.6], hidden: true }, margin: { left: 36 },
      });
      if (!arrows) {
        zero = kit.make("path", { class: "goal" });
        names = ["Cx", "−x", "−x"].map((name) => kit.make("text", { class: "tag", "text-anchor": "end" }, name));
        axes.plot.append(zero);
        drawing.node.append(...names);
        arrows = [0, 1, 2].map(() => kit.arrow(axes.plot, "of-adam"));
        for (const { node } of arrows) node.style.setProperty("stroke", kit.colors("adam"));
      }
      zero.setAttribute("d", `M${kit.px(axes.x(0))},${axes.top}V${axes.bottom}`);
      const first = 3 * Math.min(Math.floor(Math.max(0, k - 1) / 3), Math.floor(spec.steps / 3) - 1);
      let from = 0;
      adam.lengths.slice(first, first + 3).forEach((length, i) => {
        const y = axes.y(i);
        arrows[i].set([axes.x(from), y], [axes.x(from - length), y]);
        names[i].setAttribute("x", axes.left - 6);
        names[i].setAttribute("y", y + 4);
        from -= length;
      });
    },
  };
}
