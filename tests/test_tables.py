"""Tables of numbers: HTML for a page, aligned text elsewhere."""

import pytest

from descent import tables


def test_a_table_is_html_with_headings_and_aligned_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    tables.show(("rule", "loss"), [("SGD", "0.131"), ("a < b", "0.08")])
    assert shown[0]["text/plain"] == "rule    loss\nSGD    0.131\na < b   0.08"
    html = shown[0]["text/html"]
    assert '<th scope="col">loss</th>' in html
    assert '<th scope="row">a &lt; b</th><td>0.08</td>' in html


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="a row needs 2 entries, as the header has; got"):
        tables.show(("rule", "loss"), [("SGD",)])
