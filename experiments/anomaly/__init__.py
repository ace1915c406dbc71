"""Anomaly scores of slices with simulated damage."""

from experiments.anomaly.anomaly_study import AnomalyStudy, Judged
from experiments.anomaly.corruptions import Corrupted, Corruption, Lesion, MotionArtefact, SpikeArtefact
from experiments.anomaly.fixed_slices import BrainSlices, fixed_slices
from experiments.anomaly.write_anomalies import write_anomalies

__all__ = [
    "AnomalyStudy",
    "BrainSlices",
    "Corrupted",
    "Corruption",
    "Judged",
    "Lesion",
    "MotionArtefact",
    "SpikeArtefact",
    "fixed_slices",
    "write_anomalies",
]
