"""Seeds of all global random generators."""

import torch
from monai.utils import set_determinism


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy, torch and MONAI.

    Args:
        seed: the run's seed.

    Raises:
        ValueError: `seed` is not an integer of 32 bits.
    """
    if not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"`seed` must be an integer from 0 to 2^32 - 1, got {seed!r}.")
    set_determinism(seed=seed)
    # MONAI also makes cuDNN deterministic, which is slower, and more than a seed asks for.
    torch.backends.cudnn.deterministic = False
    torch.backends.cudnn.benchmark = True


class RandomStates:
    """The states of torch's global generators, in the form that checkpoints hold."""

    def state_dict(self) -> dict[str, torch.Tensor | list[torch.Tensor]]:
        """Take the states.

        Returns:
            The CPU's state and those of every CUDA device.
        """
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return {"cpu": torch.get_rng_state(), "cuda": cuda}

    def load_state_dict(self, state: dict[str, torch.Tensor | list[torch.Tensor]]) -> None:
        """Put the states back.

        Args:
            state: what `state_dict` gave.
        """
        cpu, cuda = state["cpu"], state["cuda"]
        assert isinstance(cpu, torch.Tensor)
        torch.set_rng_state(cpu.cpu())
        if torch.cuda.is_available() and cuda and len(cuda) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all([generator_state.cpu() for generator_state in cuda])
