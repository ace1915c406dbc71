"""What an anomaly study found, as tables."""

import numpy as np

from experiments.report.clustered_roc import mean
from experiments.report.detection import CANDIDATES, Detection, words
from experiments.report.table import Cell, Table

DAMAGE = "damage"
FOR_INTENSITY = "Of both directions the better one: here the darker a slice, the stranger."


def lead_table(detection: Detection, candidate: str) -> Table:
    """Tabulate a score's lead over the baselines.

    Args:
        detection: what was found.
        candidate: the score's column.

    Returns:
        A row a corruption, a column a baseline, then the verdict.
    """
    rows = [
        [
            Cell(corruption),
            *(Cell(str(detection.lead(candidate, corruption, name))) for name in detection.baselines),
            Cell(detection.verdict(candidate, corruption)),
        ]
        for corruption in detection.areas
    ]
    caption = (
        "AUROC less the baseline's, and half the difference's 95 % interval. A baseline is beaten where the "
        "interval lies above 0."
    )
    header = (DAMAGE, *(f"less {words(name)}" for name in detection.baselines), "verdict")
    return Table(f"{CANDIDATES[candidate]} against the baselines", caption, header, rows)


def area_table(detection: Detection) -> Table:
    """Tabulate the AUROC of whole images.

    Args:
        detection: what was found.

    Returns:
        A row a corruption, a column a score; the best in bold.
    """
    columns = detection.scores.image_columns
    rows = []
    for corruption, found in detection.areas.items():
        best = max(area.value for area in found.values())
        note = FOR_INTENSITY if corruption in detection.darker else None
        cells = [
            Cell(
                str(found[name]),
                bold=found[name].value == best,
                note=note if name == "intensity" else None,
            )
            for name in columns
        ]
        rows.append([Cell(corruption), *cells])
    caption = (
        "AUROC of damaged slices against the same slices without damage, and half its 95 % interval "
        f"(DeLong's, clustered by subject; subjects: {len(detection.scores.subjects)}). "
        "Below 0.5 the damage makes slices look more usual."
    )
    return Table("Whole slices", caption, (DAMAGE, *map(words, columns)), rows)


def risen_table(detection: Detection) -> Table:
    """Tabulate how often the damage raises a slice's own score.

    Args:
        detection: what was found.

    Returns:
        A row a corruption, a column a score.
    """
    columns, scores = detection.scores.image_columns, detection.scores
    rows = []
    for corruption in detection.areas:
        row = [Cell(corruption)]
        for name in columns:
            damaged = scores.of(name, corruption)
            risen = {
                subject: (damaged[subject] > clean).astype(np.float64)
                for subject, clean in scores.of(name).items()
            }
            row.append(Cell(f"{mean(risen).value:.2f}"))
        rows.append(row)
    caption = (
        "Share of slices whose score the damage raises: what a score could tell if the slice without damage "
        "were known. Where it is far from 0.5 and the AUROC is not, healthy slices differ more than the "
        "damage weighs."
    )
    return Table("Each slice against itself", caption, (DAMAGE, *map(words, columns)), rows)


def map_table(detection: Detection) -> Table | None:
    """Tabulate how well the maps find lesions.

    Args:
        detection: what was found.

    Returns:
        A row a lesion; None where no corruption has a place.
    """
    scores = detection.scores
    rows = []
    for corruption in detection.areas:
        row = [Cell(corruption)]
        for name in scores.map_columns:
            area, precision = (scores.of(f"{kind}_{name}", corruption) for kind in ("auroc", "ap"))
            if area:
                row.append(Cell(f"{mean(area)}; {mean(precision).value:.3f}"))
        if len(row) > 1:
            rows.append(row)
    if not rows:
        return None
    caption = (
        "AUROC of the brain's pixels within a slice, the lesion's against the others, mean over slices and "
        "half its 95 % interval; then average precision. Intensity and darkness rank pixels without a model."
    )
    return Table("Maps", caption, (DAMAGE, *map(words, scores.map_columns)), rows)
