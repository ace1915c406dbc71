"""Reconstruction terms compared in MONAI's AutoencoderKL: every finished run is one line of a JSONL file."""
