// What was done, and what is asked again: a twin of practice/record.py and practice/recall.py, for
// where no Python runs. tests/recalls.json holds them together.

const EARLIER = "2000-01-01", DAYS = 10, MISTAKES = 5;
const last = (list) => list[list.length - 1];

/** An entry after one more try. */
export function noted(entry, passed, mistake, day) {
  const before = whole(entry ?? { tries: 0, passed: false }), after = { ...before };
  if (!before.passed) after.tries += 1;
  if (!passed) {
    const slip = [mistake ?? "", day];
    const others = (before.mistakes ?? []).filter((one) => one.join() !== slip.join());
    after.mistakes = [...others, slip].slice(-MISTAKES);
  } else if (!before.passed) Object.assign(after, { passed: true, days: [day], last: day });
  else {
    after.last = day;
    const [first, ...others] = before.days;
    if ([...before.days, ...(before.mistakes ?? []).map((slip) => slip[1])].every((one) => one < day))
      after.days = [first, ...[...others, day].slice(1 - DAYS)];
  }
  return after;
}

/** An entry as an earlier version wrote it has no days. */
function whole(entry) {
  if (!entry.passed) return entry;
  const days = entry.days?.length ? entry.days : [EARLIER];
  return { ...entry, days, last: entry.last ?? last(days) };
}

export const isFirstTry = (entry) => Boolean(entry?.passed && entry.tries === 1);
export const isMastered = (entry) => entry?.days?.length > 1;

/** Today, here, as "2026-11-26". */
export function thisDay() {
  const now = new Date(), two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function due(days, slips, spacing) {
  const wrong = slips.map((slip) => slip[1]).sort().pop() ?? "";
  const again = wrong > last(days);
  const wait = again ? 1 : spacing[Math.min(days.length, spacing.length) - 1];
  const day = new Date(`${again ? wrong : last(days)}T00:00Z`);
  day.setUTCDate(day.getUTCDate() + wait);
  return day.toISOString().slice(0, 10);
}

/** The first sentence of what was said to a mistake, or "". */
export const says = (known, name, mistake) => known.says[mistake]?.[name] ?? known.says[mistake]?.[""] ?? "";

/** The names in a section, which goes by its page and its number. */
export const namesOf = (at, known) => known.sections.find(([page, number]) => page === at[0] && number === at[1])[4];

/** A cell's text in which what is written once more also goes by its first name, for other cells. */
export function alsoAs(text, names) {
  const again = names.filter((name) => text.includes(`def ${name}_again(`));
  const both = again.map((name) => `${name} = ${name}_again; `).join("");
  // On the line of the check: so all lines keep their numbers.
  return text.replace(/^(?=(\w+ = )?check\()/m, both);
}

/** What is asked again on a day, and the number of the plan's first day that isn't done, or null. */
export function chosen(done, date, known) {
  const found = [];
  for (const name of known.again) {
    if (!done[name]?.passed) continue;
    const entry = whole(done[name]), days = entry.days.filter((day) => day < date);
    if (!days.length) continue;
    const slips = (entry.mistakes ?? []).filter((slip) => slip[1] < date);
    const [mistake, day] = last(slips.filter((slip) => slip[1] >= last(days) && says(known, name, slip[0]))) ?? [null, null];
    found.push({ due: due(days, slips, known.spacing), asked: { name, mistake, day, done: entry.last === date } });
  }
  // The order of the pages where days are the same: sort is stable.
  found.sort((a, b) => (a.due < b.due ? -1 : Number(a.due > b.due)));
  let recalls = found.map(({ asked }) => asked);
  const wrong = recalls.filter((asked) => asked.mistake);
  if (wrong.length) {
    const own = wrong.reduce((best, asked) => (asked.day > best.day ? asked : best));
    recalls = [own, ...recalls.filter((asked) => asked !== own).map((asked) => ({ ...asked, mistake: null, day: null }))];
  }
  const section = ({ name }) => known.sections.find((one) => one[4].includes(name));
  recalls = recalls.filter((asked, i) => recalls.findIndex((other) => section(other) === section(asked)) === i);
  const before = (name) => done[name]?.passed && whole(done[name]).days[0] < date;
  const next = known.days.findIndex(([, sections]) => !sections.flatMap((at) => namesOf(at, known)).every(before));
  return [recalls.slice(0, known.asked), next < 0 ? null : next + 1];
}
