"""Sphinx extension: the pages as they are sent, with little to fetch and nothing to wait for.

The theme's stylesheets become one, `book.css`, with what no page uses left out (tools/styles.py);
its scripts give way to `frame.mjs`, and its icon font to masks in `frame.css`. Each page gets a
description. `html_baseurl` alone says where the book will stand: with it, pages name their
address, and there are a sitemap and a robots.txt.
"""

import hashlib
import re
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError

from styles import bundle

THEME = ["styles/theme.css", "styles/bootstrap.css", "styles/pydata-sphinx-theme.css"]
# What the search alone needs.
SEARCH = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
# Sphinx's own pages, which nobody should find from outside.
ADDED = {"genindex", "search"}


def together(code):
    """Return short code so that no line ends in it, as between the words of `# here`."""
    text = re.sub("<[^>]*>", "", code[2])
    if len(unescape(text)) > 16 or " " not in text:
        return code[0]
    # What a cell has shown has no class. It may stand in an attribute: hence no quotes.
    names = f'"{code[1]} kept"' if code[1] else "kept"
    return f"<code class={names}>{text}</code>"


# What the theme's markup gets wrong.
MENDED = [
    # A system that is dark is asked for by a script, and without scripts the theme is light.
    (re.compile(r'(<html[^>]*) data-theme="auto"'), r"\1"),
    (re.compile(r'\s*<meta name="viewport" content="width=device-width, initial-scale=1" ?/>'), ""),
    # A name that isn't what can be seen; the text itself is the better one.
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # The fold of a chapter in the contents has no text at all.
    (
        re.compile(r"(>)([^<]*)(</a><details[^>]*>)<summary>(?=<span class=\"toctree-toggle)"),
        r'\1\2\3<summary aria-label="Under \2">',
    ),
    # The contents stand outside of every landmark.
    (
        re.compile(r'<div class="bd-sidebar-primary'),
        '<div role="region" aria-label="Contents of the book" class="bd-sidebar-primary',
    ),
    (
        re.compile(r'<nav class="bd-toc-nav'),
        '<nav aria-label="Contents of the page" class="bd-toc-nav',
    ),
    # A list without items, of items whose role has been given up.
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    (re.compile(r' role="doc-biblioentry"'), ""),
    (re.compile(r' data-bs-(?:toggle|placement|spy|target|root-margin)="[^"]*"'), ""),
    (re.compile(r'<script src="(?=(?:[./]*_static/|searchindex))'), r'<script defer src="'),
    # Names, brackets and spaces have the color of the text: half of all elements of a chapter.
    (re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>'), r"\1"),
    # A link's text needs no element of its own: a tenth of the answers' page.
    (re.compile(r'<span class="std std-ref">([^<]*)</span>'), r"\1"),
    # A comma stays with its formula: a browser may end the line between the two.
    (
        re.compile(r"(<math(?![^>]*display=\"block\")[^>]*>(?:(?!</math>).)*</math>[,.;:!?)]+)"),
        r'<span class="kept">\1</span>',
    ),
    (
        re.compile(
            r'<code(?: class="([^"]*)")?>((?:<span class="pre">[^<]*</span> ?)+|[^<>\n]+)</code>'
        ),
        together,
    ),
]  # fmt: skip


def lighten(app, pagename, templatename, context, doctree):
    """Leave out of a page what it won't need, and say what it is about."""
    theme = [f"_static/{name}" for name in THEME]
    app.env.frame_styles = theme + [str(style.filename) for style in context["css_files"]]
    context["css_files"] = []
    wanted = SEARCH if pagename == "search" else ()
    context["script_files"] = [
        script
        for script in context["script_files"]
        if script.filename and Path(str(script.filename)).name.endswith((".mjs", *wanted))
    ]
    # One download is left: a page can be printed, and shown on a whole screen, by any browser.
    groups = context.get("header_buttons", [])
    context["header_buttons"] = [
        button | {"type": "link", "icon": "fas fa-download", "text": None}
        for group in groups
        for button in group.get("buttons", [])
        if button.get("label") == "download-source-button"
    ]
    context["body"] = context.get("body", "").replace("</h1>", f"</h1>{launchers(groups)}", 1)
    about = description(doctree) if doctree is not None else ""
    said = {"description": about, "robots": "noindex" if pagename in ADDED else ""}
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<meta name="{name}" content="{escape(content)}" />'
        for name, content in said.items()
        if content
    )


def launchers(groups):
    """Return where a notebook's page can be run, from the theme's buttons, as a line of text.

    A phone has room for that, and it needs no menu.
    """
    links = [
        f'<a href="{escape(button["url"])}">{button["text"]}</a>'
        for group in groups
        if group.get("label") == "launch-buttons"
        for button in group["buttons"]
    ]
    return f'\n<p class="aside">Run this page in {" or ".join(links)}.</p>' if links else ""


def description(doctree):
    """Return a page's first paragraph, as much of it as search engines show."""
    found = next(iter(doctree.findall(nodes.paragraph)), None)
    if found is None:
        return ""
    text = " ".join(found.astext().split()).removeprefix("Claim. ")
    if len(text) <= 160:
        return text
    return text[:157].rpartition(" ")[0].rstrip(",;:") + " …"


def finish(app, exception):
    """Write the stylesheet, mend the pages, and delete what none of them asks for."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    paths = [path for path in site.rglob("*.html") if static not in path.parents]
    pages = {path: path.read_text(encoding="utf-8") for path in paths}
    for path, text in pages.items():
        for old, new in MENDED:
            text = old.sub(new, text)
        pages[path] = text

    own = {path.name for path in (Path(app.srcdir) / "_static").rglob("*") if path.is_file()}
    scripts = [path.read_text(encoding="utf-8") for path in static.rglob("*.mjs")]
    scripts += [(static / name).read_text(encoding="utf-8") for name in (*SEARCH, "searchtools.js")]
    styles = [style.removeprefix("_static/").partition("?")[0] for style in app.env.frame_styles]
    css = bundle(
        styles, list(pages.values()), scripts, lambda name: (static / name).read_text("utf-8")
    )
    (static / "book.css").write_text(css, encoding="utf-8")
    digest = hashlib.sha256(css.encode()).hexdigest()[:8]
    for path, text in pages.items():
        text = text.replace("_static/book.css", f"_static/book.css?v={digest}")
        path.write_text(text, encoding="utf-8")
        pages[path] = text

    everything = "\n".join([*pages.values(), *scripts, css])
    for path in sorted(static.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
            continue
        bundled = path.suffix == ".css" and path.name != "book.css"
        if bundled or (path.name not in everything and path.name not in own):
            path.unlink()
    move(app, site)
    publish(app, site, pages)


def move(app, site):
    """Leave a page at each old address that leads to the new one."""
    for old, new in app.config.moved_pages.items():
        path, target = site / f"{old}.html", site / f"{new}.html"
        if path.exists() or not target.exists():
            raise ExtensionError(f"moved_pages: {old!r} must be no page, and {new!r} must be one")
        path.parent.mkdir(parents=True, exist_ok=True)
        address = "../" * old.count("/") + f"{new}.html"
        path.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Moved</title>'
            f'<meta http-equiv="refresh" content="0; url={address}">'
            f'<a href="{address}">This page has moved.</a></html>\n',
            encoding="utf-8",
        )


def publish(app, site, pages):
    """Tell search engines which pages there are, if it is known where."""
    base = app.config.html_baseurl
    if not base:
        return
    names = sorted(path.relative_to(site).as_posix() for path in pages)
    urls = [name for name in names if name.removesuffix(".html") not in ADDED]
    lines = "".join(f"<url><loc>{escape(base)}{name}</loc></url>\n" for name in urls)
    (site / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n',
        encoding="utf-8",
    )
    (site / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8"
    )


def prepare(app, config):
    """Put this project's templates before the theme's; launch nothing from no repository."""
    config.templates_path.insert(0, str(Path(__file__).with_name("templates")))
    if config.html_baseurl and not config.html_baseurl.endswith("/"):
        raise ExtensionError(f"html_baseurl must end with a slash, unlike {config.html_baseurl!r}")
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)


def setup(app):
    """Come after the theme and all extensions."""
    app.add_config_value("moved_pages", {}, "html", [dict])
    app.connect("config-inited", prepare)
    app.connect("html-page-context", lighten, priority=900)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
