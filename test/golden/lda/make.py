"""Writes discriminants.json: linear discriminant analyses of few and of many images, by scikit-learn.

python test/golden/lda/make.py (scikit-learn 1.9, NumPy). `scalings` is [D, K - 1] with the sign that scikit-learn gave it, of
which nothing follows; `projections` are those of the centred rows. The shrinkage of the third case is Ledoit and Wolf's for
the rows less the means of their classes.
"""
import json
from pathlib import Path

import numpy as np
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

random = np.random.default_rng(5)


def rows_of(sizes, dimensions):
    """Classes of unequal sizes, correlated values, a common mean; rounded, so that the text is exact."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    random.shuffle(labels)
    mixing = random.normal(size=(dimensions, dimensions)) * (np.arange(dimensions) + 1.0) ** -0.7
    means = random.normal(size=(len(sizes), dimensions)) @ mixing.T * 0.6
    rows = random.normal(size=(len(labels), dimensions)) @ mixing.T + means[labels] + 0.3
    return np.round(rows / np.abs(rows).max(), 4), labels


def case(name, sizes, dimensions, shrinkage=None):
    rows, labels = rows_of(sizes, dimensions)
    means = np.stack([rows[labels == label].mean(0) for label in range(len(sizes))])
    estimated = ledoit_wolf_shrinkage(rows - means[labels], assume_centered=True)
    used = estimated if shrinkage is None else shrinkage
    fitted = LinearDiscriminantAnalysis(solver="eigen", shrinkage=used).fit(rows, labels)
    scalings = fitted.scalings_[:, : len(sizes) - 1]
    return {
        "name": name,
        "shape": rows.shape,
        "rows": rows.flatten().tolist(),
        "labels": labels.tolist(),
        "ledoitWolf": float(estimated),
        "shrinkage": shrinkage,
        "scalings": np.round(scalings, 9).flatten().tolist(),
        "projections": np.round((rows - rows.mean(0)) @ scalings, 9).flatten().tolist(),
    }


cases = [
    case("fewer images than pixels", (9, 6, 4, 7), 75, 0.2),
    case("more images than pixels", (25, 18, 20), 27, 0.05),
    case("fewer images than pixels, shrunk by Ledoit and Wolf's estimate", (5, 11, 8, 6, 7), 48),
]
Path(__file__).with_name("discriminants.json").write_text(json.dumps({"cases": cases}) + "\n")
