#!/usr/bin/env python3
"""scikit-learn's LogisticRegression on the rows of FOLDER (made where they are not there: 10,000 unit rows of 512 values in 100 overlapping classes): seconds of a fit, and what it reached. One JSON line.

usage: sklearn_probe.py FOLDER [--c 0.316] [--repeats 3]    threads: OPENBLAS_NUM_THREADS"""
import argparse, json, os, time
import numpy as np, sklearn
from sklearn.linear_model import LogisticRegression

N, D, K = 10_000, 512, 100
ap = argparse.ArgumentParser(); ap.add_argument("folder"); ap.add_argument("--c", type=float, default=0.316); ap.add_argument("--repeats", type=int, default=3); a = ap.parse_args()
rows, labels = os.path.join(a.folder, "rows.f32"), os.path.join(a.folder, "labels.i32")
if not os.path.exists(labels):
    os.makedirs(a.folder, exist_ok=True)
    rng = np.random.default_rng(1); y = rng.integers(0, K, N).astype(np.int32)
    x = rng.standard_normal((K, D))[y] + 3 * rng.standard_normal((N, D)); x /= np.linalg.norm(x, axis=1, keepdims=True)
    x.astype("<f4").tofile(rows); y.astype("<i4").tofile(labels)
x, y, seconds = np.fromfile(rows, "<f4").reshape(-1, D), np.fromfile(labels, "<i4"), []
for _ in range(a.repeats):
    model = LogisticRegression(C=a.c, max_iter=1000); begin = time.perf_counter(); model.fit(x, y); seconds.append(time.perf_counter() - begin)
loss = -model.predict_log_proba(x)[np.arange(len(y)), y].astype(np.float64).sum() * a.c + .5 * (model.coef_.astype(np.float64) ** 2).sum()
print(json.dumps({"peer": f"scikit-learn {sklearn.__version__}", "s": sorted(seconds)[len(seconds) // 2], "repeats": seconds, "iterations": int(model.n_iter_[0]), "objective": float(loss)}))
