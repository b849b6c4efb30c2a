// The figures that answer the hand: on a page the element <descent-figure>, in Jupyter a widget.
// `rules` and `look` stand before this text, written from rules.py and looks.py: see
// descent/explore/base.py.

import * as arithmetic from "../figures/arithmetic.mjs";
import { average, bias, decay } from "../figures/bias.mjs";
import { mount } from "../figures/core.mjs";
import { lab } from "../figures/lab.mjs";
import { race } from "../figures/race.mjs";
import { stream } from "../figures/stream.mjs";
import { valley } from "../figures/valley.mjs";
import { walk } from "../figures/walk.mjs";

export { arithmetic };
export const figures = { average, bias, decay, lab, race, stream, valley, walk };

if (!customElements.get("descent-figure")) {
  customElements.define("descent-figure", class extends HTMLElement {
    connectedCallback() {
      if (this.live) return;
      const kind = this.getAttribute("kind");
      const spec = JSON.parse(this.getAttribute("spec"));
      for (let n = 1; !this.id; n += 1) {
        const id = `figure-${kind}${n > 1 ? `-${n}` : ""}`;
        if (!document.getElementById(id)) this.id = id;
      }
      // Where Python walks for it, whoever put it there says how it is asked: `model`, as anywidget's.
      this.live = mount(this, figures[kind], spec, this.model);
    }
  });
}

/** What anywidget calls. */
function render({ model, el }) {
  const root = document.createElement("div");
  el.append(root);
  const live = mount(root, figures[model.get("_kind")], model.get("_spec"), model);
  return () => live.remove();
}

export default { render };
