"""Sharp variational autoencoders for medical images: the Wiener blur likelihood as MONAI components."""

__version__ = "0.1.0"
