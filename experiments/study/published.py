"""Published figures that stand beside ours for orientation: other data, other masks, other code."""

DEEP_DENSITY_PRIORS = {2.0: 2.77, 3.0: 4.29, 4.0: 6.36, 5.0: 10.00}
"""Acceleration to NRMSE in percent, Human Connectome Project.

References:
    Tezcan, Baumgartner, Luechinger, Pruessmann, Konukoglu, MR image reconstruction using deep density priors,
    IEEE Transactions on Medical Imaging 38, 2019.
"""

LABEL = "Deep density priors (published, other data)"
