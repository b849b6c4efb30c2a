"""Make the text's typeface: the glyphs that English needs, of three styles of Source Serif 4.

python tools/text_font.py PACKAGE

PACKAGE is the unpacked npm package `@fontsource/source-serif-4` 5.3.1 (Source Serif 4.004, by
Adobe, under the SIL Open Font License 1.1). Needs fontTools and Brotli, which readers do not: the
results are committed in `book/_static/fonts`. The license reserves the name "Source", so the
subsets go without it.
"""

import sys
from pathlib import Path

FONTS = Path(__file__).resolve().parent.parent / "book" / "_static" / "fonts"
STYLES = {"regular": "400-normal", "italic": "400-italic", "semibold": "600-normal"}
LETTERS = "àáâäåæçèéêëìíîïñòóôöøùúûüßÉÖÜ"
OTHERS = LETTERS + "\N{NO-BREAK SPACE}°±²³·×÷–—‘’“”…−"


def main(package):
    from fontTools import subset
    from fontTools.ttLib import TTFont

    for style, source in STYLES.items():
        font = TTFont(Path(package, "files", f"source-serif-4-latin-{source}.woff2"))
        options = subset.Options(layout_features=["kern", "liga", "mark"], hinting=False)
        options.name_IDs = [0, 13, 14]
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[*range(0x20, 0x7F), *map(ord, OTHERS)])
        subsetter.subset(font)
        for id, name in {1: "Course Serif", 2: style.title(), 4: f"Course Serif {style}"}.items():
            font["name"].setName(name, id, 3, 1, 0x409)
        font.flavor = "woff2"
        # The day on which it was made would make it another file each time.
        font.recalcTimestamp = False
        font.save(FONTS / f"serif-{style}.woff2")


if __name__ == "__main__":
    main(sys.argv[1])
