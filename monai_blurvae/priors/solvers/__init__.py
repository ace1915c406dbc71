"""Solvers that reconstruct with a prior of patches."""
