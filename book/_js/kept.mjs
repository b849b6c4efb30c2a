// What this browser keeps of the book, if it keeps anything: in a private window it may refuse.

export const keeps = (() => {
  try {
    localStorage.setItem("descent", "1");
    return true;
  } catch {
    return false;
  }
})();

const get = (key) => (keeps ? localStorage.getItem(`descent/${key}`) : null);
const set = (key, value) => {
  try {
    localStorage.setItem(`descent/${key}`, value);
  } catch { /* A private window, or no room is left. */ }
};

export const kept = {
  get,
  set,
  drop: (key) => keeps && localStorage.removeItem(`descent/${key}`),
  keys: () => (keeps ? Object.keys(localStorage) : []).filter((key) => key.startsWith("descent/")).map((key) => key.slice(8)),
  /** An object; an empty one where there is none, or where somebody changed it by hand. */
  read(key) {
    try {
      return JSON.parse(get(key)) ?? {};
    } catch {
      return {};
    }
  },
  write: (key, value) => set(key, JSON.stringify(value)),
};
