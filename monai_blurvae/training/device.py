"""Device, autocast and memory format."""

from contextlib import AbstractContextManager

import torch


def choose_device(device: str | torch.device = "auto") -> torch.device:
    """Choose the device by name; "auto" takes CUDA where there is some.

    Args:
        device: "auto", a device, or a name that torch knows, such as "cpu" or "cuda:1".

    Returns:
        The device.

    Raises:
        ValueError: torch does not know the name, or the device is CUDA and this machine has none.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        if chosen.type != "cuda":
            torch.zeros(1, device=chosen).item()  # refuses what torch knows and this machine lacks
    except (AssertionError, NotImplementedError, RuntimeError, TypeError) as error:
        raise ValueError(
            f"`device` must be 'auto' or a device of this machine such as 'cpu' or 'cuda:0', got {device!r}."
        ) from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"`device` must be a device of this machine, which has no CUDA, got {device!r}.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise ValueError(f"`device` must be one of this machine's {count} CUDA devices, got {device!r}.")
    return chosen


def choose_amp(amp: bool | str, device: torch.device) -> bool:
    """Choose whether to autocast to bfloat16; "auto" does where the hardware multiplies bfloat16.

    Args:
        amp: True, False or "auto".
        device: the device that computes.

    Returns:
        Whether to autocast.

    Raises:
        ValueError: `amp` is neither a boolean nor "auto".
    """
    if isinstance(amp, bool):
        return amp
    if amp != "auto":
        raise ValueError(f"`amp` must be true, false or 'auto', got {amp!r}.")
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.backends.cpu.get_cpu_capability()
    return capabilities.startswith("AVX512") and bool(torch.cpu._is_avx512_bf16_supported())


def autocast(enabled: bool, device: torch.device) -> AbstractContextManager[None]:
    """Autocast to bfloat16 on any device (MONAI's own engines know only CUDA).

    Args:
        enabled: whether to autocast.
        device: the device that computes.

    Returns:
        A context manager.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)
