"""Benchmarks: how long and how much memory, as ratios to something a user knows, in one run.

    python -m slicednorm_studies.benchmarks --out docs/results/benchmarks.md

Every part runs in a process of its own, so that peak memory and imports are its own.
"""
