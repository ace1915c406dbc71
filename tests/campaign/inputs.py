"""Bad inputs of every command and of the Python interface: each must end in one clear error.

Add a case by a word in `cases/settings.txt`, a line in `calls.txt` or `programs.txt`, a file in `files.py`.
"""

import json
import math
from configparser import ConfigParser
from functools import partial
from pathlib import Path

import numpy as np
import torch

import monai_blurvae
from experiments.autoencoders.__main__ import main as autoencoders
from experiments.report.__main__ import main as report
from experiments.study.__main__ import main as study
from experiments.sweep.__main__ import main as sweep
from monai_blurvae.workflow.init import init
from tests.campaign import files
from tests.campaign.attempt import ACCEPTED, RAW, SILENT, Case, in_process
from tests.campaign.material import command_line, run

CASES = Path(__file__).with_name("cases")
IN_PROCESS = 40
"""One command in so many is tried as a process of its own, too."""
PRELUDE = """
x = torch.rand(2, 1, 16, 16) * 2 - 1
K = torch.ones(1, 16, 9, dtype=torch.complex64)
y = torch.ones(1, 2, 16, 16, dtype=torch.complex64)
kernel = torch.ones(2, 3, 3) / 9
l2 = losses.L2Loss()
volumes = [np.full((4, 16, 16), 200, np.uint8)]
patches = data.PatchDataset(volumes, batch_size=2, patch_size=(8, 8))
loaded = workflow.load_pretrained("runs/done/model.pt")
model = loaded.network
prior = priors.VAEPrior(model, loaded.loss)
"""
"""What the lines of `calls.txt` use."""
MAINS = {
    "init": lambda words: init(*words),
    "report": report,
    "study": study,
    "sweep": sweep,
    "autoencoders": autoencoders,
}


def _lines(name):
    return [line for line in (CASES / name).read_text(encoding="utf-8").splitlines() if line[:1] not in "# "]


def _command(command, settings, own):
    if command == "fitting" and "ckpt_path" not in settings:  # it writes beside the weights
        settings = {**settings, "ckpt_path": str(files.write_weights("good", own))}
    return run(command, own, **settings)


def _setting(command, text, good=False):
    settings = dict(pair.split("=", 1) for pair in ([text] if "[" in text else text.split(",")))
    (name, value), *_ = settings.items()
    told = "nan" if "'nan'" in value else "inf" if "'inf'" in value else value
    is_file = Path(value).stem in {"nowhere", "ones", "maps", "kspace", "data"}
    names, told = ((value, name), "") if is_file else ((name.rpartition("::")[2],), told)
    case = Case(f"{command} {text}", lambda own: _command(command, settings, own), names, told, good)
    yield case
    if sum(map(ord, case.name)) % IN_PROCESS == 0 and command != "fitting":
        words = partial(command_line, command, **settings)
        yield Case(f"$ {case.name}", lambda own: in_process(words(own), case), good=good, timeout=180)


def _settings():
    parser = ConfigParser(delimiters=(":",), interpolation=None)
    parser.optionxform = str
    parser.read(CASES / "settings.txt", encoding="utf-8")
    values = parser["values"]
    for command in parser.sections()[1:]:
        for kind, words in parser[command].items():
            for word in words.split():
                if command == "resume":
                    yield _resume(word, None if kind == "applied" or "learning_rate" in word else False)
                elif kind in {"further", "good"}:
                    yield from _setting(command, word, kind == "good")
                else:
                    for value in values[kind].split():
                        yield from _setting(command, f"{word}={value}")


def _resume(pair, good):
    def changed(own):
        folder = files.damaged_run("metrics.csv", "missing", own / "broken")
        settings = {"epochs": 3, **dict([pair.split("=")])}
        run("training", own, config=["runs/done/config.json"], resume=str(folder), **settings)
        used = torch.load(folder / "checkpoint.pt", weights_only=True)["optimizer"]["param_groups"][0]["lr"]
        told = json.loads((folder / "config_resumed1.json").read_text(encoding="utf-8"))["learning_rate"]
        return f"{SILENT}: recorded is a learning rate of {told}, used is {used}" if used != told else None

    name, value = pair.split("=")
    return Case(f"resume {pair}", changed, (name,), value, good)


def _files():
    def volume(command, name, own):
        path = files.write(name, files.VOLUMES, own)
        if command == "read_volume":
            return monai_blurvae.data.read_volume(path)
        return run(command, own, dataset_dir=str(path if command == "inference" else files.as_dataset(path)))

    def scan(setting, name, own):
        path = files.write(name, files.SCANS, own)
        return (
            monai_blurvae.mri.read_kspace(path)
            if setting == "read_kspace"
            else run("reconstruct", own, **{setting: str(path)})
        )

    def weights(command, name, own):
        path = files.write_weights(name, own)
        return (
            monai_blurvae.workflow.load_pretrained(path)
            if command == "load_pretrained"
            else run(command, own, ckpt_path=str(path))
        )

    beside = ("model.pt", "settings.json", "environment.json", "pixel_scale.pt", "latent_prior.pt")
    for what, made, commands, told in (
        (volume, files.VOLUMES, "read_volume inference training anomaly", ()),
        (scan, files.SCANS, "read_kspace kspace", ("kspace",)),
        (scan, files.ARRAYS, "mask coil_maps noise reference brain_mask", ()),
        (weights, files.WEIGHTS, "load_pretrained inference reconstruct anomaly evaluating", beside),
    ):
        for name, (good, _) in made.items():
            for command in commands.split():
                if name not in files.UNSEEN or command not in {"training", "anomaly"}:
                    yield Case(
                        f"{command} of {name}",
                        partial(what, command, name),
                        (*told, files.full(name, made), command),
                        good=good,
                    )


def _damaged():
    def told(name, damage, own):
        files.damaged_run("metrics.csv", "missing", own / "all" / "other")
        files.damaged_run(name, damage, own / "all" / "broken")
        report([str(own / "all"), "-o", str(own / "out")])
        page = (own / "out" / "report.md").read_text(encoding="utf-8")
        return ACCEPTED if "broken" in page else f"{SILENT}: the report does not name the run"

    def resumed(name, damage, own):
        folder = str(files.damaged_run(name, damage, own / "broken"))
        run("training", own, config=["runs/done/config.json"], resume=folder, epochs=3)

    for name in files.RECORDS:
        for damage in files.DAMAGES:
            yield Case(f"report with {name} {damage}", partial(told, name, damage), good=True)
            good, names = False if name == "checkpoint.pt" else None, (Path(name).name, "resume")
            yield Case(f"resume with {name} {damage}", partial(resumed, name, damage), names, good=good)


def _programs():
    def go(words, own):
        done = MAINS[words[0]]([word.format(out=own / "out") for word in words[1:]])
        return f"{RAW}: it ended with status 1" if done == 1 else done

    for line in _lines("programs.txt"):
        words, told = line.split(" | ")
        name, _, value = told.partition(", ")
        yield Case(words, partial(go, words.split()), () if "{" in name else (name,), value)


def _python():
    space = {"torch": torch, "np": np, "nan": math.nan, "inf": math.inf}
    space |= {name: getattr(monai_blurvae, name) for name in monai_blurvae.ROOMS}

    def call(code, _):
        exec(PRELUDE, space)
        return eval(code, space)

    for line in _lines("calls.txt"):
        code, _, values = line.partition(" ?? ")
        name = code.split("=?")[0].split("(")[-1].split(",")[-1].strip() if "=?" in code else values
        for value in values.split() if "=?" in code else [""]:
            filled = code.replace("=?", f"={value}")
            yield Case(
                filled,
                partial(call, filled),
                (name, value.strip("'")),
                "" if "(" in value else value,
                alone=False,
            )


def cases(seed):
    """Give every case of this part; the seed changes nothing."""
    for make in (_settings, _files, _damaged, _programs, _python):
        yield from make()
