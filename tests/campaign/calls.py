"""Calls of the Python interface that must be refused: CODE with NAME=?, then the values; or CODE, then the name."""

CALLS = """
losses.WienerBlurLoss(C=?) ?? -1 nan inf 'x' None
losses.WienerBlurLoss(blur=?) ?? 'x' 3 None
losses.WienerBlurLoss(determinant=?) ?? 'x' 3 None
losses.WienerBlurLoss(epsilon=?) ?? -1 nan 'x'
losses.WienerBlurLoss(scale=?) ?? 0 -1 nan 'x' None
losses.WienerBlurLoss(floor=?) ?? -1 nan 'x'
losses.WienerBlurLoss(reduction=?) ?? 'x' 3
losses.L2Loss(scale=?) ?? 0 -1 nan inf 'x' []
losses.L1Loss(scale=?) ?? 0 -1 nan 'x'
losses.L1MeanLoss(reduction=?) ?? 'x' 3
losses.RobustLoss(shape=?) ?? -1 nan 'x' inf
losses.RobustLoss(scale=?) ?? 0 -1 nan 'x'
losses.SSIMLoss(spatial_dims=?) ?? 0 4 1.5 'x'
losses.FocalFrequencyLoss(alpha=?) ?? -1 nan 'x' inf
losses.SpectralLoss(knots=?) ?? 0 -1 1.5 'x' nan
losses.SpectralLoss(tempering=?) ?? -1 nan 'x' 2
losses.SpectralLoss(max_ratio=?) ?? 0 -1 nan 'x'
losses.SpectralLoss(momentum=?) ?? -1 2 nan 'x'
losses.NegativeELBO(l2, beta=?) ?? -1 nan inf 'x'
losses.NegativeELBO(loss=?) ?? 3 'x' None
losses.make_loss({"name": "x"}) ?? name
losses.make_loss({"nam": "l2"}) ?? nam
losses.make_loss({"name": "l2", "channels": 0}) ?? channels
losses.make_loss({"name": "l2", "spatial_dims": 4}) ?? spatial_dims
losses.make_loss({"name": "wiener_blur", "C": nan}) ?? C
losses.make_loss(settings=?) ?? 3 'x' None []
losses.L2Loss()(x, x[:, :, :8]) ?? input
losses.L2Loss()(x[:0], x[:0]) ?? input
losses.L2Loss()(x.int(), x.int()) ?? input
losses.WienerBlurLoss()(x[:0], x[:0]) ?? input
losses.WienerBlurLoss("network")(x, x) ?? kernel
losses.SSIMLoss()(x[..., :3, :3], x[..., :3, :3]) ?? input
losses.check_same_shape(x, x[0]) ?? input
losses.negative_elbo(torch.ones(2), torch.ones(2), beta=?) ?? -1 nan
blur.FixedBlur(kernel=?) ?? 3 torch.ones(2,2) torch.zeros(3,3) torch.full((3,3),nan)
blur.FixedBlur.gaussian(variance=?, kernel_size=(5, 5)) ?? 0 -1 nan 'x'
blur.FixedBlur.gaussian(2.0, kernel_size=?) ?? (4,4) (0,0) (-1,3) 'x'
blur.LeastSquaresBlur(kernel_size=?) ?? 0 4 -1 'x' 1.5
blur.LeastSquaresBlur(ridge=?) ?? -1 nan 'x'
blur.MeasuredBlur(rings=?) ?? 0 -1 1.5 'x' nan
blur.MeasuredBlur(decay=?) ?? -0.1 1.5 nan 'x'
blur.MeasuredBlur(start=?) ?? -1 0 1.5 'x'
blur.MeasuredBlur(spacing=?) ?? (0,1) (-1,1) (nan,1) 'x' 3
blur.NetworkBlur(fit=?) ?? 'x' 3
functional.gaussian_kernel(variance=?, size=(5, 5)) ?? 0 -1 nan inf 'x'
functional.gaussian_kernel(2.0, size=?) ?? (4,4) (0,0) () 'x' (-3,3)
functional.delta_kernel(size=?) ?? (4,4) (0,) () 'x'
functional.wiener_power(K, C=?) ?? -1 nan 'x'
functional.wiener_power(K, 0.1, floor=?) ?? -1 nan 'x'
functional.weighted_error(x, x, kernel, C=?) ?? -1 nan 'x'
functional.half_log_determinant(K, 0.1, (16, 16), 1, form=?) ?? 'x' 3
functional.optimal_scale(torch.tensor(1.0), dimensions=?, exponent=2) ?? 0 -1 'x'
functional.negative_log_likelihood(torch.ones(2), torch.zeros(2), 4, scale=?, exponent=2) ?? 0 -1 nan
functional.radial_power(x, bins=?) ?? 0 -1 1.5 'x'
functional.fourier_ring_correlation(x, x, bins=?) ?? 0 -1 1.5 'x'
functional.ring_basis((16, 16), rings=?) ?? 0 -1 1.5 'x'
functional.radial_basis((16, 16), knots=?) ?? 0 -1 1.5 'x'
functional.high_frequency_power(x, cutoff=?) ?? -1 nan 'x' 9
functional.half_spectrum(x, spatial_dims=?) ?? 0 -1 9 'x'
functional.least_squares_kernel(x, x, kernel_size=?) ?? (4,4) (0,0) 'x' (99,99)
functional.focal_weights(K[None], alpha=?) ?? -1 nan 'x'
functional.squared_mmd(x[:, 0, 0], x[:, 0, 0], bandwidth=?) ?? 0 -1 nan
functional.bits_per_dimension(torch.ones(2), dimensions=?) ?? 0 -1
functional.blur_error(x, x, kernel[..., :4]) ?? kernel
networks.make_model({"kind": "x"}) ?? kind
networks.make_model({"image_size": 0}) ?? image_size
networks.make_model({"features": []}) ?? features
networks.make_model({"latent_size": nan}) ?? latent_size
networks.make_model(settings=?) ?? 3 'x' None
networks.Encoder(image_size=?, features=[4], latent_size=2) ?? 0 -1 7 1.5 'x'
networks.Encoder(16, features=?, latent_size=2) ?? [] [0] [-4] 4 'x' None
networks.Encoder(16, [4], latent_size=?) ?? 0 -1 1.5 'x'
networks.Encoder(16, [4], 2, spatial_dims=?) ?? 0 4 1.5 'x'
networks.Encoder(16, [4], 2, channels=?) ?? 0 -1 1.5 'x'
networks.Encoder(16, [4], 2, hidden_size=?) ?? 0 -1 1.5 'x'
networks.Decoder(image_size=?, features=[4], latent_size=2) ?? 0 -1 7 'x'
networks.Decoder(16, features=?, latent_size=2) ?? [] [0] 4 'x'
networks.Decoder(16, [4], 2, upsampling=?) ?? 'x' 3
networks.KernelNet(2, kernel_size=?) ?? (4,4) (0,0) 3 'x'
networks.KernelNet(latent_size=?, kernel_size=(3, 3)) ?? 0 -1 'x'
networks.KernelNet(2, (3, 3), hidden_size=?) ?? 0 -1 'x'
networks.PixelScale(channels=?) ?? 0 -1 1.5 'x'
networks.PixelScale(features=?) ?? 0 -1 1.5 'x'
networks.architecture_1_features(image_size=?) ?? 0 -1 63 'x'
networks.with_kernel_net(model, kernel_size=?) ?? 0 4 -1 'x'
networks.load_weights(model, source=?) ?? 3 None 'nowhere.pt' {}
model.sample(n=?) ?? 0 -1 1.5 'x'
model.encode(x[..., :8]) ?? x
model.decode(torch.zeros(2, 99)) ?? z
metrics.MaximumMeanDiscrepancy(images=?) ?? 0 1 -1 1.5 'x'
metrics.ssim(spatial_dims=?) ?? 0 4 'x'
metrics.evaluation_metrics(channels=?) ?? 0 -1 'x'
metrics.evaluation_metrics(spatial_dims=?) ?? 0 4 'x'
data.Preprocessing(orientation=?) ?? 'XYZ' 'PLL' 'PL' 3 None
data.Preprocessing(spacing=?) ?? (1,1) (0,1,1) (nan,1,1) 'xyz' 3
data.Preprocessing(percentile=?) ?? 0 101 -1 nan 'x'
data.Preprocessing(min_size=?) ?? (0,4) (4,) 'x' 4 (4.5,4)
data.Preprocessing(margin=?) ?? -1 1.5 'x' nan
data.VolumeCache(paths=?) ?? [] 3 ['nowhere.nii'] None
data.VolumeCache(["plain.nii"], processes=?) ?? -1 1.5 'x'
data.PatchDataset(volumes, batch_size=?, patch_size=(8, 8)) ?? 0 -1 1.5 'x'
data.PatchDataset(volumes, batch_size=2, patch_size=?) ?? (0,8) (999,999) 8 (8,) 'x'
data.PatchDataset(volumes, batch_size=2, patch_size=(8, 8), min_brain=?) ?? -1 2 nan 'x'
data.make_patch_loader(patches, batches_per_epoch=?) ?? 0 -1 1.5 'x'
data.make_patch_loader(patches, 2, num_workers=?) ?? -1 1.5 'x'
data.find_subjects(dataset_dir=?) ?? 'nowhere' 'ones.npy' None 3
data.find_subjects("data", held_out=?) ?? 0 1 -1 nan 'x'
data.find_volumes("nowhere") ?? nowhere
data.find_images("nowhere") ?? nowhere
data.read_volume("nowhere.nii") ?? nowhere.nii
data.read_volume(path=?) ?? 3 None 'data'
data.brain_percentile(x, percentile=?) ?? -1 101 nan 'x'
data.brain_percentile(x * 0, 99) ?? brain
data.CentreSquare(image_size=?) ?? 0 -1 1.5 'x'
data.CentreSquare(channels=?) ?? 0 2 -1 'x'
data.to_signed_range(x, 0.0) ?? p
training.choose_device(device=?) ?? 'cuda:99' 'cup' 3 None
training.choose_amp(amp=?, device=torch.device('cpu')) ?? 'x' 3 None
training.Objective(model, l2, beta=?) ?? -1 nan 'x'
training.Objective(model, l2, warmup_epochs=?) ?? -1 1.5 'x'
training.AdversarySettings(2, 1, weight=?) ?? 0 -1 nan 'x'
training.AdversarySettings(2, 1, start=?) ?? -1 1.5 'x'
training.AdversarySettings(spatial_dims=?, channels=1) ?? 0 4 'x'
training.fit_scale(model, l2, []) ?? loader
mri.CartesianEncoding(mask=?) ?? 3 torch.zeros(4,4) torch.full((4,4),nan) torch.ones(4)
mri.CartesianEncoding(torch.ones(4, 4), coil_maps=?) ?? 3 torch.ones(4,4) torch.ones(2,3,3)
mri.CGSense(weight=?) ?? -1 nan inf 'x'
mri.CGSense(iterations=?) ?? -1 1.5 'x' nan
mri.CGSense(tolerance=?) ?? -1 nan 'x'
mri.L1Wavelet(weight=?) ?? -1 nan 'x'
mri.L1Wavelet(iterations=?) ?? -1 1.5 'x'
mri.L1Wavelet(wavelet=?) ?? 'x' 3
mri.TotalVariation(weight=?) ?? -1 nan 'x'
mri.TotalVariation(inner_iterations=?) ?? 0 -1 1.5 'x'
mri.TotalVariation(phase_width=?) ?? 0 -1 nan 'x'
mri.ZeroFilled(iterations=?) ?? 5 'x'
mri.CGSense().reconstruct(y[:0], mri.CartesianEncoding(torch.ones(16, 16))) ?? y
mri.CGSense().reconstruct(y, mri.CartesianEncoding(torch.ones(8, 8))) ?? y
mri.CGSense().reconstruct(y.real, mri.CartesianEncoding(torch.ones(16, 16))) ?? y
mri.poisson_disc((16, 16), acceleration=?) ?? 0 0.5 -1 nan 'x'
mri.poisson_disc(size=?, acceleration=2) ?? (0,16) 16 'x' (-1,16)
mri.uniform_lines((16, 16), acceleration=?) ?? 0 0.5 -1 nan 'x'
mri.uniform_lines((16, 16), 2, centre_lines=?) ?? -1 99 1.5 'x'
mri.variable_density_lines((16, 16), acceleration=?) ?? 0 0.5 -1 nan 'x'
mri.variable_density_lines((16, 16), 2, power=?) ?? -1 nan 'x'
mri.hold_back(torch.ones(1, 1, 16, 16), share=?) ?? -0.1 1 1.5 nan 'x'
mri.espirit_maps(y, calibration_width=?) ?? 0 -1 1 99 'x'
mri.espirit_maps(y, kernel_width=?) ?? 0 -1 99 'x'
mri.compression_matrix(y, coils=?) ?? 0 -1 9 1.5 'x'
mri.simulated_coil_maps(coils=?, size=(8, 8)) ?? 0 -1 1.5 'x'
mri.noise_covariance(torch.zeros(2, 10, dtype=torch.complex64)) ?? noise
mri.noise_covariance(torch.ones(10)) ?? noise
mri.prewhiten(y, torch.zeros(2, 2)) ?? covariance
mri.complex_noise(y, std=?) ?? -1 nan 'x'
mri.remove_readout_oversampling(y, size=?) ?? 0 -1 99 1.5 'x'
mri.smooth_phase(y[:, :1], width=?) ?? 0 -1 nan 'x'
mri.synthetic_phase((8, 8), cycles=?) ?? -1 1.5 'x'
mri.nrmse(y, y * 0) ?? x
mri.acceleration(torch.zeros(4, 4)) ?? mask
mri.read_kspace("nowhere.npy") ?? nowhere.npy
mri.read_kspace("kspace.npy", slices=?) ?? [9] [-1] [] 'x' [0.5]
priors.VAEPrior(model, l2, samples=?) ?? 0 -1 1.5 'x'
priors.VAEPrior(model, l2, energy=?) ?? 'x' 3
priors.VAEPrior(model, l2, beta=?) ?? -1 nan 'x'
priors.VAEPrior(model, loss=?) ?? 3 None losses.SSIMLoss()
priors.SliceSettings(stride=?) ?? (0,1) (-1,1) 3 'x'
priors.SliceSettings(padding=?) ?? 'x' 3
priors.SliceSettings(phase_precision=?) ?? -1 nan 'x'
priors.SliceSettings(phase_width=?) ?? 0 -1 nan 'x'
priors.SliceSettings(percentile=?) ?? 0 101 nan 'x'
priors.SliceSettings(chunk=?) ?? 0 -1 1.5 'x'
priors.JointMAP(prior, weight=?) ?? -1 nan inf 'x'
priors.JointMAP(prior, iterations=?) ?? -1 1.5 'x'
priors.JointMAP(prior, learning_rate=?) ?? 0 -1 nan 'x'
priors.JointMAP(prior, cg_iterations=?) ?? 0 -1 1.5 'x'
priors.JointMAP(prior, tolerance=?) ?? -1 nan 'x'
priors.AlternatingMAP(prior, coupling=?) ?? 0 -1 nan 'x'
priors.AlternatingMAP(prior, prior_steps=?) ?? 0 -1 1.5 'x'
priors.make_solver(method=?) ?? 'x' 3 None
priors.make_solver("cg_sense", foo=1) ?? foo
priors.make_solver("joint") ?? prior
priors.find_solver(method=?) ?? 'x' 3 None
priors.IntensityRange(scale=?) ?? 0 -1 nan 'x'
priors.PatchTiling(patch_size=?) ?? (0,8) (-8,8) 8 'x' ()
priors.PatchTiling((8, 8), stride=?) ?? (0,8) (9,9) 8 'x'
priors.PatchTiling((8, 8), padding=?) ?? 'x' 3
priors.PatchStrangeness(prior, overlap=?) ?? -0.1 1 nan 'x'
priors.PatchStrangeness(prior, smoothing=?) ?? -1 nan 'x'
priors.PatchStrangeness(prior, chunk=?) ?? 0 -1 'x'
priors.mean_of_highest(x[:, 0, 0], share=?) ?? 0 -1 1.5 nan
priors.ComplexPrior(prior, priors.IntensityRange(1.0), mode=?) ?? 'x' 3
prior.log_prob(x[:0]) ?? x
prior.log_prob(x[..., :8]) ?? x
prior.sample(n=?) ?? 0 -1 'x'
prior.denoise(x, std=?) ?? 0 -1 nan
inference.SliceTileInferer(tile_size=?) ?? 0 -1 'x'
inference.SliceTileInferer(16, overlap=?) ?? -0.1 1 nan 'x'
inference.SliceTileInferer(16, batch_size=?) ?? 0 -1 1.5 'x'
inference.BrainIntensityd("image", percentile=?) ?? 0 101 nan 'x'
inference.Acquisitions(kspace=?) ?? None 3 'nowhere.npy' 'data'
inference.Undersample(acceleration=?) ?? 0 -1 nan 'x'
inference.Undersample(2, mask_type=?) ?? 'x' 3
inference.HoldBack(share=?) ?? -0.1 1 nan 'x'
inference.NoiseLevel(std=?) ?? -1 nan 'x'
inference.CompressCoils(coils=?) ?? 0 -1 1.5 'x'
inference.EstimateMaps(calibration=?) ?? 0 -1 1.5 'x'
inference.RemoveOversampling(size=?) ?? 0 -1 1.5 'x'
inference.ApplyMask(phase_encoding_axis=?, path=None) ?? 0 2 'x'
inference.volume_items(source=?) ?? 'nowhere' 'ones.npy' 3
inference.write_samples(model, "samples.png", n=?) ?? 0 -1 'x'
workflow.load_pretrained(path=?) ?? 'nowhere' 'data' 'ones.npy' 3 None
workflow.load_prior(weights=?) ?? 'nowhere.pt' 'ones.npy' None
workflow.load_prior("runs/done/model.pt", orientation=?) ?? 'XYZ' 'PLL' 3
workflow.load_prior("runs/done/model.pt", spacing=?) ?? (0,1) (-1,1) (nan,1) 'x' (1,1,1,1)
workflow.load_prior("runs/done/model.pt", energy=?) ?? 'x' 3
workflow.load_prior("runs/done/model.pt", samples=?) ?? 0 -1 1.5
workflow.load_prior("runs/done/model.pt", device=?) ?? 'cup' 'cuda:99'
workflow.settings_from(values=?) ?? 3 None [] {'x':1} {'beta':nan} {'beta':-1}
workflow.ImageSettings(spacing=?) ?? (1,1) (0,1,1) 'xyz'
workflow.ImageSettings(min_brain=?) ?? -1 2 nan 'x'
workflow.seed_everything(seed=?) ?? -1 1.5 'x'
workflow.save_pretrained("saved", 3, None) ?? network
"""
