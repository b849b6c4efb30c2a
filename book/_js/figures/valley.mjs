// The valley: loss over the learning rate for five rules, what so many random tries of it bring, and
// how often each rule wins. The twin of descent/explore/valley.py; tests/test_explore_valley.py
// holds the two together.

import { scaleLinear } from "d3-scale";

import { short } from "./arithmetic.mjs";

const DIGITS = 4; // of a loss
const zip = (names, make) => Object.fromEntries(names.map((name) => [name, make(name)]));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]; // of an odd number
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const least = (names, of) => names.reduce((a, b) => (of(b) < of(a) ? b : a));

/** Losses from their text: three signs each, of four digits and a power of ten; the last: guessing. */
export function unpack(text, guess, seeds) {
  const rates = [];
  for (let at = 0; at < text.length; at += 3) {
    const code = parseInt(text.slice(at, at + 3), 36);
    const loss = code === 36 ** 3 - 1 ? guess : ((code % 9000) + 1000) / 10 ** (7 - Math.floor(code / 9000));
    if ((at / 3) % seeds) rates.at(-1).push(loss);
    else rates.push([loss]);
  }
  return rates;
}

/** The mean of the lowest of 1 to `most` tries, drawn with replacement. */
export function expected(losses, most) {
  const low = [...losses].sort((a, b) => a - b), n = low.length;
  return Array.from({ length: most }, (_, k) =>
    low.reduce((sum, loss, i) => sum + loss * (((n - i) / n) ** (k + 1) - ((n - i - 1) / n) ** (k + 1)), 0));
}

/** For each rule the share of its losses above each of all values, and of those at it or above. */
export function shares(losses, guess) {
  const values = [...new Set(losses.flat())].filter((v) => v < guess);
  const share = (of, enough) => values.map((v) => of.reduce((n, loss) => n + enough(loss, v), 0) / of.length);
  return losses.map((of) => ({ above: share(of, (a, b) => a > b), least: share(of, (a, b) => a >= b) }));
}

/** How often each rule has the lowest loss, if all have so many tries; the rest is nobody's. */
export function wins(found, tries) {
  const above = found.map((of) => of.above.map((share) => share ** tries));
  const exact = found.map((of, i) => of.least.map((share, n) => share ** tries - above[i][n]));
  return found.map((_, i) => {
    let won = 0;
    for (let n = 0; n < above[i].length; n += 1) {
      if (!exact[i][n]) continue;
      // How likely it is that none of the others, one, two ... end at that very value, the rest above.
      const level = [1];
      for (let j = 0; j < found.length; j += 1) {
        if (j === i) continue;
        level.push(0);
        for (let m = level.length - 1; m >= 0; m -= 1) {
          level[m] = above[j][n] * level[m] + (m ? exact[j][n] * level[m - 1] : 0);
        }
      }
      won += exact[i][n] * level.reduce((shared, p, others) => shared + p / (1 + others), 0);
    }
    return won;
  });
}

/** Random numbers from 0 to 1, the same as in Python (Mulberry32). */
export function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const held = new WeakMap();

/** What doesn't hang on tries and luck: unpacked once for each problem and budget. */
function ground(spec, { problem, budget }) {
  if (!held.has(spec)) held.set(spec, {});
  const key = `${problem} ${budget}`, kept = held.get(spec);
  if (kept[key]) return kept[key];
  const { rules, most, seeds } = spec, { steps, guess, lines } = spec.problems[problem][budget];
  const names = Object.keys(rules), each = Array.from({ length: seeds }, (_, s) => s);
  const losses = zip(names, (rule) => unpack(lines[rule][1], guess, seeds));
  const rates = zip(names, (rule) => losses[rule].map((_, i) => 2 ** (lines[rule][0] + i)));
  const bySeed = zip(names, (rule) => each.map((s) => losses[rule].map((row) => row[s])));
  const expects = zip(names, (rule) => {
    const of = bySeed[rule].map((line) => expected(line, most));
    return of[0].map((_, k) => of.map((found) => found[k]));
  });
  const lowest = expects[names[0]].map((row, k) => row.map((_, s) => Math.min(...names.map((r) => expects[r][k][s]))));
  const behind = zip(names, (rule) => expects[rule].map((row, k) => row.map((loss, s) => loss / lowest[k][s])));
  const ahead = zip(names, (rule) => {
    const others = names.filter((name) => name !== rule);
    return expects[rule].map((row, k) => row.map((loss, s) => others.every((o) => expects[o][k][s] >= spec.margin * loss)));
  });
  const inSeed = each.map((s) => shares(names.map((rule) => bySeed[rule][s]), guess));
  return (kept[key] = { names, steps, guess, losses, rates, expects, behind, ahead, inSeed, won: [] });
}

/** What values of settings give: names as in Python's trace. */
function compute(spec, values) {
  const found = ground(spec, values), { names, guess, losses } = found;
  const tries = Math.round(values.tries), luck = Math.round(values.luck);
  found.won[tries] ??= (() => {
    const won = found.inSeed.map((lines) => wins(lines, tries));
    return zip(names, (rule) => won.map((of) => of[names.indexOf(rule)]));
  })();
  const next = numbers(luck), seed = luck % spec.seeds, drawn = zip(names, () => []), best = zip(names, () => [guess]);
  for (let k = 0; k < tries; k += 1) {
    for (const rule of names) {
      const at = Math.floor(next() * losses[rule].length);
      drawn[rule].push(at);
      best[rule].push(Math.min(best[rule][k], losses[rule][at][seed]));
    }
  }
  return { ...found, tries, luck, won: found.won[tries], seed, drawn, best };
}

const leader = ({ names, expects }, tries) => least(names, (rule) => median(expects[rule][tries - 1]));
const percent = (share) => `${Math.floor(100 * share + 0.5)}\u00a0%`;
const count = (n) => (n === 1 ? "1 try" : `${n} tries`);

function say(spec, values, result, k) {
  const { names, tries, expects, won, best, luck, guess } = result, { rules, most } = spec;
  const called = (rule) => rules[rule][0];
  const first = leader(result, tries), often = least(names, (rule) => -mean(won[rule]));
  const loss = short(median(expects[first][tries - 1]), DIGITS);
  const more = often === first ? "and wins" : `but ${called(often)} wins`;
  const at = Math.min(k, tries), now = least(names, (rule) => best[rule][at]);
  const found = best[now][at] < guess
    ? `${called(now)} is first, with ${short(best[now][at], DIGITS)}`
    : "nobody does better than guessing";
  return `With ${count(tries)} ${called(first)} expects the lowest loss, ${loss}, ${more} most often, ` +
    `in ${percent(mean(won[often]))} of draws. Lowest with 1 try: ${called(leader(result, 1))}; ` +
    `with ${most}: ${called(leader(result, most))}. Draw ${luck}, after ${count(at)}: ${found}.`;
}

/** How many rates bring at least half of what the best of any rule gains. */
export function width({ losses, guess, names }, rule) {
  const middle = (name) => losses[name].map(median);
  const bottom = Math.min(...names.flatMap(middle));
  return middle(rule).filter((loss) => loss <= (guess + bottom) / 2).length;
}

function goal(spec, values, result) {
  const { names, tries, ahead, losses } = result, { aim, rules, most } = spec;
  if (!ahead[aim][tries - 1].every(Boolean)) return { met: false, why: "" };
  const others = names.filter((rule) => rule !== aim);
  const bottoms = names.map((rule) => Math.min(...losses[rule].map(median)));
  return {
    met: true,
    why: `${rules[aim][0]}'s valley is the widest here: ${width(result, aim)} of its ${losses[aim].length} rates ` +
      "bring at least half of what can be gained, of no other rule's more than " +
      `${Math.max(...others.map((rule) => width(result, rule)))}. With few tries that decides. With ${most} ` +
      "everybody finds the bottom, and the bottoms are level: " +
      `${short(Math.min(...bottoms), DIGITS)} to ${short(Math.max(...bottoms), DIGITS)}.`,
  };
}

/** Where to write numbers on a logarithmic axis that may be shorter than a power of ten. */
export function ticks(low, high) {
  if (high < 4 * low) return scaleLinear().domain([low, high]).ticks(4);
  const found = [];
  for (let n = Math.floor(Math.log10(low)); n <= Math.log10(high); n += 1) {
    for (const digit of high > 100 * low ? [1] : high > 20 * low ? [1, 3] : [1, 2, 5]) {
      const value = Number(`${digit}e${n}`);
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}

function views(spec, kit) {
  const names = Object.keys(spec.rules), { make, px } = kit;
  const color = (rule) => `--rule: ${kit.colors(spec.rules[rule][1])}`;
  const height = (width) => Math.min(280, Math.max(220, 0.75 * width));

  // ---- the valleys, and where this draw's tries fell
  const valley = kit.svg({
    label: "Loss over the learning rate, a curve and a band to each rule; rings where tries fell",
    height,
  });
  const title = make("p", { class: "title" });
  const legend = kit.legend(names.map((rule) => ({ name: spec.rules[rule][0], rule: spec.rules[rule][1] })));
  let parts, drawnFor;
  const begin = (plot) => {
    const guess = make("path", { class: "guess" });
    const label = make("text", { class: "label", "text-anchor": "end" }, "guessing");
    plot.append(guess);
    valley.node.append(label);
    const bands = zip(names, (rule) => make("path", { class: "band", style: color(rule) }));
    plot.append(...Object.values(bands));
    const curves = zip(names, (rule) => kit.path(plot, spec.rules[rule][1], { every: 4 }));
    const tries = zip(names, (rule) => make("path", { class: "tries", style: color(rule) }));
    const best = zip(names, (rule) => make("path", { class: "best", style: color(rule) }));
    plot.append(...Object.values(tries), ...Object.values(best));
    parts = { guess, label, bands, curves, tries, best };
  };
  const circle = ([x, y], r) => `M${px(x - r)},${px(y)}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`;
  const drawValley = (result, values, k) => {
    const { rates, losses, guess, drawn, best, seed } = result;
    const every = names.flatMap((rule) => losses[rule].flat()), low = 0.93 * Math.min(...every);
    const high = guess * (guess / low) ** 0.12; // room for a word above the line
    const ends = [Math.min(...names.map((r) => rates[r][0])) / 1.5, Math.max(...names.map((r) => rates[r].at(-1))) * 1.5];
    const axes = kit.axes(valley, {
      x: { domain: ends, log: true, label: "learning rate" },
      y: { domain: [low, high], log: true, ticks: ticks(low, high), format: "~g" },
      margin: { left: 40, top: 8 },
    });
    if (!parts) begin(axes.plot);
    const key = `${axes.key} ${values.problem} ${values.budget}`;
    if (drawnFor !== key) {
      drawnFor = key;
      title.textContent = `Validation loss after ${result.steps} steps`;
      const y = px(axes.y(guess));
      parts.guess.setAttribute("d", `M${axes.left},${y}H${axes.right}`);
      parts.label.setAttribute("x", axes.right - 4);
      parts.label.setAttribute("y", y - 4);
      for (const rule of names) {
        const x = rates[rule].map(axes.x), of = (pick) => losses[rule].map((row, i) => [x[i], axes.y(pick(row))]);
        const edge = [...of((row) => Math.min(...row)), ...of((row) => Math.max(...row)).reverse()];
        parts.bands[rule].setAttribute("d", `${kit.line(edge)}Z`);
        parts.curves[rule].set(of(median));
      }
    }
    for (const rule of names) {
      const place = (at) => [axes.x(rates[rule][at]), axes.y(losses[rule][at][seed])];
      const fell = drawn[rule].slice(0, k);
      parts.tries[rule].setAttribute("d", [...new Set(fell)].map((at) => circle(place(at), 4)).join(""));
      const found = fell.find((at) => losses[rule][at][seed] === best[rule][Math.min(k, fell.length)]);
      parts.best[rule].setAttribute("d", found === undefined ? "" : circle(place(found), 6.5));
    }
  };

  // ---- who leads, by tries
  const race = kit.svg({
    label: "Expected loss over the leader's, by the number of tries, a curve and a band to each rule",
    height,
  });
  let lines, racedFor;
  const drawRace = (result, values) => {
    const { behind, tries } = result;
    const high = 1.02 * Math.max(1.03, ...names.flatMap((rule) => behind[rule].map(median)));
    const low = high ** -0.05;
    const axes = kit.axes(race, {
      x: { domain: [0.9, spec.most * 1.12], log: true, label: "random tries", ticks: [1, 2, 4, 8, 16, 32], format: "d" },
      y: { domain: [low, high], log: true, ticks: ticks(1, high), format: "~g" },
      margin: { left: 44, top: 8 },
    });
    if (!lines) {
      const level = make("path", { class: "level" }), now = make("path", { class: "now" });
      const bands = zip(names, (rule) => make("path", { class: "band", style: color(rule) }));
      axes.plot.append(level, ...Object.values(bands), now);
      lines = { level, now, bands, curves: zip(names, (rule) => kit.path(axes.plot, spec.rules[rule][1], { every: 6 })) };
    }
    const key = `${axes.key} ${values.problem} ${values.budget}`;
    if (racedFor !== key) {
      racedFor = key;
      const [from, to] = [1, spec.margin].map((v) => px(axes.y(v)));
      lines.level.setAttribute("d", `M${axes.left},${from}H${axes.right}V${to}H${axes.left}Z`);
      for (const rule of names) {
        const of = (pick) => behind[rule].map((row, i) => [axes.x(i + 1), axes.y(pick(row))]);
        const edge = [...of((row) => Math.min(...row)), ...of((row) => Math.max(...row)).reverse()];
        lines.bands[rule].setAttribute("d", `${kit.line(edge)}Z`);
        lines.curves[rule].set(of(median));
      }
    }
    lines.now.setAttribute("d", `M${px(axes.x(tries))},${axes.top}V${axes.bottom}`);
  };
  race.node.addEventListener("click", (event) => {
    const { left, right } = race.kept.axes, at = event.clientX - race.node.getBoundingClientRect().left;
    if (at < left || at > right) return;
    const tries = Math.round(race.kept.axes.x.invert(at));
    kit.change({ tries: Math.min(spec.most, Math.max(1, tries)) });
  });

  // ---- how often each wins
  const rows = zip(names, (rule) => {
    const swatch = kit.legend([{ name: spec.rules[rule][0], rule: spec.rules[rule][1] }]).firstChild;
    const bar = make("span", { class: "bar" }), ticks = Array.from({ length: spec.seeds }, () => make("span", { class: "tick" }));
    const share = make("span", { class: "share" }), [expects, ahead, got] = [0, 1, 2].map(() => make("td"));
    const track = make("span", { class: "track", style: color(rule) }, bar, ...ticks);
    const node = make("tr", {}, make("th", { scope: "row" }, swatch), make("td", { class: "cell" }, make("div", { class: "chance" }, track, share)), expects, ahead, got);
    return { node, bar, ticks, share, expects, ahead, got };
  });
  const heads = ["rule", "wins", "expects", "ahead", "draw"].map((text) => make("th", { scope: "col" }, text));
  const body = make("tbody", {}, ...names.map((rule) => rows[rule].node));
  const table = make("table", { class: "who" }, make("thead", {}, make("tr", {}, ...heads)), body);
  const drawTable = (result, values, k) => {
    const { tries, won, expects, ahead, best, guess } = result, at = Math.min(k, tries);
    const now = least(names, (rule) => best[rule][at]), first = leader(result, tries);
    for (const rule of names) {
      const row = rows[rule], share = mean(won[rule]);
      row.bar.style.width = `${100 * share}%`;
      row.ticks.forEach((tick, s) => (tick.style.left = `${100 * won[rule][s]}%`));
      row.share.textContent = percent(share);
      row.expects.textContent = short(median(expects[rule][tries - 1]), 3);
      row.expects.classList.toggle("first", rule === first);
      row.ahead.textContent = `${ahead[rule][tries - 1].filter(Boolean).length}/${spec.seeds}`;
      row.got.textContent = best[rule][at] < guess ? short(best[rule][at], 3) : "–";
      row.got.classList.toggle("first", rule === now && best[now][at] < guess);
    }
  };

  const part = (className, ...children) => make("div", { class: className }, ...children);
  return [
    { node: legend, draw() {} },
    { node: part("valleys", title, valley.node), draw: drawValley },
    { node: part("leads", make("p", { class: "title" }, "Expected loss, over the lowest of the five"), race.node), draw: drawRace },
    { node: part("chances", table), draw: drawTable },
  ];
}

export const valley = {
  settings: (spec) => spec.settings,
  compute,
  length: (spec, values, result) => result.tries,
  // Each Play deals anew.
  again: (spec, { luck }) => ({ luck: (luck % spec.draws) + 1 }),
  hint: "Wins: how often it ends lowest of the five, over all draws of the tries. Expects: its loss on average, at the median seed. Ahead: on how many of the three seeds, which are the thin marks too. Draw: what these tries have brought; Play draws anew. Gray in a curve: less than 2\u00a0% above the lowest.",
  views,
  say,
  goal,
};
