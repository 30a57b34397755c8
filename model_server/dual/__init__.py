"""Dual encoders behind the engine protocol: the paper's baselines, and a strong choice today for appearance."""
