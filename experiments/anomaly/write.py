"""The table and the picture of an anomaly study."""

import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from experiments.anomaly.figure import anomaly_figure
from experiments.anomaly.study import AnomalyStudy, Judged, Row
from monai_blurvae.data import VolumeCache, subject_name
from monai_blurvae.files import replacing

TABLE = "anomaly.csv"
PICTURE = "anomaly.png"


def write_anomalies(study: AnomalyStudy, volumes: VolumeCache, run_dir: str | Path) -> Path:
    """Judge every volume, write a row for each image, and draw the first volume's middle slice.

    The table is written again after each volume.
    """
    rows: list[Row] = []
    total = len(volumes) * (1 + len(study.corruptions))
    with tqdm(desc="Judging slices", total=total, file=sys.stderr) as bar:
        for path, volume in zip(volumes.paths, volumes, strict=True):
            subject, first = subject_name(path), not rows
            shown: list[Judged] = []
            for judged in study.judge(subject, volume):
                rows += study.rows(subject, judged)
                shown += [judged] if first else []
                bar.update()
            if first:
                with replacing(Path(run_dir, PICTURE)) as partial:
                    partial.write_bytes(anomaly_figure(shown))
            with replacing(Path(run_dir, TABLE)) as partial:
                pd.DataFrame(rows).to_csv(partial, index=False)
    return Path(run_dir, TABLE)
