// A link that begins with a slash leads to a page of the book, wherever the book stands.
const home = new URL("../../", location).href;
const complete = ({ target }) => {
  const link = target.closest?.('.jp-RenderedMarkdown a[href^="/"]');
  if (link) link.href = home + link.getAttribute("href").slice(1);
};
for (const event of ["pointerover", "focusin", "click", "auxclick"]) addEventListener(event, complete, true);
