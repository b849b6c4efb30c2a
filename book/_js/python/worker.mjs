// Python in a worker of its own: it loads Pyodide, then the course's package, then what cells need.
// Messages in have a number, and get one answer of that number; `stage` messages come in between.

let python, runner;
const say = (stage) => postMessage({ stage });

// More than 1 GB makes a MemoryError, after which things go on. Otherwise the heap grows to 4 GB.
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > 2 ** 30) throw new RangeError("1 GB is the limit");
  return grow.call(this, pages);
};

async function start({ pyodide, lock, archive, script, progress }) {
  say("Loading Python");
  const [{ loadPyodide }, zipped, text] = await Promise.all([
    import(`${pyodide}pyodide.mjs`), fetched(archive, "arrayBuffer"), fetched(script, "text"),
  ]);
  python = await loadPyodide({
    indexURL: pyodide, lockFileURL: lock, packages: ["numpy"],
    env: { HOME: "/home/reader", MPLBACKEND: "agg", MPLCONFIGDIR: "/home/reader" },
  });
  say("Loading the course's package");
  python.FS.mkdirTree("/home/reader");
  python.unpackArchive(zipped, "zip", { extractDir: python.runPython("import site; site.getsitepackages()[0]") });
  python.FS.writeFile("/home/reader/runner.py", text);
  runner = python.runPython("import sys; sys.path.insert(0, '/home/reader'); import runner; runner.install(); runner");
  if (progress) runner.progress(progress);
  // What every exercise imports: where Python is begun ahead, it is ready when it is asked for.
  python.runPython("import numpy, descent.practice");
}

async function fetched(address, kind) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer[kind]();
}

/** Run a piece of code; what it imports is loaded first if it isn't there. */
async function runOne(name, source, seconds) {
  for (;;) {
    const outputs = JSON.parse(runner.run(name, source, seconds));
    if (!outputs.missing) return outputs;
    say(`Loading ${outputs.missing}`);
    await python.loadPackage(outputs.missing, { messageCallback: () => {} });
  }
}

/** Run a cell after the cells above that it needs, and that haven't run as they are. */
const ran = new Map();
const harmless = /^(?:(?:import |from |plt\.style\.use).*\n|\n)*$/; // To be run again.
async function run({ cells, index, picture, seconds }) {
  runner.picture(picture);
  const forget = (from) => [...ran.keys()].filter((number) => number >= from).forEach((number) => ran.delete(number));
  const above = runner.needed(python.toPy(cells), index).toJs();
  for (const [i, [number, source]] of above.entries()) {
    if ([source, cells[number]].includes(ran.get(number))) continue;
    say(above.length > 1 ? `Running cell ${i + 1} of ${above.length} above` : "Running the cell above");
    const outputs = await runOne(`cell-${number + 1}`, source, seconds);
    const error = outputs.find((output) => "error" in output);
    if (error) return [{ error: `In a cell above: ${error.error}`, above: number }];
    // What ran after it may have changed what it makes.
    if (!harmless.test(`${source}\n`)) forget(number);
    ran.set(number, source);
  }
  say("Running");
  forget(index);
  const outputs = await runOne(`cell-${index + 1}`, cells[index], seconds);
  if (!outputs.some((output) => "error" in output)) ran.set(index, cells[index]);
  return outputs;
}

/** Begin, or say why not: Pyodide, where a file of its own doesn't come, waits for it without end. */
async function begin(starting) {
  const first = { fetch, instantiate: WebAssembly.instantiateStreaming };
  let refuse;
  const refused = new Promise((_, reject) => (refuse = reject));
  const unheard = (event) => {
    event.preventDefault();
    refuse(event.reason);
  };
  addEventListener("unhandledrejection", unheard);
  // What it catches itself, and goes on without.
  self.fetch = (address, ...options) => {
    const answer = first.fetch.call(self, address, ...options);
    answer.then(({ ok, status }) => ok || refuse(new Error(`${address}: ${status}`)), refuse);
    return answer;
  };
  WebAssembly.instantiateStreaming = (...given) => {
    const made = first.instantiate.apply(WebAssembly, given);
    made.catch(refuse);
    return made;
  };
  try {
    await Promise.race([start(starting), refused]);
  } finally {
    removeEventListener("unhandledrejection", unheard);
    self.fetch = first.fetch;
    WebAssembly.instantiateStreaming = first.instantiate;
  }
}

addEventListener("message", async ({ data: { number, start: starting, run: running, watch, walk, progress } }) => {
  try {
    if (starting) await begin(starting);
    if (progress) runner.progress(progress);
    const outputs = running && (await run(running));
    const watched = watch && JSON.parse(runner.watch(watch.exercise, watch.name));
    // Not as JSON, which has no infinite numbers: a walk may diverge.
    const walked = walk && runner.walk(JSON.stringify(walk)).toJs({ dict_converter: Object.fromEntries });
    postMessage({ number, outputs, watched, walked, progress: runner.progress() });
  } catch (error) {
    postMessage({ number, failed: String(error?.message ?? error).slice(-300) });
  }
});
