"""NIfTI volumes to patches."""
