"""A study's page: its tables and figures, from the records on disk."""

import json
from collections.abc import Collection
from pathlib import Path

from experiments.report.figures import png
from experiments.study.figures import nrmse_figure, slice_figure
from experiments.study.records import Results
from experiments.study.tables import aim_table, group_tables, seconds_table
from monai_blurvae.files import replacing

PAGE, WEIGHTS = "report.md", "weights.json"


def write_report(folder: Path) -> list[Path]:
    """Write the page, `weights.json` and the figures beside the records; give the files, the page first."""
    results = Results(folder)
    drawn = {"slice.png": slice_figure(results), "nrmse.png": nrmse_figure(results)}
    figures = {name: png(figure) for name, figure in drawn.items() if figure is not None}
    shown = {name for name in drawn if name in figures or (folder / name).is_file()}
    weights = json.dumps(results.weights(), indent=4) + "\n"
    written = {PAGE: page(results, shown).encode(), WEIGHTS: weights.encode(), **figures}
    for name, content in written.items():
        with replacing(folder / name) as path:
            path.write_bytes(content)
    return [folder / name for name in written]


def page(results: Results, figures: Collection[str]) -> str:
    """Write the page in Markdown, with the figures that lie beside it."""
    parts = ["# Reconstruction from undersampled k-space\n", _setting(results), aim_table(results).markdown()]
    if "nrmse.png" in figures:
        parts.append("![NRMSE over acceleration](nrmse.png)\n")
    if "slice.png" in figures:
        parts.append("![One slice by every method, errors below](slice.png)\n")
    for group in results.groups():
        parts.append(f"## {group.words()[0].upper()}{group.words()[1:]}\n")
        parts += [table.markdown() for table in group_tables(results, group)]
    parts += ["## Time\n", seconds_table(results).markdown()]
    return "\n".join(parts)


def _setting(results: Results) -> str:
    facts = results.facts
    fractions = ", ".join(f"{fraction:g}" for fraction in results.plan.fractions)
    spacing = facts["spacing"] or "the files' own"
    done, expected = results.done(), results.expected()
    lines = [
        f"Test subjects: {', '.join(facts['test'])}; slices at {fractions} of the brain's extent along the "
        f"slice axis, orientation {facts['orientation']}, voxel size {spacing}. Magnitudes with a "
        "synthetic smooth phase, multiplied by simulated coil maps, transformed, sampled.",
        "",
        "**The errors are optimistic**: the references are processed magnitudes, not raw data; their "
        "background is exactly zero, and the coil maps are known exactly.",
        "",
        "NRMSE = 100 sqrt(sum (|x_hat| - |x|)^2 / sum |x|^2) in percent after scaling x_hat to the norm "
        "of x, over the whole slice; PSNR and SSIM after the same scaling, their range the reference's "
        "largest magnitude. Noise is white, complex and Gaussian; its standard deviation is the rms of "
        "the fully sampled noise-free k-space over all coils times 10^(-dB / 20). Masks and noise are "
        "drawn anew for every slice, and are the same for every method.",
        "",
        "Every method's weight is the one with the smallest mean NRMSE on one slice each of "
        f"{', '.join(facts['tuning'])} (outside the test set; to {facts['held_out']} of these "
        f"{len(facts['tuning'])} no model's weights were fitted), chosen for each condition from a grid "
        f"that was extended where the best lay at its edge; `{WEIGHTS}` lists all that were tried.",
        "",
    ]
    if done < expected:
        lines += [f"**Incomplete**: {done} of {expected} reconstructions of test slices are done.", ""]
    return "\n".join(lines)
