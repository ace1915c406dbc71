"""The last words of a command that failed or was interrupted: one sentence, not a stack of calls."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from monai.bundle import ConfigParser

from monai_blurvae.files import CONFIGURATION, records
from monai_blurvae.workflow.caller import on_the_stack
from monai_blurvae.workflow.farewell import EXIT_CODE, FILES

WRAPPERS = ("Failed to evaluate", "Failed to instantiate", "applying transform")
"""How the messages of MONAI's own layers begin."""
EXPLAINED = (ValueError, OSError, ImportError, FloatingPointError)
"""Errors whose messages say what to do; any other is a fault of the code, and its calls are shown."""
MEMORY = ("out of memory", "can't allocate memory", "Unable to allocate")
"""What messages of the lack of memory hold, of torch on a GPU, torch on a CPU, and NumPy."""
SIZES = ("batch_size", "image_size", "latent_size", "samples", "virtual_coils")
"""Settings that memory grows with."""


def root_cause(error: BaseException) -> BaseException:
    """Find the error that MONAI wrapped.

    Args:
        error: any exception.

    Returns:
        The outermost exception that MONAI's configuration did not wrap around another.

    Example:
        >>> try:
        ...     raise RuntimeError("Failed to evaluate x") from ValueError("inner")
        ... except RuntimeError as error:
        ...     root_cause(error)
        ValueError('inner')
    """
    while error.__cause__ is not None and str(error).startswith(WRAPPERS):
        error = error.__cause__
    return error


def interrupted(run_dir: str | None) -> str:
    """Say what an interrupted command leaves, and how to go on.

    Args:
        run_dir: the run's folder; None if there is none yet.

    Returns:
        The message.
    """
    if run_dir is None or not Path(run_dir, CONFIGURATION).is_file():
        return "Interrupted before anything was written."
    checkpoint = Path(run_dir, FILES["Checkpoint"])
    if not checkpoint.is_file():
        return f"Interrupted: {run_dir} is unfinished; the same command with --run_name begins it anew."
    config = records(run_dir, CONFIGURATION)[-1]
    return (
        f"Interrupted: {checkpoint} is kept. Go on with: python -m monai.bundle run training "
        f"--config_file {config} --resume {run_dir}"
    )


def last_words(error: BaseException, config: Mapping[str, object]) -> str | None:
    """Say what went wrong in one sentence.

    Args:
        error: the cause.
        config: the command's configuration.

    Returns:
        The message; None if the error is a fault of the code.
    """
    if any(text in str(error) for text in MEMORY):
        first = str(error).partition("\n")[0]
        known = "".join(f"`{name}`, " for name in SIZES if config.get(name) is not None)
        mapped = ", or pass --cache_in_memory False" if config.get("cache_in_memory") else ""
        return f"{known}images and model must fit into memory: make one of them smaller{mapped} ({first})"
    return str(error) if isinstance(error, EXPLAINED) else None


def explain_errors() -> None:
    """Let an uncaught error end the command with its cause; `--traceback` shows the calls as well."""
    sys.excepthook = _hook(on_the_stack(ConfigParser))


def _hook(
    parser: ConfigParser | None,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    def explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        cause = root_cause(error)
        if isinstance(cause, KeyboardInterrupt):
            made = {} if parser is None else parser.ref_resolver.resolved_content
            sys.stderr.write(f"\n{interrupted(made.get('run_dir'))}\n")
            raise SystemExit(EXIT_CODE)
        words = last_words(cause, {} if parser is None else parser.get())
        if words is None or (parser is not None and parser.get("traceback", False)):
            sys.__excepthook__(kind, error, trace)
        sys.stderr.write(f"\n{type(cause).__name__}: {words or cause}\n")

    return explain
