"""The prior in the optimisers of other packages."""
