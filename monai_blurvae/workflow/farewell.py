"""Say where a run's results lie."""

import sys
from pathlib import Path


def say_where(run_dir: str, rank: int = 0) -> None:
    """Print the places of what a run wrote.

    Args:
        run_dir: the run's folder.
        rank: only rank 0 speaks.
    """
    if rank != 0:
        return
    folder = Path(run_dir)
    pictures = sorted(folder.glob("images/*.png"))
    lines = [f"Run folder:   {folder}"]
    if pictures:
        lines.append(f"Pictures:     {pictures[-1]} and {len(pictures) - 1} more")
    for label, name in (("Best weights", "model.pt"), ("Checkpoint", "checkpoint.pt"), ("Metrics", "metrics.csv")):
        if (folder / name).is_file():
            lines.append(f"{label + ':':<13} {folder / name}")
    if (folder / "tensorboard").is_dir():
        lines.append(f"TensorBoard:  tensorboard --logdir {folder.parent}")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    sys.stdout.flush()
