"""From a k-space file to images, step by step.

`bundle/configs/reconstruct.json` lists the steps; slices take them one after the other.

1. Read a slice of the file (`acquisition`, `mri.kspace_file`).
2. Choose the samples that the reconstruction sees (`sampling_steps`): `ApplyMask`, `RemoveOversampling` along
   the readout, `Undersample`.
3. Prepare the coils (`coil_steps`): `GivenMaps` from a file, `Prewhiten`, `CompressCoils`, `NoiseLevel`.
4. Hold samples back, to judge the result by them (`sampling_steps`: `HoldBack`).
5. Estimate coil maps where none are given (`coil_steps`: `EstimateMaps`).
6. Turn the slice to the orientation of the prior (`scan_geometry`) and take its brain mask (`slice_files`).
7. Reconstruct it, and draw from the posterior for standard deviations (`reconstruct_slices`; the solvers are
   in `priors.solvers` and `mri`).
8. Turn the image back, and write NIfTI volumes, the picture and the numbers of all slices
   (`reconstruction_files`, `comparison_figure`, `quality`).
"""
