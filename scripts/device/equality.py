"""The machine, and whether a step on it equals the CPU's."""

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from scripts.device import measures
from scripts.device.case import Case, Setting
from scripts.device.context import Available, Context, Findings
from scripts.device.results import table

TERM_TOLERANCE, GRADIENT_TOLERANCE = 1e-4, 1e-3
"""Largest relative difference of a term, and of the gradient's norm, from the float64 reference."""


class CheckError(Exception):
    """The project does not do what it should on this device."""


def machine(context: Context) -> Findings:
    """State the machine, and measure what bounds every step."""
    facts = measures.machine(context.device)
    facts |= measures.ceilings(context.device, 8192 if context.cuda else 512)
    rows = [[name, f"{value:.4g}" if isinstance(value, float) else value] for name, value in facts.items()]
    yield table(["machine", ""], rows), facts


def difference(values: dict[str, Tensor], reference: dict[str, Tensor]) -> float:
    """Norm of the difference of two sets of tensors, over the reference's norm."""
    pairs = [(values[name].cpu().double(), value.cpu().double()) for name, value in reference.items()]
    squares = sum(float((a - b).square().sum()) for a, b in pairs)
    return math.sqrt(squares / sum(float(b.square().sum()) for _, b in pairs))


def equality(context: Context) -> Findings:
    """Compare a step in float32 with the CPU's in float64, and two runs with each other, bit for bit.

    Args:
        context: where to check.

    Raises:
        CheckError: a difference exceeds its tolerance; raised after everything was compared.
    """
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    setting = replace(context.paper, batch=8)
    cpu = torch.device("cpu")
    available = Available()
    methods = tuple(available(lambda method: Case(method, setting, cpu)))
    devices = [cpu, context.device] if context.cuda else [cpu]
    rows, failed = [], []
    for method in methods:
        reference = _second_step(Case(method, setting, cpu, dtype=torch.float64), torch.float64)
        for device in devices:
            terms, gradients = _second_step(Case(method, setting, device), torch.float32)
            of_terms = max(
                float(abs(terms[name].cpu().double() - value) / (1 + abs(value)))
                for name, value in reference[0].items()
            )
            of_gradients = difference(gradients, reference[1])
            within = of_terms < TERM_TOLERANCE and of_gradients < GRADIENT_TOLERANCE
            if not within:
                failed.append(f"{method} on {device.type}")
            rows.append(
                [method, device.type, f"{of_terms:.1e}", f"{of_gradients:.1e}", "yes" if within else "NO"]
            )
    note = (
        f"{setting}, float32 (TF32 off), against the CPU in float64, from the same weights and noise."
        f" Tolerance: {TERM_TOLERANCE:g} of each term, {GRADIENT_TOLERANCE:g} of the gradient's norm."
    )
    columns = ["method", "device", "largest difference of a term", "of the gradient", "within tolerance"]
    yield f"{table(columns, rows)}\n\n{note}{available}", rows
    yield _two_runs(context, setting, methods)
    if failed:
        raise CheckError(f"not equal within tolerance: {', '.join(failed)}")


def _second_step(case: Case, dtype: torch.dtype) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Terms and gradients of a second batch: what is measured over batches has been measured then."""
    for seed in range(2):
        image, noise = (
            make(case.device, seed).to(dtype) for make in (case.setting.images, case.setting.noise)
        )
        terms, gradients = case.gradients(image, noise)
    return terms, gradients


def _two_runs(context: Context, setting: Setting, methods: tuple[str, ...]) -> tuple[str, Any]:
    """Compare the weights after five steps of two identical runs."""
    rows = []
    image = setting.images(context.device)
    for method in methods:
        for amp in (False, True):
            runs = []
            for _ in range(2):
                case = Case(method, setting, context.device, amp=amp)
                for _ in range(5):
                    case.step(image)
                runs.append({name: value.detach() for name, value in case.parameters().items()})
            equal = all(torch.equal(value, runs[1][name]) for name, value in runs[0].items())
            apart = "bit-equal" if equal else f"{difference(*runs):.1e} of their norm apart"
            rows.append([method, "bfloat16" if amp else "float32", apart])
    text = table(["method", "precision", "weights of two runs after five steps"], rows)
    return text, rows
