"""What the frame writes beside the pages, and what it says of them."""

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from docutils import nodes
from sphinx.errors import ExtensionError

import frame


def an_app(**config):
    return SimpleNamespace(
        config=SimpleNamespace(
            **({"html_baseurl": "", "moved_pages": {}, "templates_path": []} | config)
        )
    )


def test_the_addresses_of_pages_come_from_one_setting(tmp_path):
    pages = dict.fromkeys(tmp_path / name for name in ("a.html", "b/c.html", "search.html"))
    frame.publish(an_app(), tmp_path, pages)
    assert not list(tmp_path.iterdir())
    frame.publish(an_app(html_baseurl="https://example.org/book/"), tmp_path, pages)
    listed = ElementTree.parse(tmp_path / "sitemap.xml").findall(".//{*}loc")
    base = "https://example.org/book/"
    assert [place.text for place in listed] == [f"{base}a.html", f"{base}b/c.html"]
    assert f"Sitemap: {base}sitemap.xml" in (tmp_path / "robots.txt").read_text()


def test_an_address_without_its_slash_is_refused():
    app = an_app(html_baseurl="https://example.org")
    with pytest.raises(
        ExtensionError, match=r"must end with a slash, unlike 'https://example\.org'"
    ):
        frame.prepare(app, app.config)


@pytest.mark.parametrize("url", ["", "https://github.com/ada/course"])
def test_a_page_is_run_elsewhere_only_where_the_repository_is_known(url):
    options = dict(repository_url=url, launch_buttons=dict(colab_url="https://example.org"))
    app = an_app(html_theme_options=options)
    frame.prepare(app, app.config)
    assert ("launch_buttons" in app.config.html_theme_options) == bool(url)


def test_the_themes_buttons_become_a_line():
    buttons = [dict(text="Binder", url="https://example.org/a&b"), dict(text="Colab", url="/c")]
    groups = [dict(label="download"), dict(label="launch-buttons", buttons=buttons)]
    assert frame.launchers(groups).strip() == (
        '<p class="aside">Run this page in <a href="https://example.org/a&amp;b">Binder</a> '
        'or <a href="/c">Colab</a>.</p>'
    )
    assert frame.launchers(groups[:1]) == ""


def test_an_address_that_moved_leads_to_the_new_one(tmp_path):
    (tmp_path / "new.html").write_text("new")
    frame.move(an_app(moved_pages={"deep/old": "new"}), tmp_path)
    assert 'url=../new.html"' in (tmp_path / "deep" / "old.html").read_text()


@pytest.mark.parametrize("moved", [{"new": "new"}, {"old": "not-there"}])
def test_a_move_from_a_page_or_to_none_is_refused(tmp_path, moved):
    (tmp_path / "new.html").write_text("new")
    with pytest.raises(ExtensionError, match=r"must be no page, and .* must be one"):
        frame.move(an_app(moved_pages=moved), tmp_path)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Claim. A rule.", "A rule."),
        ("A\nrule.", "A rule."),
        ("word, " * 40, "word, " * 25 + "word …"),
        (None, ""),
    ],
)
def test_a_page_is_described_by_its_first_paragraph(text, expected):
    found = nodes.section()
    if text is not None:
        found += [nodes.paragraph("", text), nodes.paragraph("", "Not this one.")]
    assert frame.description(found) == expected


@pytest.mark.parametrize(
    "words, is_kept",
    [("# here", True), ("lr = 0.1", True), ("adam", False), ("beta1 * m + (1 - beta1)", False)],
)
def test_no_line_ends_in_short_code(words, is_kept):
    (pattern,) = [old for old, new in frame.MENDED if new is frame.together]
    spans = " ".join(f'<span class="pre">{word}</span>' for word in words.split())
    for attribute, inside, kept in [
        (' class="literal"', spans, ' class="literal kept"'),
        ("", words, " class=kept"),  # What a cell has shown.
    ]:
        before = f"<p><code{attribute}>{inside}</code>.</p>"
        after = f"<p><code{kept}>{words}</code>.</p>" if is_kept else before
        assert pattern.sub(frame.together, before) == after
