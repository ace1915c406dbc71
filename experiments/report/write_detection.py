"""The result of an anomaly study, written and printed."""

import json
import sys
from pathlib import Path

from experiments.report.detection import CANDIDATES, Detection
from experiments.report.detection_scores import DetectionScores
from experiments.report.detection_tables import area_table, lead_table, map_table, risen_table
from monai_blurvae.files import replacing


def write_detection(run_dir: str | Path) -> Path:
    """Turn `anomaly.csv` into `anomaly.md` and `anomaly.json`, and print the page.

    Args:
        run_dir: folder of the study.

    Returns:
        The page's path.
    """
    scores = DetectionScores(Path(run_dir, "anomaly.csv"))
    detection = Detection(scores)
    statements = [detection.statement(candidate) for candidate in CANDIDATES]
    tables = [
        *(lead_table(detection, candidate) for candidate in CANDIDATES),
        area_table(detection),
        risen_table(detection),
        map_table(detection),
    ]
    page = "\n".join(["\n\n".join(statements) + "\n", *(table.markdown() for table in tables if table)])
    record = {"statements": statements, "subjects": scores.subjects, "damage": detection.record()}
    for name, text in (("anomaly.md", page), ("anomaly.json", json.dumps(record, indent=4) + "\n")):
        with replacing(Path(run_dir, name)) as partial:
            partial.write_text(text)
    sys.stdout.write(page)
    return Path(run_dir, "anomaly.md")
