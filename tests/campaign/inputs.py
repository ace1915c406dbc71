"""Bad inputs of every command and of the Python interface: each must end in one clear error.

Add a case by adding a word: a value to a kind of setting, a setting to a kind, a file, or a line of Python.
"""

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import monai_blurvae
from experiments.autoencoders.__main__ import main as autoencoders
from experiments.report.__main__ import main as report
from experiments.study.__main__ import main as study
from experiments.sweep.__main__ import main as sweep
from monai_blurvae.workflow.init import init
from tests.campaign import files
from tests.campaign.attempt import ACCEPTED, SILENT, Case, in_process
from tests.campaign.calls import CALLS
from tests.campaign.material import command_line, run

NAN = "$float('nan')"
VALUES = {
    "count": f"0 -1 1.5 {NAN} many True [2]",
    "whole": f"-1 1.5 {NAN} many [0]",
    "positive": f"0 -1 {NAN} $float('inf') many [1]",
    "not_negative": f"-1 {NAN} $float('inf') many [1]",
    "share": f"-0.1 1.5 {NAN} many",
    "percent": f"-5 101 {NAN} many",
    "switch": "2 0.5 many [] None",
    "choice": "nothing_such 7 []",
    "sizes": f"[] 8 [0] [-4,8] [4.5,8] many [[4]] [{{}}] None",
    "spacing": "[1] [1,1] [0,1,1] [-1,1,1] many 3 [1,1,'x'] [1,1,1,1]",
    "orientation": "XYZ PLL PL PLSR 3 nothing",
    "name": "../out /tmp/out a/../../b . 3.5 [] None",
    "missing_folder": "nowhere ones.npy 7 []",
    "missing_file": "nowhere.npy data 7",
    "huge": "1000000000",
}
"""Values that no setting of a kind may take, as typed on the command line."""
KINDS = {
    "training": {
        "count": "channels image_size latent_size latent_channels res_blocks norm_groups kernel_size rings knots "
        "epochs batches_per_epoch batch_size val_interval val_batches test_batches checkpoint_interval",
        "whole": "cache_processes warmup_epochs seed split_seed test_seed num_workers adversarial_start",
        "positive": "learning_rate discriminator_learning_rate gradient_clip fixed_variance max_ratio",
        "not_negative": "beta C epsilon floor focal_alpha added_weight adversarial_weight",
        "share": "min_brain decay tempering",
        "percent": "percentile",
        "switch": "attention kernel_softmax test_at_end compile cache_in_memory",
        "choice": "model upsampling loss blur determinant added perceptual_network kernel_fit scale "
        "learning_rate_decay device amp split augmentation",
        "sizes": "features",
        "spacing": "spacing",
        "orientation": "orientation",
        "name": "run_name",
        "missing_folder": "dataset_dir resume",
        "huge": "batch_size image_size latent_size kernel_size",
    },
    "evaluating": {
        "count": "batch_size test_batches",
        "whole": "test_seed",
        "choice": "split device",
        "name": "run_name",
        "missing_folder": "dataset_dir",
        "missing_file": "ckpt_path",
    },
    "inference": {
        "count": "batch_size",
        "whole": "samples seed",
        "share": "overlap min_brain",
        "percent": "percentile",
        "choice": "device",
        "spacing": "spacing",
        "orientation": "orientation",
        "name": "run_name",
        "missing_folder": "dataset_dir",
        "missing_file": "ckpt_path",
        "huge": "samples",
    },
    "reconstruct": {
        "count": "readout_size virtual_coils",
        "whole": "samples seed iterations centre_lines",
        "positive": "phase_width",
        "not_negative": "noise_std weight tolerance phase_precision",
        "share": "hold_back",
        "spacing": "spacing",
        "choice": "method mask_type device",
        "name": "run_name",
        "missing_file": "kspace mask coil_maps noise reference brain_mask ckpt_path",
        "huge": "samples virtual_coils centre_lines readout_size",
    },
    "anomaly": {
        "count": "slices samples batch_size",
        "whole": "seed split_seed",
        "share": "overlap min_brain top_share least_area",
        "not_negative": "smoothing",
        "choice": "split device",
        "name": "run_name",
        "missing_folder": "dataset_dir",
        "missing_file": "ckpt_path l2_weights",
    },
    "fitting": {
        "count": "batches_per_epoch scale_features",
        "positive": "learning_rate",
        "switch": "overwrite",
        "missing_file": "ckpt_path",
    },
}
"""Settings of every command, by kind."""
FURTHER = """
training lr=1 epoch=3 learning_rates=1 network_def::foo=1 train::trainer::sed=1 help=True
training image_size=17 image_size=4 image_size=30000 kernel_size=4 kernel_size=99 spatial_dims=1 spatial_dims=4
training spatial_dims=2.5 warmup_epochs=2 warmup_epochs=99 device=cuda:99 device=cup amp=float16 norm_groups=3
training scale=0 scale=-1 scale=many loss=wiener start=0 start=-1 start=1.5 min_brain=1.01 percentile=0
inference overlap=1 image_size=0 ckpt=1 sample=3 device=cuda:99
reconstruct acceleration=0 acceleration=0.5 acceleration=-2 acceleration=many acceleration=$float('nan')
reconstruct slices=many slices=1.5 slices=-1 slices=99 slices=[] slices=[0,0] slices=[1,0] slices=[0.5]
reconstruct kspace_orientation=XY kspace_orientation=PP kspace_orientation=P kspace_orientation=3 hold_back=1
reconstruct crop=[0,0] crop=[-1,4] crop=[999,999] crop=many crop=[4] crop=3 crop=[4,4,4] crop=[4.5,4]
reconstruct phase_encoding_axis=0 phase_encoding_axis=2 phase_encoding_axis=many phase_encoding_axis=1.5
reconstruct virtual_coils=5 noise_level=1 brain_mask=maps.npy mask=maps.npy coil_maps=ones.npy reference=maps.npy
anomaly overlap=1 slice=1 top_share=0 slices=100000
evaluating ckpt_path=kspace.npy splitt=test
"""
"""Further bad settings: a command, then NAME=VALUE."""
GOOD = """
training epochs=1,warmup_epochs=0 loss=l2 blur=measured learning_rate=1.0e-4 gradient_clip=1 model=autoencoder_kl,norm_groups=4
training latent_size=1 hidden_size=None orientation=RAS percentile=100 min_brain=0.25 cache_in_memory=True seed=7
inference samples=1 batch_size=1 overlap=0.5 percentile=99 dataset_dir=plain.nii dataset_dir=data/test
reconstruct method=zero_filled,iterations=None method=cg_sense method=total_variation weight=0.001 hold_back=0.1
reconstruct kspace=kspace.h5 kspace_orientation=RA spacing=[1,1,3] slices=[0,1] reference=reference.npy acceleration=2
anomaly split=train evaluating split=train fitting scale_features=4
"""
"""Right settings: what is accepted must stay so."""
PROGRAMS = """
init . | folder, .
init ones.npy | ones.npy
init ones.npy/below | ones.npy
init runs/done/config.json | config.json
report nowhere -o {out} | nowhere
report data -o {out} | data
report runs -o data | data
report runs -o ones.npy | ones.npy
report runs -o {out} --to nothing_such | nothing_such
report runs -o {out} --kl nan | kl, nan
report runs -o {out} --kl -1 | kl, -1
report runs -o {out} --kl many | kl, many
report -o {out} | RUNS
report runs | output
report runs nowhere -o {out} | nowhere
report ones.npy -o {out} | ones.npy
study nowhere.yaml --output_dir {out} --dataset_dir data | nowhere.yaml
study configs/brain32.yaml --output_dir {out} --dataset_dir data | brain32.yaml
study configs/studies/reconstruction.yaml --output_dir {out} | dataset_dir, None
study configs/studies/reconstruction.yaml --output_dir {out} --dataset_dir nowhere | dataset_dir, nowhere
study configs/studies/reconstruction.yaml --output_dir {out} --dataset_dir data --part 3/2 | part, 3/2
study configs/studies/reconstruction.yaml --output_dir {out} --dataset_dir data --part x | part, x
study configs/studies/reconstruction.yaml --output_dir {out} --dataset_dir data --wiener_weights nowhere.pt | nowhere.pt
study --output_dir {out} --report_only | {out}
study ones.npy --output_dir {out} --dataset_dir data | ones.npy
sweep nowhere.yaml x -o {out} | nowhere.yaml
sweep ones.npy x -o {out} | ones.npy
sweep configs/brain32.yaml x -o {out} | brain32.yaml
sweep configs/sweeps/brain32.yaml nothing_such -o {out} | nothing_such
sweep configs/sweeps/brain32.yaml x -o {out} --set beta | beta
sweep configs/sweeps/brain32.yaml x -o {out} --set beta=1 | beta
sweep configs/sweeps/brain32.yaml x -o {out} --set seed=1 | seed
autoencoders nothing | nothing
autoencoders train nowhere.yaml x -o {out} --lines {out}/lines.jsonl | nowhere.yaml
autoencoders train configs/brain32.yaml x -o {out} --lines {out}/lines.jsonl | brain32.yaml
autoencoders report nowhere.jsonl -o {out} | nowhere.jsonl
autoencoders report ones.npy -o {out} | ones.npy
"""
"""Programs with their words, then what the error names and the value it tells."""
MAINS: dict[str, Any] = {
    "init": lambda words: init(*words),
    "report": report,
    "study": study,
    "sweep": sweep,
    "autoencoders": autoencoders,
}
RESUMED = """
learning_rate=0.1 epochs=1 batches_per_epoch=1 latent_size=7 loss=l2 model=autoencoder_kl beta=0.5 batch_size=2 seed=9
features=[4,16] kernel_size=3 image_size=32 channels=3 blur=measured C=0.1 scale=2.0 percentile=90 orientation=RAS
min_brain=0.1 split_seed=4 determinant=exact run_name=other ~batch_size=2 ~gradient_clip=1.0 ~warmup_epochs=0
"""
"""Settings that a resumed run cannot change, or (~) may apply: never recorded falsely."""
IN_PROCESS = 40
"""One command in so many is tried as a process of its own, too."""


def _received(text: str) -> str:
    return "nan" if "'nan'" in text else "inf" if "'inf'" in text else text


def _setting(command: str, text: str, good: bool | None = False) -> Iterator[Case]:
    settings = dict(pair.split("=", 1) for pair in text.split(",") if "[" not in text and "=" in pair)
    settings = settings or dict([text.split("=", 1)])
    (name, value), *_ = settings.items()
    case = partial(Case, names=(name.rpartition("::")[2],), value=_received(value), good=good)
    label = f"{command} {text}"
    if good is False and value == "True" and name == "help":
        case = partial(Case, good=None)
    if value in {"nowhere", "nowhere.npy"} or name == "ckpt_path":
        case = partial(Case, names=(value, name))
    yield case(label, lambda own: run(command, own, **settings))
    if sum(map(ord, label)) % IN_PROCESS == 0:
        words = partial(command_line, command, **settings)
        yield (process := case(f"$ {label}", lambda own: in_process(words(own), process)))


def _settings() -> Iterator[Case]:
    for command, kinds in KINDS.items():
        for kind, names in kinds.items():
            for name in names.split():
                for value in VALUES[kind].split():
                    yield from _setting(command, f"{name}={value}")
    for lines, good in ((FURTHER, False), (GOOD, True)):
        command = ""
        for word in lines.split():
            command = word if "=" not in word else command
            if "=" in word:
                yield from _setting(command, word, good)


def _files() -> Iterator[Case]:
    def volume(command: str, name: str, own: Path) -> object:
        path = files.write_volume(name, own)
        if command == "read_volume":
            return monai_blurvae.data.read_volume(path)
        return run(command, own, dataset_dir=str(path if command == "inference" else files.as_dataset(path)))

    def scan(setting: str, name: str, own: Path) -> object:
        path = files.write_scan(name, own)
        if setting == "read_kspace":
            return monai_blurvae.mri.read_kspace(path)
        return run("reconstruct", own, **{setting: str(path)})

    def weights(command: str, name: str, own: Path) -> object:
        path = files.write_weights(name, own)
        if command == "load_pretrained":
            return monai_blurvae.workflow.load_pretrained(path)
        return run(command, own, ckpt_path=str(path))

    def case(what: Any, command: str, name: str, good: bool | None, told: tuple[str, ...]) -> Case:
        return Case(f"{command} of {name}", partial(what, command, name), (*told, name.split()[0]), good=good)

    for name, (good, _) in files.VOLUMES.items():
        for command in (
            "read_volume",
            "inference",
            *(() if name in files.UNSEEN else ("training", "anomaly")),
        ):
            yield case(volume, command, name, good, (files.file_name(name, ".nii.gz"),))
    for name, (good, _) in files.SCANS.items():
        for setting in ("read_kspace", "kspace"):
            yield case(scan, setting, name, good, (files.file_name(name, ".npy"),))
    for name, _ in files.ARRAYS.items():
        for setting in ("mask", "coil_maps", "noise", "reference", "brain_mask"):
            yield case(scan, setting, name, False, (setting, files.file_name(name, ".npy")))
    for name, (good, _) in files.WEIGHTS.items():
        for command in ("load_pretrained", "inference", "reconstruct", "anomaly", "evaluating"):
            yield case(weights, command, name, good, ("model.pt", "settings.json", "environment.json"))


def _damaged() -> Iterator[Case]:
    def told(name: str, damage: str, own: Path) -> str:
        files.damaged_run("metrics.csv", "missing", own / "all" / "other")
        files.damaged_run(name, damage, own / "all" / "broken")
        report([str(own / "all"), "-o", str(own / "out")])
        page = (own / "out" / "report.md").read_text(encoding="utf-8")
        return ACCEPTED if "broken" in page else f"{SILENT}: the report does not name the run"

    def resumed(name: str, damage: str, own: Path) -> None:
        folder = str(files.damaged_run(name, damage, own / "broken"))
        run("training", own, config=["runs/done/config.json"], resume=folder, epochs=3)

    def changed(name: str, value: str, own: Path) -> object:
        folder = files.damaged_run("metrics.csv", "missing", own / "broken")
        run(
            "training",
            own,
            config=["runs/done/config.json"],
            resume=str(folder),
            **{"epochs": 3, name: value},
        )
        saved = torch.load(folder / "checkpoint.pt", weights_only=True)["optimizer"]["param_groups"][0]["lr"]
        told = json.loads((folder / "config_resumed1.json").read_text(encoding="utf-8"))["learning_rate"]
        return f"{SILENT}: recorded is a learning rate of {told}, used is {saved}" if saved != told else None

    for name in files.RECORDS:
        for damage in files.DAMAGES:
            yield Case(f"report with {name} {damage}", partial(told, name, damage), good=True)
            good = False if name == "checkpoint.pt" else None
            yield Case(
                f"resume with {name} {damage}", partial(resumed, name, damage), (Path(name).name,), good=good
            )
    for pair in RESUMED.split():
        name, value = pair.lstrip("~").split("=")
        good = None if pair.startswith("~") or name == "learning_rate" else False
        yield Case(f"resume {pair}", partial(changed, name, value), (name,), value, good=good)


def _programs() -> Iterator[Case]:
    def go(words: list[str], own: Path) -> object:
        done = MAINS[words[0]]([word.format(out=own / "out") for word in words[1:]])
        return "raw traceback: it ended with an exit code and said nothing" if done == 1 else done

    for line in PROGRAMS.strip().splitlines():
        words, told = line.split(" | ")
        names = tuple(part.strip() for part in told.split(",") if "{" not in part)
        yield Case(words, partial(go, words.split()), names[:1], names[1] if len(names) > 1 else "")


def _python() -> Iterator[Case]:
    space = {"torch": torch, "np": np, "math": math, "nan": math.nan, "inf": math.inf, "Path": Path}
    space |= {name: getattr(monai_blurvae, name) for name in monai_blurvae.ROOMS}

    def call(code: str, own: Path) -> object:
        exec(files.PRELUDE, space)
        return eval(code, space)

    for line in CALLS.strip().splitlines():
        code, _, values = line.partition(" ?? ")
        named = code.split("=?")[0].split("(")[-1].split(",")[-1].strip() if "=?" in code else values
        for value in values.split() if "=?" in code else [""]:
            filled = code.replace("=?", f"={value}")
            yield Case(filled, partial(call, filled), (named.strip(),), value if "(" not in value else "")


def cases(seed: int = 0) -> Iterator[Case]:
    """Give every case of this part."""
    for make in (_settings, _files, _damaged, _programs, _python):
        yield from make()
