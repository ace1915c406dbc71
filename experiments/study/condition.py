"""How a slice is measured in simulation."""

from typing import NamedTuple


class Condition(NamedTuple):
    """Mask, coils, noise and acceleration."""

    lines: str
    """Which lines of k-space are sampled: a key of `acquisition.LINES`."""
    coils: int
    """Number of simulated coils."""
    noise_db: float | None
    """How far the noise lies below the rms signal, in dB; None: no noise."""
    acceleration: float
    """R."""

    @property
    def group(self) -> "Condition":
        """The condition without its acceleration, 0: what shares a table."""
        return self._replace(acceleration=0)

    def words(self) -> str:
        """Describe mask, coils and noise.

        Returns:
            For instance "uniform lines, 8 coils, noise 30 dB below the signal".

        Example:
            >>> Condition("variable_density", 1, None, 4).words()
            'variable density lines, 1 coil, no noise'
        """
        coils = "1 coil" if self.coils == 1 else f"{self.coils} coils"
        noise = "no noise" if self.noise_db is None else f"noise {self.noise_db:g} dB below the signal"
        return f"{self.lines.replace('_', ' ')} lines, {coils}, {noise}"
