"""The k-space of slices, read and prepared one at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from monai_blurvae.mri import CartesianEncoding, sampled_mask
from monai_blurvae.mri.kspace_file import read_grid, read_kspace, slice_count
from monai_blurvae.mri.kspace_header import ReconstructedGrid


@dataclass(frozen=True)
class Acquisition:
    """The k-space of one slice, with mask, coil maps and noise level."""

    kspace: Tensor
    """Complex, (1, coils, H, W), zero frequency at (H // 2, W // 2)."""
    mask: Tensor
    """Samples that the reconstruction sees, bool (1, 1, H, W)."""
    number: int
    """Number of the slice in the file, from 0."""
    count: int
    """Number of slices in the file."""
    coil_maps: Tensor | None = None
    """Complex, (1, coils, H, W)."""
    noise_std: float | None = None
    """sqrt(E|n|^2) of each coil's noise, in the units of k-space."""
    held_back: Tensor | None = None
    """Samples that were measured and the reconstruction does not see, bool (1, 1, H, W)."""

    @property
    def encoding(self) -> CartesianEncoding:
        """E with the samples that the reconstruction sees."""
        return CartesianEncoding(self.mask, self.coil_maps)


CONTENT = (
    "a .npy file of complex (coils, H, W) or (slices, coils, H, W), zeros where nothing was sampled, a .cfl "
    "file of BART, or an .h5 or .mrd file of fastMRI or ISMRMRD"
)
"""Expected content of the k-space file."""


Preparation = Callable[[Acquisition], Acquisition]
"""A step, or any function of a slice."""


class Step(ABC):
    """A step of the preparation of a slice. A step whose setting is None returns the slice itself."""

    @abstractmethod
    def __call__(self, acquisition: Acquisition) -> Acquisition:
        """Prepare a slice.

        Args:
            acquisition: the slice.

        Returns:
            The slice after the step.

        Raises:
            ValueError: If the setting does not fit the slice; the message names both.
        """


class Acquisitions:
    """Slices of a file, read and prepared one by one: memory holds one.

    Args:
        kspace: the file, as for `read_kspace`.
        slices: which slices, evenly spaced; None: all.
        steps: steps that prepare each slice, in order.

    Attributes:
        numbers: numbers of the slices that are read.
        count: number of slices in the file.
        grid: grid of the scanner's image; None where no header states it.

    Raises:
        ValueError: If no file is named, or the file lacks a slice, or the slices are not evenly spaced.
        FileNotFoundError: If there is no such file.
    """

    def __init__(
        self,
        kspace: str | Path | None,
        slices: Sequence[int] | int | None = None,
        steps: Sequence[Preparation] = (),
    ) -> None:
        if kspace is None:
            raise ValueError(f"`kspace` must be {CONTENT}, got none: add --kspace FILE")
        if not Path(kspace).is_file():
            raise FileNotFoundError(f"`kspace` must be {CONTENT}, got {kspace}, which does not exist")
        self.path = Path(kspace)
        self.steps = steps
        self.count = slice_count(self.path)
        chosen = [slices] if isinstance(slices, int) else slices
        self.numbers = list(range(self.count)) if chosen is None else [int(number) for number in chosen]
        if not self.numbers or not all(0 <= number < self.count for number in self.numbers):
            raise ValueError(
                f"`slices` must name slices of the {self.count} in {self.path}, from 0, got {self.numbers}"
            )
        gaps = {after - before for before, after in zip(self.numbers, self.numbers[1:], strict=False)}
        if len(gaps) > 1 or min(gaps, default=1) < 1:
            raise ValueError(f"`slices` must ascend evenly, since they become a volume, got {self.numbers}")
        self.grid: ReconstructedGrid | None = read_grid(self.path)
        self._first: Acquisition | None = None

    @property
    def spacing(self) -> tuple[float, ...] | None:
        """Spacing of rows, columns and slices in mm, where the file's header states it."""
        return None if self.grid is None else self.grid.spacing

    def first(self) -> Acquisition:
        """Prepare the first slice, so that errors show before anything is written; it is kept."""
        self._first = self._first or self._prepared(self.numbers[0])
        return self._first

    def __len__(self) -> int:
        """Count the slices."""
        return len(self.numbers)

    def __iter__(self) -> Iterator[Acquisition]:
        """Give the prepared slices, one after the other."""
        yield self.first()
        self._first = None
        for number in self.numbers[1:]:
            yield self._prepared(number)

    def _prepared(self, number: int) -> Acquisition:
        kspace = read_kspace(self.path, [number])
        acquisition = Acquisition(kspace, sampled_mask(kspace), number, self.count)
        for step in self.steps:
            acquisition = step(acquisition)
        return acquisition
