"""A trained model on whole NIfTI volumes."""
