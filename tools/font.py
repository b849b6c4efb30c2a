"""Make the font of the formulas: the part of STIX Two Math that a course like this writes.

    python tools/font.py

It takes the npm package that `tools/vendored.toml` names, and writes
`book/_static/stix-two-math.woff2`. Run it again after a change to `CHARACTERS` below (it needs
Node's npm; building the book doesn't).
"""

import copy
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDORED = ROOT / "tools" / "vendored.toml"

LATIN = "".join(map(chr, range(0x20, 0x7F)))
GREEK = "αβγδεζηθικλμνξπρστυφχψωϵϕΓΔΘΛΞΠΣΦΨΩ"
OPERATORS = "¯·×÷±−∕∗∘√∂∇∈∉∑∏∫∞≈≠≤≥≪≫∼∝⊤⊙⋅←→↦⇒…⋯′″‖⌊⌋⌈⌉⟨⟩∀∃∪∩⊂ℝ‾ˆ˜\u00a0\u0302\u0303\u0304\u0305"
CHARACTERS = LATIN + GREEK + OPERATORS


def italic(character):
    """Return what a browser draws for a variable's name of one letter."""
    if character == "h":
        return "ℎ"  # Its place among the italics is empty.
    for first, last, start in (
        ("A", "Z", 0x1D434),
        ("a", "z", 0x1D44E),
        ("Α", "Ω", 0x1D6E2),
        ("α", "ω", 0x1D6FC),
    ):
        if first <= character <= last:
            return chr(start + ord(character) - ord(first))
    return {"ϵ": "𝜖", "ϕ": "𝜙"}.get(character, character)


def package(entry):
    """Return the files of an npm package, by their names, after a look at its hash."""
    with tempfile.TemporaryDirectory() as folder:
        npm = shutil.which("npm") or sys.exit("This needs npm (https://nodejs.org).")
        name = f"{entry['package']}@{entry['version']}"
        subprocess.run([npm, "pack", "--silent", name], cwd=folder, check=True, stdout=-3)
        packed = next(Path(folder).glob("*.tgz")).read_bytes()
    if (found := hashlib.sha256(packed).hexdigest()) != entry["package-sha256"]:
        sys.exit(f"{name} has the hash {found}, and {entry['package-sha256']} was expected.")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        return {
            member.name.removeprefix("package/"): archive.extractfile(member).read()
            for member in members
        }


def mend(font):
    """Adapt the font to how browsers lay out MathML: where they differ from TeX, it gives way."""
    table = font["MATH"].table
    constants = {
        # Browsers lower an index by its base's depth and raise an exponent by its height whatever
        # the base is; TeX spares single letters.
        "SubscriptBaselineDropMin": 0,
        "SuperscriptBaselineDropMax": 375,
        # A fraction in a line of text keeps to that line.
        "FractionNumeratorShiftUp": 440,
        "FractionDenominatorShiftDown": 390,
        "RadicalRuleThickness": 58,
        "RadicalVerticalGap": 120,
    }
    for name, value in constants.items():
        getattr(table.MathConstants, name).Value = value
    variants = table.MathVariants
    root = font.getBestCmap()[ord("√")]
    place = variants.VertGlyphCoverage.glyphs.index(root)
    made = variants.VertGlyphConstruction[place]
    width, _ = font["hmtx"][root]
    records = made.MathGlyphVariantRecord
    names = {record.VariantGlyph for record in records[1:]}
    names |= {part.glyph for part in made.GlyphAssembly.PartRecords}
    # They leave the room of the widest root after each root, so all are made as wide as the first.
    for name in names:
        scale(font, name, width / font["hmtx"][name][0], 1)
    # A letter has a root of its own size, and the one that was the first comes next.
    small = f"{root}.small"
    font["glyf"][small] = copy.deepcopy(font["glyf"][root])
    font["hmtx"][small] = font["hmtx"][root]
    scale(font, small, 1, 0.85)
    records.insert(0, copy.deepcopy(records[0]))
    records[0].VariantGlyph = small
    records[0].AdvanceMeasurement = round(0.85 * records[1].AdvanceMeasurement)
    made.VariantCount = len(records)
    # Both lists are in the order of the glyphs, and the new one is the last.
    for listed, new in (
        (variants.VertGlyphCoverage.glyphs, small),
        (variants.VertGlyphConstruction, made),
    ):
        listed.pop(place)
        listed.append(new)
    for characters in font["cmap"].tables:
        characters.cmap[ord("√")] = small


def scale(font, name, x, y):
    """Make a glyph wider and higher by two factors."""
    glyph = font["glyf"][name]
    glyph.coordinates.scale((x, y))
    glyph.coordinates.toInt()
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (round(x * font["hmtx"][name][0]), glyph.xMin)


def main():
    # Here alone, since other tools import this file, and the tests those.
    from fontTools import subset

    entry = tomllib.loads(VENDORED.read_text(encoding="utf-8"))["stix-two-math"]
    files = package(entry)
    options = subset.Options()
    options.flavor = "woff2"
    # Script sizes, accents without dots, flat accents: what formulas ask of a font. No kerning.
    options.layout_features = ["ssty", "dtls", "flac"]
    options.drop_tables += ["GPOS"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 5, 13, 14]
    whole = files["files/stix-two-math-latin-400-normal.woff2"]
    font = subset.load_font(io.BytesIO(whole), options)
    subsetter = subset.Subsetter(options)
    wanted = set(CHARACTERS) | set(map(italic, CHARACTERS))
    subsetter.populate(unicodes=map(ord, wanted))
    subsetter.subset(font)
    mend(font)
    target = ROOT / entry["file"]
    subset.save_font(font, target, options)
    (ROOT / entry["license-file"]).write_bytes(files["LICENSE"])
    print(f"{entry['file']}: {target.stat().st_size} bytes")
    print(f'sha256 = "{hashlib.sha256(target.read_bytes()).hexdigest()}"')


if __name__ == "__main__":
    main()
