"""Anomaly scores of slices with simulated damage, and whether they detect it."""

from experiments.anomaly.corruptions import Corrupted, Corruption, Lesion, MotionArtefact, SpikeArtefact
from experiments.anomaly.detection import write_detection
from experiments.anomaly.study import AnomalyStudy, BrainSlices, Judged, fixed_slices
from experiments.anomaly.write import write_anomalies

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
    "write_detection",
]
