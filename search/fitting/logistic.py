"""Logistic regression with a sign for each weight: the score must rise with the cosine, whatever the sample says."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

Array = npt.NDArray[np.float64]

RIDGE = 1e-3  # on standardised features: enough to share weight between features that go together


@dataclass(frozen=True, eq=False)
class Logistic:
    weights: Array  # (F,) unit of the feature to log odds
    bias: float


def fit(features: Array, labels: Array, importance: Array, never_negative: npt.NDArray[np.bool_]) -> Logistic:
    """Least weighted log loss; weights of the marked features stay at nought or above."""
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
    x = (features - mean) / scale  # (n, F)
    importance = importance / importance.sum()

    def loss(parameters: Array) -> tuple[float, Array]:
        weights, bias = parameters[:-1], parameters[-1]
        z = x @ weights + bias
        value = importance @ (np.logaddexp(0, z) - labels * z) + RIDGE * weights @ weights
        slope = importance * (expit(z) - labels)
        return float(value), np.append(x.T @ slope + 2 * RIDGE * weights, slope.sum())

    bounds = [(0.0 if positive else None, None) for positive in never_negative] + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, bounds=bounds, method="L-BFGS-B")
    if not found.success:
        raise RuntimeError(f"The fit did not settle: {found.message}")
    weights = found.x[:-1] / scale
    return Logistic(weights, float(found.x[-1] - weights @ mean))
