"""Tables that a notebook shows: HTML on a page, aligned text elsewhere."""

from html import escape


def show(header, rows):
    """Show a table.

    Parameters
    ----------
    header : sequence of str
        The columns' names.
    rows : sequence of sequences of str
        Its first entry names a row. The others are numbers, ready to be shown.

    Raises
    ------
    ValueError
        If a row hasn't as many entries as the header.
    """
    from IPython.display import display  # Only where a notebook runs.

    header, rows = list(header), [list(row) for row in rows]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row needs {len(header)} entries, as the header has; got {row}")
    widths = [max(len(str(row[i])) for row in (header, *rows)) for i in range(len(header))]
    text = "\n".join(
        "  ".join(
            str(entry).rjust(width) if i else str(entry).ljust(width)
            for i, (entry, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    )

    def line(entries, first, other, scope):
        cells = [f"<{first}{scope}>{escape(str(entries[0]))}</{first}>"]
        cells += [f"<{other}>{escape(str(entry))}</{other}>" for entry in entries[1:]]
        return f"<tr>{''.join(cells)}</tr>"

    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in header)
    body = "\n".join(line(row, "th", "td", ' scope="row"') for row in rows)
    html = f'<table class="numbers"><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>'
    display({"text/plain": text, "text/html": html}, raw=True)
