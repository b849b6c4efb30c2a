"""Copy the exercises into my-work/, where they are yours, and open that in JupyterLab.

A notebook that is there already is left alone, whatever it holds: neither an update of the course
nor a second run of this command touches your work. my-work/ is not part of the repository.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "my-work"


def copy():
    """Copy the exercises that are not in my-work/ yet, and return their names."""
    WORK.mkdir(exist_ok=True)
    copied = []
    for original in sorted((ROOT / "book" / "exercises").glob("*.ipynb")):
        text = original.read_text(encoding="utf-8")
        # A link to a chapter now starts from another folder.
        text = text.replace("](../", "](../book/")
        try:
            with open(WORK / original.name, "x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            continue
        copied.append(original.name)
    return copied


def main():
    if WORK.exists() and not WORK.is_dir():
        sys.exit("my-work is a file: the exercises need a folder of that name. Rename the file.")
    copied = copy()
    print(
        f"{len(copied)} exercises copied into my-work/; those that were there are as you left them"
    )
    command = [sys.executable, "-m", "jupyter", "lab"]
    # The whole course can be opened from there, so that links to chapters work.
    command += [f"--ServerApp.root_dir={ROOT}", "--LabApp.default_url=/lab/tree/my-work"]
    sys.exit(subprocess.call(command))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print()
