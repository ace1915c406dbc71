# Copyright (c) MONAI Consortium
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#     http://www.apache.org/licenses/LICENSE-2.0
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

from __future__ import annotations

import math
import unittest

import numpy as np
import torch
from parameterized import parameterized

from monai.losses import WienerBlurLoss

# a delta kernel blurs nothing: all weights are 1 / (1 + C)^2
DELTA_2D = torch.ones(1, 1)
DELTA_3D = torch.ones(1, 1, 1)

TEST_CASES = [
    [  # shape: (2, 1, 4, 4), q = 16 / 4 per image
        {"blur": DELTA_2D, "wiener_constant": 1.0, "scale": 1.0},
        {"input": torch.zeros(2, 1, 4, 4), "target": torch.ones(2, 1, 4, 4)},
        8 * math.log(2 * math.pi) + 2,
    ],
    [  # the optimal scale: s^2 = 1 / 4
        {"blur": DELTA_2D, "wiener_constant": 1.0},
        {"input": torch.zeros(2, 1, 4, 4), "target": torch.ones(2, 1, 4, 4)},
        8 * math.log(2 * math.pi / 4) + 8,
    ],
    [
        {"blur": DELTA_2D, "wiener_constant": 1.0, "scale": 1.0, "reduction": "sum"},
        {"input": torch.zeros(2, 1, 4, 4), "target": torch.ones(2, 1, 4, 4)},
        16 * math.log(2 * math.pi) + 4,
    ],
    [  # shape: (2, 3, 4, 5), two images with different errors
        {"blur": DELTA_2D, "wiener_constant": 1.0, "scale": 0.5, "reduction": "none"},
        {
            "input": torch.zeros(2, 3, 4, 5),
            "target": torch.stack([torch.full((3, 4, 5), 1.0), torch.full((3, 4, 5), 2.0)]),
        },
        [30 * math.log(2 * math.pi / 4) + 30, 30 * math.log(2 * math.pi / 4) + 120],
    ],
    [  # shape: (1, 2, 4, 5, 6)
        {"blur": DELTA_3D, "wiener_constant": 1.0, "scale": 1.0},
        {"input": torch.zeros(1, 2, 4, 5, 6), "target": torch.ones(1, 2, 4, 5, 6)},
        120 * math.log(2 * math.pi) + 30,
    ],
    [  # |K|^2 = C everywhere: the largest weight, 1 / (4 * C)
        {"blur": torch.full((4, 3), 0.1, dtype=torch.complex64), "wiener_constant": 0.01, "scale": 1.0},
        {"input": torch.zeros(1, 1, 4, 4), "target": torch.ones(1, 1, 4, 4)},
        8 * math.log(2 * math.pi) + 8 * 25,
    ],
    [  # K = 0 everywhere: the floor
        {"blur": torch.zeros(4, 3, dtype=torch.complex64), "floor": 0.5, "scale": 1.0},
        {"input": torch.zeros(1, 1, 4, 4), "target": torch.ones(1, 1, 4, 4)},
        8 * math.log(2 * math.pi) + 4,
    ],
    [  # a perfect reconstruction is finite: s stops at 1e-6
        {"blur": DELTA_2D},
        {"input": torch.ones(1, 1, 4, 4), "target": torch.ones(1, 1, 4, 4)},
        8 * math.log(2 * math.pi * 1e-12),
    ],
]

TEST_CASES_SHAPES = [[(2, 1, 16, 15)], [(2, 3, 16, 15)], [(2, 1, 8, 9, 10)], [(2, 2, 8, 9, 10)]]

TEST_CASES_ARGUMENTS = [
    [{"blur": "unknown"}, "least_squares"],
    [{"kernel_size": 4}, "kernel_size"],
    [{"kernel_size": (3, 4)}, "kernel_size"],
    [{"wiener_constant": 0.0}, "wiener_constant"],
    [{"floor": -1.0}, "floor"],
    [{"scale": float("inf")}, "scale"],
    [{"reduction": "unknown"}, "unknown"],
]

TEST_CASES_BLURS = [
    [torch.ones(2, 2), "odd sizes"],
    [torch.ones(17, 17), "odd sizes"],
    [torch.ones(3), "dimensions"],
    [torch.ones(2, 2, 1, 3, 3), "dimensions"],
    [torch.ones(3, 3, 3), "must fit"],
    [torch.ones(2, 2, 3, 3), "must fit"],
    [torch.ones(16, 16, dtype=torch.complex64), "half spectrum"],
]


def convolve(image, kernel):
    """Circular convolution with a kernel whose center is in the middle, by its definition."""
    dims = tuple(range(2, image.ndim))
    result = torch.zeros_like(image)
    for index in np.ndindex(*kernel.shape):
        shift = tuple(i - k // 2 for i, k in zip(index, kernel.shape))
        result = result + kernel[index] * image.roll(shift, dims)
    return result


class TestWienerBlurLoss(unittest.TestCase):

    def setUp(self):
        torch.manual_seed(0)

    @parameterized.expand(TEST_CASES)
    def test_result(self, input_param, input_data, expected_val):
        result = WienerBlurLoss(**input_param)(**input_data)
        np.testing.assert_allclose(result.detach().cpu().numpy(), expected_val, rtol=1e-5)

    def test_weights_are_those_of_the_full_spectrum(self):
        kernel = torch.rand(3, 5)
        for size in [(8, 8), (7, 9), (6, 7)]:
            target, input = torch.randn(2, 1, 3, *size)
            error = np.abs(np.fft.fft2((target - input).numpy())) ** 2
            padded = np.zeros(size)
            padded[:3, :5] = kernel.numpy()
            power = np.abs(np.fft.fft2(padded)) ** 2
            weights = np.maximum(power / (power + 0.025) ** 2, 1 / 1.025**2)
            q = (weights * error).sum() / np.prod(size)
            expected = 3 * np.prod(size) / 2 * math.log(2 * math.pi) + q / 2
            result = WienerBlurLoss(kernel, scale=1.0)(input, target)
            np.testing.assert_allclose(result.item(), expected, rtol=1e-5)

    @parameterized.expand(TEST_CASES_SHAPES)
    def test_kernel_and_transfer_function_agree(self, shape):
        spatial_dims = len(shape) - 2
        kernel = torch.rand(3, 5, 3)[(0,) * (3 - spatial_dims)]
        # the transfer function of a kernel is what it does to an impulse
        impulse = torch.zeros(1, 1, *shape[2:])
        impulse[(0,) * impulse.ndim] = 1
        transfer = torch.fft.rfftn(convolve(impulse, kernel)[0, 0])
        target, input = torch.randn(2, *shape)
        expected = WienerBlurLoss(kernel)(input, target)
        for blur in (transfer, transfer.expand(2, *transfer.shape), kernel.expand(2, shape[1], *kernel.shape)):
            np.testing.assert_allclose(WienerBlurLoss(blur)(input, target).item(), expected.item(), rtol=1e-5)
            np.testing.assert_allclose(WienerBlurLoss()(input, target, blur).item(), expected.item(), rtol=1e-5)

    @parameterized.expand(TEST_CASES_SHAPES)
    def test_least_squares_finds_the_blur(self, shape):
        spatial_dims = len(shape) - 2
        kernel = torch.zeros((3,) * spatial_dims)
        kernel[(slice(1, None),) * spatial_dims] = 0.5**spatial_dims  # not symmetric
        target = torch.randn(*shape)
        input = convolve(target, kernel)
        found = WienerBlurLoss("least_squares", kernel_size=3, reduction="none")(input, target)
        given = WienerBlurLoss(kernel, reduction="none")(input, target)
        self.assertEqual(found.shape, (shape[0],))
        dimensions = target[0].numel()
        np.testing.assert_allclose(found.numpy() / dimensions, given.numpy() / dimensions, atol=0.01)

    def test_each_image_has_its_own_kernel(self):
        target, input = torch.randn(2, 3, 1, 16, 16)
        kernels = torch.rand(3, 5, 5)
        for blur in (kernels, "least_squares"):
            together = WienerBlurLoss(blur, kernel_size=3, scale=1.0, reduction="none")(input, target)
            for i in range(3):
                single = blur if blur == "least_squares" else blur[i]
                alone = WienerBlurLoss(single, kernel_size=3, scale=1.0)(input[i : i + 1], target[i : i + 1])
                np.testing.assert_allclose(together[i].item(), alone.item(), rtol=1e-5)

    def test_each_channel_can_have_its_own_kernel(self):
        target, input = torch.randn(2, 2, 3, 16, 16)
        kernels = torch.rand(1, 3, 5, 5)
        together = WienerBlurLoss(kernels, scale=1.0)(input, target)
        alone = [
            WienerBlurLoss(kernels[:, i : i + 1], scale=1.0)(input[:, i : i + 1], target[:, i : i + 1]).item()
            for i in range(3)
        ]
        np.testing.assert_allclose(together.item(), sum(alone), rtol=1e-5)

    def test_errors_of_damped_frequencies_have_larger_weights(self):
        n = torch.arange(16) * (2 * math.pi / 16)
        coarse, fine = (torch.cos(f * n).expand(1, 1, 16, 16) for f in (1, 4))
        zeros = torch.zeros_like(coarse)
        box = WienerBlurLoss(torch.full((3, 3), 1 / 9), scale=1.0)
        self.assertGreater(box(zeros, fine).item(), box(zeros, coarse).item())

    def test_gradient(self):
        target = torch.randn(2, 1, 8, 8, dtype=torch.float64)
        input = torch.randn(2, 1, 8, 8, dtype=torch.float64, requires_grad=True)
        loss = WienerBlurLoss(torch.rand(3, 3, dtype=torch.float64), scale=1.0)
        self.assertTrue(torch.autograd.gradcheck(lambda t: loss(t, target), (input,)))

    def test_gradient_is_finite(self):
        for start in (torch.zeros(2, 1, 16, 16), torch.ones(2, 1, 16, 16)):
            for target in (torch.zeros(2, 1, 16, 16), torch.randn(2, 1, 16, 16)):
                input = start.clone().requires_grad_()
                WienerBlurLoss()(input, target).backward()
                self.assertTrue(torch.isfinite(input.grad).all())

    def test_no_gradient_reaches_the_blur(self):
        input = torch.randn(1, 1, 8, 8, requires_grad=True)
        kernel = torch.rand(1, 3, 3, requires_grad=True)
        WienerBlurLoss()(input, torch.randn(1, 1, 8, 8), kernel).backward()
        self.assertIsNone(kernel.grad)
        self.assertGreater(input.grad.abs().sum().item(), 0)

    @parameterized.expand([[torch.bfloat16], [torch.float16]])
    def test_half_precision_is_computed_in_float32(self, dtype):
        device = "cuda" if torch.cuda.is_available() else "cpu"
        target, input = torch.randn(2, 2, 1, 16, 16, device=device).to(dtype)
        for blur in ("least_squares", torch.rand(3, 3)):
            loss = WienerBlurLoss(blur)
            expected = loss(input.float(), target.float())
            with torch.autocast(device, dtype=dtype):
                result = loss(input, target)
            self.assertEqual(result.dtype, torch.float32)
            np.testing.assert_allclose(result.item(), expected.item(), rtol=1e-6)

    def test_the_blur_is_not_part_of_the_state(self):
        self.assertEqual(WienerBlurLoss(torch.rand(3, 3)).state_dict(), {})

    @parameterized.expand(TEST_CASES_ARGUMENTS)
    def test_ill_arguments(self, input_param, message):
        with self.assertRaisesRegex(ValueError, message):
            WienerBlurLoss(**input_param)

    @parameterized.expand(TEST_CASES_BLURS)
    def test_ill_blurs(self, blur, message):
        images = torch.randn(2, 1, 16, 16)
        with self.assertRaisesRegex(ValueError, message):
            WienerBlurLoss(blur)(images, images)

    def test_ill_shapes(self):
        loss = WienerBlurLoss()
        with self.assertRaisesRegex(ValueError, "different shape"):
            loss(torch.ones(1, 1, 16, 16), torch.ones(1, 2, 16, 16))
        with self.assertRaisesRegex(ValueError, "3-d, 4-d or 5-d"):
            loss(torch.ones(16, 16), torch.ones(16, 16))
        with self.assertRaisesRegex(ValueError, "kernel_size"):
            loss(torch.ones(1, 1, 8, 8), torch.ones(1, 1, 8, 8))


if __name__ == "__main__":
    unittest.main()
