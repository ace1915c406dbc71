"""A study's page: its tables and figures, from the records on disk."""

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pandas as pd

from experiments.report.figures import png
from experiments.report.table import Table
from experiments.study.figures import nrmse_figure, slice_figure
from experiments.study.plan import Condition
from experiments.study.records import Results
from monai_blurvae.files import replacing

PAGE, WEIGHTS = "report.md", "weights.json"
MISSING = "–"
DEEP_DENSITY_PRIORS = {2.0: 2.77, 3.0: 4.29, 4.0: 6.36, 5.0: 10.00}
"""Acceleration to published NRMSE in percent, Human Connectome Project: other data, masks and code.

References:
    Tezcan, Baumgartner, Luechinger, Pruessmann, Konukoglu, MR image reconstruction using deep density priors,
    IEEE Transactions on Medical Imaging 38, 2019.
"""
PUBLISHED = "Deep density priors (published, other data)"


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
    parts += [results.damaged.markdown()] if results.damaged.damaged else []
    return "\n".join(parts)


def _setting(results: Results) -> str:
    facts = results.facts
    fractions = ", ".join(f"{fraction:g}" for fraction in results.plan.fractions)
    spacing = facts["spacing"] or "the files' own"
    done, expected = results.done(), results.expected()
    added = results.plan.simulation.rough_rad
    rough = f" and a rough one of {added:g} rad beyond 8 cycles per image" if added else ""
    lines = [
        f"Test subjects: {', '.join(facts['test'])}; slices at {fractions} of the brain's extent along the "
        f"slice axis, orientation {facts['orientation']}, voxel size {spacing}. Magnitudes with a "
        f"synthetic smooth phase{rough}, multiplied by simulated coil maps, transformed, sampled.",
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


def aim_table(results: Results) -> Table:
    """Tell where the leading method has the smallest error, and by how much."""
    aim = results.plan.aim
    others = [method for method in results.methods if method != aim.method]

    def verdict(methods: Sequence[str], condition: Condition, wanted: float) -> str:
        best = results.best(methods, condition)
        ours = results.mean(aim.method, condition, "nrmse")
        other = None if best is None else results.mean(best, condition, "nrmse")
        if ours is None or other is None:
            return MISSING
        below = 100 * (other - ours) / other
        met = below > 0 if wanted == 0 else below >= wanted
        text = f"{below:+.1f} % ({best}): {'met' if met else f'missed by {wanted - below:.1f} points'}"
        return f"**{text}**" if met else text

    special = aim.margin_acceleration
    columns = [f"R = {value:g}" for value in aim.acceleration]
    rows = []
    for group in results.groups():
        cells = [verdict(others, group._replace(acceleration=value), 0) for value in aim.acceleration]
        cells.append(verdict(aim.sparse, group._replace(acceleration=special), aim.margin))
        rows.append([group.words(), *cells])
    return Table(
        f"The aim: {aim.method} lowest",
        f"How far the mean NRMSE of {aim.method} lies below that of the best other method, in percent of "
        f"the latter; the last column: below the best of {' and '.join(aim.sparse)}. A negative number "
        "lies above.",
        ("condition", *columns, f"R = {special:g}, at least {aim.margin:g} %"),
        rows,
    )


def group_tables(results: Results, group: Condition) -> list[Table]:
    """Give the tables of one mask, number of coils and noise level."""
    conditions = results.groups()[group]
    header = ("method", *(f"R = {condition.acceleration:g}" for condition in conditions))
    ours, words = results.plan.aim.method, group.words()
    best = {condition: results.best(results.methods, condition) for condition in conditions}

    def nrmse(method: str, condition: Condition) -> str:
        means = results.by_subject(method, condition, "nrmse")
        if means.empty:
            return MISSING
        text = f"{means.mean():.2f}" + (f" ({means.std():.2f})" if len(means) > 1 else "")
        return f"**{text}**" if method == best[condition] else text

    def difference(other: str, condition: Condition) -> str:
        found = results.paired(ours, other, condition)
        if found is None:
            return MISSING
        (mean, half, _), won, slices = found
        interval = "" if half is None else f" [{mean - half:+.2f}, {mean + half:+.2f}]"
        return f"{mean:+.2f}{interval}, {won} of {slices}"

    def fidelity(method: str, condition: Condition) -> str:
        psnr, ssim = (results.mean(method, condition, name) for name in ("psnr", "ssim"))
        return MISSING if psnr is None else f"{psnr:.2f} / {ssim:.4f}"

    def rows(methods: Sequence[str], cell: Callable[[str, Condition], str]) -> list[list[str]]:
        return [[method, *(cell(method, condition) for condition in conditions)] for method in methods]

    published = [DEEP_DENSITY_PRIORS.get(condition.acceleration) for condition in conditions]
    cells = [MISSING if value is None else f"*{value:.2f}*" for value in published]
    return [
        Table(
            f"NRMSE, {words}",
            "Percent; mean over subjects of the mean over slices (standard deviation over subjects). "
            "Bold: the smallest of its column.",
            header,
            [*rows(results.methods, nrmse), [f"*{PUBLISHED}*", *cells]],
        ),
        Table(
            f"{ours} minus each other method, {words}",
            "NRMSE in percentage points: mean over subjects of paired differences, [95 % t-interval over "
            "subjects], and in how many slices it is lower.",
            header,
            rows([method for method in results.methods if method != ours], difference),
        ),
        Table(
            f"PSNR and SSIM, {words}",
            "PSNR in dB / SSIM; mean over subjects of the mean over slices.",
            header,
            rows(results.methods, fidelity),
        ),
    ]


def seconds_table(results: Results) -> Table:
    """Give the median time of a slice as a multiple of that of the aim's first sparse method."""
    unit = results.plan.aim.sparse[0]
    conditions: dict[int, list[Condition]] = {}
    for condition in results.plan.all_conditions:
        conditions.setdefault(condition.coils, []).append(condition)
    coils = sorted(conditions)
    names = {number: "1 coil" if number == 1 else f"{number} coils" for number in coils}

    def median(method: str, number: int) -> float:
        seconds = [results.values(method, item, "seconds") for item in conditions[number]]
        return float(pd.concat(seconds).median())

    units = {number: median(unit, number) for number in coils}
    known = [f"{value:.2g} s with {names[number]}" for number, value in units.items() if pd.notna(value)]
    rows = []
    for method in results.methods:
        ratios = [median(method, number) / units[number] for number in coils]
        rows.append([method, *(MISSING if pd.isna(ratio) else f"{ratio:.3g}" for ratio in ratios)])
    return Table(
        "Time per slice",
        f"Median over slices and conditions, as a multiple of that of {unit} "
        f"({', '.join(known) or 'not run'}, on the machine that made these tables). Choosing weights is "
        "not included.",
        ("method", *names.values()),
        rows,
    )
