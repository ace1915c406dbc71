"""
From an ISMRMRD file to an image
================================

Scanners' raw data is exchanged as ISMRMRD: a header and one record for each readout, in the order in which
they were measured. ``read_kspace`` sorts the readouts of 2D Cartesian scans into slices. It leaves out noise
and removes the readout's oversampling. BART's ``.cfl`` files, fastMRI's and NumPy's are read by the same
line, and by ``blurvae reconstruct --kspace FILE``.

A brain slice is measured with 8 coils, a fifth of the lines and noise, written by the package ``ismrmrd``,
and read back. It needs the extra ``mri`` and, without ``--data``, ``demo``.
"""

# %% [markdown]
# Data: the middle slice of a brain. ``--data DIR`` takes a folder of skull-stripped NIfTI volumes; without
# it, five digital brains are made once.

# %%
import ismrmrd
import numpy as np
from scan import compare, released_prior, simulate
from shared import command_line

from monai_blurvae.mri import (
    CartesianEncoding,
    TotalVariation,
    ZeroFilled,
    espirit_maps,
    read_kspace,
    sampled_mask,
)
from monai_blurvae.priors import Mixture

arguments = command_line("ismrmrd_file", steps=12).parse_args()
loaded = released_prior()
scan = simulate(arguments.data, loaded)
rows, columns = scan.mask.shape

# %% [markdown]
# The file: matrix and field of view in the header; a readout of noise, which is left out; and the lines that
# were sampled, in a random order.

# %%
SPACE = "<matrixSize><x>{0}</x><y>{1}</y><z>1</z></matrixSize><fieldOfView_mm><x>{0}</x><y>{1}</y><z>1</z>"
SPACE = f"{SPACE}</fieldOfView_mm>".format(rows, columns)
HEADER = f"""<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding>
<encodedSpace>{SPACE}</encodedSpace><reconSpace>{SPACE}</reconSpace>
<encodingLimits><kspace_encoding_step_1><minimum>0</minimum><maximum>{columns - 1}</maximum>
<center>{columns // 2}</center></kspace_encoding_step_1></encodingLimits>
<trajectory>cartesian</trajectory></encoding></ismrmrdHeader>"""
arguments.output.parent.mkdir(parents=True, exist_ok=True)
path = arguments.output.with_suffix(".mrd")
with ismrmrd.Dataset(path, mode="w") as file:
    file.write_xml_header(HEADER.encode())
    noise = ismrmrd.Acquisition.from_array(np.ones((8, 64), dtype=np.complex64))
    noise.set_flag(ismrmrd.ACQ_IS_NOISE_MEASUREMENT)
    file.append_acquisition(noise)
    for step in np.random.default_rng(0).permutation(np.flatnonzero(scan.mask[0])):
        line = np.ascontiguousarray(scan.kspace[0, :, :, step].numpy())
        readout = ismrmrd.Acquisition.from_array(line, center_sample=rows // 2)
        readout.idx.kspace_encode_step_1 = int(step)
        file.append_acquisition(readout)

# %% [markdown]
# The file is read, and coil maps are estimated from its fully sampled centre.

# %%
y = read_kspace(path)  # (slices, coils, H, W)
encoding = CartesianEncoding(sampled_mask(y), espirit_maps(y, calibration_width=16))

# %% [markdown]
# The default of ``blurvae reconstruct``: total variation, wavelets and the prior, mixed by the shares that
# predict samples best that none of them saw.

# %%
found = Mixture(loaded.prior, loaded.slices, iterations=arguments.steps).reconstruct(y, encoding)
print(f"Share of the prior: {found.prior_share.item():.2f}")

# %% [markdown]
# The picture, with the errors below. Where the coils see nothing, maps and images are zero.

# %%
images = {
    "zero-filled": ZeroFilled().reconstruct(y, encoding).image,
    "total variation": TotalVariation().reconstruct(y, encoding).image,
    "mixture": found.image,
}
compare(scan.image, images, arguments.output, "An ISMRMRD file: a fifth of the lines, 8 coils")
