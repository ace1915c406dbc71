"""Anomaly scores of slices with simulated damage."""

from experiments.anomaly.anomaly_study import AnomalyStudy, Judged
from experiments.anomaly.write_anomalies import write_anomalies

__all__ = [
    "AnomalyStudy",
    "Judged",
    "write_anomalies",
]
