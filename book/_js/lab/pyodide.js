// What JupyterLite's kernel loads in the place of Pyodide: Pyodide itself, from where the pages have it,
// with packages of this folder beside its own. `settings` stands before this text (tools/lite.py).

// More than 1 GB makes a MemoryError, after which things go on. Otherwise the heap grows to 4 GB.
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > 2 ** 30) throw new RangeError("1 GB is the limit");
  return grow.call(this, pages);
};

self.loadPyodide = async (options) => {
  const at = (name) => new URL(name, options.indexURL).href;
  const pyodide = at(settings.pyodide);
  importScripts(`${pyodide}pyodide.js`);
  const lock = await (await fetch(at(settings.lock))).json();
  // Pyodide looks for all wheels in its own folder.
  const own = new Map();
  for (const [name, entry] of Object.entries(settings.packages)) {
    lock.packages[name] = entry;
    own.set(pyodide + entry.file_name, at(`wheels/${entry.file_name}`));
  }
  const fetchAny = self.fetch;
  self.fetch = (address, how) => fetchAny(own.get(String(address?.url ?? address)) ?? address, how);
  const lockFileURL = URL.createObjectURL(new Blob([JSON.stringify(lock)], { type: "application/json" }));
  const python = await self.loadPyodide({ ...options, indexURL: pyodide, lockFileURL });
  // Matplotlib says that it makes a list of its fonts, which takes seconds here, on stderr.
  python.runPython("import logging; logging.getLogger('matplotlib.font_manager').setLevel(logging.ERROR)");
  return python;
};
