"""What a run records in its folder: all that is needed to repeat it, and what it reached."""

import os
import platform
import shutil
import subprocess
import time
from importlib import metadata
from pathlib import Path

import torch
import torch.distributed as dist
from monai.bundle import ConfigParser

from monai_blurvae import __version__
from monai_blurvae.data import ImageCache
from monai_blurvae.files import (
    CONFIGURATION,
    ENVIRONMENT,
    PACKAGE,
    read_record,
    records,
    replacing,
    write_json,
)
from monai_blurvae.workflow.claim import release
from monai_blurvae.workflow.settings import (
    SETTINGS,
    Settings,
    plain,
    read_settings,
    refuse_other_settings,
    settings_from,
    write_settings,
)
from monai_blurvae.workflow.strict import configuration_in_use
from monai_blurvae.workflow.table import EVALUATED

TIME = "%Y-%m-%dT%H:%M:%S"
METADATA = "metadata.json"
BESIDE = (METADATA, "logging.conf")
RESOLVED_SETTINGS = (
    "bundle_root", "dataset_dir", "cache_dir", "output_dir", "compute_device", "use_amp", "ckpt_path",
    "dataset_name", "network_name", "method_name", "loss", "training_steps",
)  # fmt: skip
"""Settings that may be expressions, or depend on the machine; their values are recorded."""
WEIGHTS_SETTINGS = "weights_settings"
"""The id of the settings that travel with the weights."""
DESCRIBED = {
    "model": ("network_def", "monai_blurvae.networks.make_model"),
    "loss": ("reconstruction_loss", "monai_blurvae.losses.make_loss"),
}
"""The parts of a configuration that these settings describe, if these functions make them."""
KEPT_SETTINGS = ("split_seed", "seed")
"""Settings that a resumed run may not change: it would be tested on what it was trained on, or validated on
other patches than the best weights so far."""
NAMED = 100
"""The record names at most this many of the files that were left out."""
PACKAGES = (
    "torch", "monai", "pytorch-ignite", "torchio", "nibabel", "numpy", "scikit-image", "tensorboard",
)  # fmt: skip


def left_out(decode: object) -> dict[str, object]:
    """List the files that a run leaves out, because of `bad_images: skip`.

    Args:
        decode: what decodes the data set.

    Returns:
        Their number under `count` and the first of them under `names`; empty where nothing is left out.
    """
    bad = list(decode.bad) if isinstance(decode, ImageCache) else []
    return {"count": len(bad), "names": bad[:NAMED]} if bad else {}


def git_commit(folder: Path) -> str | None:
    """Tell the commit of the checkout that a folder lies in.

    Args:
        folder: any folder.

    Returns:
        The commit's hash, with "-dirty" where tracked files differ; None outside a checkout.
    """
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def hardware(device: torch.device) -> str:
    """Name what a device computes on.

    Args:
        device: the device.

    Returns:
        The GPU's name, or the processor's architecture and vector instructions.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


def record_run(run_dir: str, bundle_root: str, seed: int, device: torch.device) -> None:
    """Write the configuration in use and what it ran on into the run's folder.

    `config.json` is a configuration file itself: it repeats, resumes or evaluates the run.
    The bundle's metadata and logging settings, which MONAI looks for beside a configuration, come along. A
    resumed run keeps its files and adds those of the resumption under a number.

    Args:
        run_dir: the run's folder.
        bundle_root: the bundle's folder.
        seed: the run's seed.
        device: where the run computes.

    Raises:
        ValueError: If a resumed run has other settings than its weights, or another split of its data;
            nothing is written then.
    """
    parser = configuration_in_use()
    settings = _settings(parser) if WEIGHTS_SETTINGS in parser.get() else None
    resumed = len(records(run_dir, CONFIGURATION))
    kept = [name for name in (SETTINGS, *BESIDE) if resumed and Path(run_dir, name).is_file()]
    config = {key: value for key, value in parser.get().items() if key != parser.meta_key}
    if resumed:
        refuse_changes(run_dir)
        began = read_record(Path(run_dir, CONFIGURATION))
        config |= {name: began[name] for name in ("run_name", "output_dir") if name in began}
    versions: dict[str, str | None] = {PACKAGE: __version__}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    environment: dict[str, object] = {
        "started": time.strftime(TIME),
        "commit": git_commit(Path(__file__).parent),
        "seed": seed,
        "device": hardware(device),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "world_size": dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1,
        "python": platform.python_version(),
        "versions": versions,
    }
    environment["resolved"] = {
        name: _plain(parser.get_parsed_content(name)) for name in RESOLVED_SETTINGS if name in config
    }
    if "decode" in config and (missing := left_out(parser.get_parsed_content("decode"))):
        environment["left_out"] = missing
    if settings is not None and SETTINGS not in kept:
        write_settings(run_dir, settings)
    for name in BESIDE:
        source = Path(bundle_root, "configs", name)
        if source.is_file() and name not in kept:
            with replacing(Path(run_dir, name)) as partial:
                shutil.copyfile(source, partial)
    if METADATA not in kept:
        _write_figures(Path(run_dir))
    for name, content in ((ENVIRONMENT, environment), (CONFIGURATION, config)):  # which makes it a run
        write_json(Path(run_dir, name if not resumed else name.replace(".", f"_resumed{resumed}.")), content)


def refuse_changes(run_dir: str) -> None:
    """Refuse to go on with a run with other settings than its weights have, another split, or another name.

    Args:
        run_dir: the run's folder.

    Raises:
        ValueError: If a setting differs.
    """
    parser, path = configuration_in_use(), Path(run_dir, SETTINGS)
    if WEIGHTS_SETTINGS in parser.get() and path.is_file():
        refuse_other_settings(path, plain(_settings(parser)))
    config = Path(run_dir, CONFIGURATION)
    began = read_record(config)
    for name in KEPT_SETTINGS:
        first, now = began.get(name), parser.get().get(name)
        if first != now:
            raise ValueError(
                f"`{name}` must stay what the run began with, {first!r}, got {now!r} ({config} has the first)"
            )
    name = parser.get().get("run_name")
    own = (began.get("run_name"), Path(run_dir).absolute().name)
    if name not in own and not str(name).startswith(EVALUATED):
        raise ValueError(
            f"`run_name` must be left out beside `resume`, as the run in {own[1]} keeps its own, got {name!r}"
        )


def refuse_other_weights(weights: str) -> None:
    """Refuse to evaluate weights by a configuration of another model or loss than they were trained with.

    Args:
        weights: the weight file, with its settings beside it.

    Raises:
        ValueError: If no settings lie beside the weights, or the configuration's are others.
    """
    read_settings(weights)
    settings = plain(_settings(configuration_in_use()))
    refuse_other_settings(Path(weights).with_name(SETTINGS), {part: settings[part] for part in DESCRIBED})


def _settings(parser: ConfigParser) -> Settings:
    # where the configuration makes a part in another way, the settings do not describe that part
    config, values = parser.get(), dict(parser.get_parsed_content(WEIGHTS_SETTINGS))
    for part, (name, target) in DESCRIBED.items():
        component = config.get(name)
        if (
            not isinstance(component, dict)
            or component.get("_target_") != target
            or "settings" not in component
            or parser.get_parsed_content(f"{name}::settings") != values[part]
        ):
            values[part] = None
    return settings_from(values)


def record_end(run_dir: str) -> None:
    """Record when the run ended. A run without this record was stopped or failed.

    Args:
        run_dir: the run's folder.
    """
    path = records(run_dir, ENVIRONMENT)[-1]
    environment = read_record(path)
    started = time.mktime(time.strptime(environment["started"], TIME))
    environment.update(finished=time.strftime(TIME), duration_s=round(time.time() - started))
    write_json(path, environment)
    _write_figures(Path(run_dir))
    release(Path(run_dir))


def _write_figures(run_dir: Path) -> None:
    """Let the run's copy of the metadata state this run's figures, or none, in place of the release's."""
    path, evaluations = run_dir / METADATA, sorted(run_dir.glob("*/measures.json"))
    if path.is_file():
        measures = read_record(evaluations[-1])["measures"] if evaluations else {}
        figures = {name: found["mean"] for name, found in measures.items() if "mean" in found}
        write_json(path, {**read_record(path), "eval_metrics": figures})
