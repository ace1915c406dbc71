"""Anomaly scores of slices with simulated damage, and whether they detect it."""

from experiments.anomaly.detection import write_detection
from experiments.anomaly.study import AnomalyStudy, Judged
from experiments.anomaly.write import write_anomalies

__all__ = ["AnomalyStudy", "Judged", "write_anomalies", "write_detection"]
