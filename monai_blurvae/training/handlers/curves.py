"""TensorBoard's files of a run that is resumed."""

from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

from monai_blurvae.files import replacing

WARMUP = ("train/warmup", "warm-up/text_summary")
"""Tags of `WarmupMarker`, written before an epoch's first iteration."""


def forget_later_points(folder: str | Path, epoch: int, iteration: int) -> None:
    """Remove the points that a resumed run will write again, so that no curve has a point twice.

    TensorBoard's own purge knows one step for all curves, and here some count iterations, others epochs.

    Args:
        folder: the folder of TensorBoard's files.
        epoch: the last epoch that is done.
        iteration: the last iteration that is done.
    """
    for path in sorted(Path(folder).glob("events.out.*")):
        records = list(RawEventFileLoader(str(path)).Load())
        kept = [record for record in records if not _is_later(Event.FromString(record), epoch, iteration)]
        if len(kept) < len(records):
            with replacing(path) as partial, partial.open("wb") as file:
                writer = RecordWriter(file)
                for record in kept:
                    writer.write(record)


def _is_later(event: Event, epoch: int, iteration: int) -> bool:
    # each event of ours has one tag
    tag = event.summary.value[0].tag if event.summary.value else ""
    if tag in WARMUP:
        return bool(event.step >= iteration)
    return bool(event.step > (iteration if tag.startswith("train/") else epoch))
