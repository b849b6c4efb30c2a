"""Make the data files that the package ships: python tools/make_data.py [FOLDER].

Needs scikit-learn. Run twice it writes the same bytes; code/descent/data/README.md has the sources.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn import datasets

DATA = Path(__file__).parents[1] / "code" / "descent" / "data"


def digits():
    data = datasets.load_digits()
    return dict(X=data.data.astype(np.uint8), y=data.target.astype(np.uint8))


def breast_cancer():
    data = datasets.load_breast_cancer()
    return dict(X=data.data, y=data.target.astype(np.uint8))


def diabetes():
    data = datasets.load_diabetes(scaled=False)
    return dict(X=data.data, y=data.target)


def main(folder=DATA):
    for make in (digits, breast_cancer, diabetes):
        path = Path(folder) / f"{make.__name__}.npz"
        np.savez_compressed(path, **make())  # its entries are all dated 1980: no time stamp
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
