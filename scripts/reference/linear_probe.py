#!/usr/bin/env python3
"""scikit-learn's logistic regression on the features of `masksub finetune --probe --probe-features FILE`.

    masksub finetune --probe --from WEIGHTS --data DATA --probe-features features.safetensors
    linear_probe.py features.safetensors C

C is the strength that the command printed. Prints the accuracy on `val` and how long the fit took.
"""

import sys
import time

from safetensors.numpy import load_file
from sklearn.linear_model import LogisticRegression

tensors = load_file(sys.argv[1])
model = LogisticRegression(C=float(sys.argv[2]), max_iter=1000)
began = time.perf_counter()
model.fit(tensors["train.features"], tensors["train.labels"])
seconds = time.perf_counter() - began
accuracy = model.score(tensors["val.features"], tensors["val.labels"])
print(f"scikit-learn: top1 {accuracy:.4f}, {model.n_iter_[0]} steps, {seconds:.1f} s")
