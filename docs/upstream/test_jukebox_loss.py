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

import unittest

import numpy as np
import torch
from parameterized import parameterized

from monai.losses import JukeboxLoss

TEST_CASES_GRADIENT = [
    [2, torch.zeros(1, 1, 8, 8)],  # every frequency is zero
    [2, torch.full((1, 1, 8, 8), 1e-25)],  # the squares are zero in float32
    [2, torch.ones(1, 1, 8, 8)],  # every frequency but one is zero
    [3, torch.zeros(1, 1, 4, 4, 4)],
]

TEST_CASES_CHANNELS = [[2, (2, 3, 8, 9)], [3, (2, 3, 4, 5, 6)]]


class TestJukeboxLoss(unittest.TestCase):

    @parameterized.expand(TEST_CASES_GRADIENT)
    def test_gradient_is_finite_where_the_amplitude_is_zero(self, spatial_dims, values):
        input = values.clone().requires_grad_()
        target = torch.rand(values.shape)
        JukeboxLoss(spatial_dims=spatial_dims)(input, target).backward()
        self.assertTrue(torch.isfinite(input.grad).all())

    def test_gradient_is_unchanged_elsewhere(self):
        torch.manual_seed(0)
        target = torch.rand(1, 1, 4, 5, dtype=torch.float64)
        input = torch.rand(1, 1, 4, 5, dtype=torch.float64, requires_grad=True)
        loss = JukeboxLoss(spatial_dims=2)
        self.assertTrue(torch.autograd.gradcheck(lambda t: loss(t, target), (input,)))

    @parameterized.expand(TEST_CASES_CHANNELS)
    def test_channels_are_transformed_one_by_one(self, spatial_dims, shape):
        torch.manual_seed(0)
        input, target = torch.rand(2, *shape)
        dims = tuple(range(2, 2 + spatial_dims))
        amplitudes = [np.abs(np.fft.fftn(images.numpy(), axes=dims, norm="ortho")) for images in (input, target)]
        expected = (amplitudes[0] - amplitudes[1]) ** 2
        result = JukeboxLoss(spatial_dims=spatial_dims, reduction="none")(input, target)
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-4, atol=1e-6)

    def test_signal_size_is_that_of_the_spatial_dimensions(self):
        loss = JukeboxLoss(spatial_dims=2, fft_signal_size=(4, 6), reduction="none")
        self.assertEqual(loss(torch.rand(2, 3, 8, 9), torch.rand(2, 3, 8, 9)).shape, (2, 3, 4, 6))


if __name__ == "__main__":
    unittest.main()
