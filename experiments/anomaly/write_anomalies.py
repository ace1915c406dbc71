"""The table and the picture of an anomaly study."""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from experiments.anomaly.anomaly_figure import anomaly_figure
from experiments.anomaly.anomaly_study import AnomalyStudy, Judged, Row
from monai_blurvae.data import VolumeCache, subject_name
from monai_blurvae.files import replacing

TABLE = "anomaly.csv"
PICTURE = "anomaly.png"


def write_anomalies(study: AnomalyStudy, volumes: VolumeCache, run_dir: str | Path) -> Path:
    """Judge every volume, write a row an image, and draw the first volume's middle slice.

    The table is written anew after each volume.

    Args:
        study: what judges, and the damages.
        volumes: decoded volumes.
        run_dir: folder that receives `anomaly.csv` and `anomaly.png`.

    Returns:
        The table's path.
    """
    rows: list[Row] = []
    total = len(volumes) * (1 + len(study.corruptions))
    with tqdm(desc="Judging slices", total=total, file=sys.stderr) as bar:
        for path, volume in zip(volumes.paths, volumes, strict=True):
            subject, pictures = subject_name(path), not rows
            shown: list[Judged] = []
            for judged in study.judge(subject, volume):
                rows += study.rows(subject, judged)
                if pictures:
                    shown.append(judged)
                bar.update()
            if pictures:
                _write(Path(run_dir, PICTURE), anomaly_figure(shown))
            _write(Path(run_dir, TABLE), _csv(rows))
    return Path(run_dir, TABLE)


def _csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as partial:
        partial.write_bytes(content)
