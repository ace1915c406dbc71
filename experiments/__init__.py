"""The paper's tables and figures, sweeps and comparisons."""
