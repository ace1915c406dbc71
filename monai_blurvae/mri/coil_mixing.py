"""Linear combinations of coils: fewer virtual coils, or coils whose noise is white."""

import torch
from jaxtyping import Complex
from torch import Tensor


def mix_coils(matrix: Tensor, values: Tensor) -> Tensor:
    """Combine coils: values of new coil i are sum over j of matrix[i, j] values[j].

    K-space, noise scans and coil maps have to be mixed alike, so that y = M F S x stays true.

    Args:
        matrix: complex, (new, coils), or (B, new, coils).
        values: complex, (B, coils, ...).

    Returns:
        Mixed values, (B, new, ...).

    Raises:
        ValueError: If the numbers of coils differ.

    Example:
        >>> swap = torch.tensor([[0, 1], [1, 0]], dtype=torch.complex64)
        >>> mix_coils(swap, torch.tensor([[1j, 2]])[..., None]).flatten()
        tensor([2.+0.j, 0.+1.j])
    """
    if matrix.shape[-1] != values.shape[1]:
        raise ValueError(f"`values` must have {matrix.shape[-1]} coils as `matrix`, got {values.shape[1]}")
    mixed: Tensor = (matrix.to(values.dtype) @ values.flatten(2)).reshape(
        len(values), matrix.shape[-2], *values.shape[2:]
    )
    return mixed


def compression_matrix(y: Tensor, coils: int) -> Complex[Tensor, "B virtual coils"]:
    """Find the virtual coils that keep most of the k-space's energy: its first left singular vectors.

    The rows are orthonormal, so white noise stays white, and full compression (as many virtual coils as
    coils) is a rotation.

    Args:
        y: complex k-space, (B, coils, ...); prewhitened, if the coils' noise differs.
        coils: number of virtual coils, from 1 to the number of coils.

    Returns:
        U^H, for `mix_coils` of k-space and coil maps, one an image.

    Raises:
        ValueError: If the number of virtual coils is out of range.

    References:
        Buehrer, Pruessmann, Boesiger, Kozerke, Array compression for MRI with large coil arrays, Magnetic
        Resonance in Medicine 57, 2007.

    Example:
        >>> y = torch.tensor([[3j, 0, 4]])[..., None]  # one virtual coil sees it all
        >>> mix_coils(compression_matrix(y, 1), y).abs().item()
        5.0
    """
    if not 1 <= coils <= y.shape[1]:
        raise ValueError(f"`coils` must be from 1 to the number of coils, {y.shape[1]}, got {coils}")
    samples = y.flatten(2)
    _, vectors = torch.linalg.eigh(samples @ samples.mH)  # ascending eigenvalues
    matrix: Tensor = vectors.flip(-1)[..., :coils].mH
    return matrix
