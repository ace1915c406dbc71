"""The settings of each command: type, range, unit and meaning. Defaults stand in the bundle's configurations.

Settings of the model, the loss and the images are fields of `ModelSettings`, `LossSettings` and
`ImageSettings`.
"""

from typing import Annotated

from monai_blurvae.data.split import Split
from monai_blurvae.inference import ANOMALY_MAPS
from monai_blurvae.inference.scans.sampling_steps import MASKS
from monai_blurvae.priors import SOLVERS
from monai_blurvae.settings import Count, Millimetres, NotNegative, OneOf, Positive, Share
from monai_blurvae.training.handlers.learning_rate import DECAYS
from monai_blurvae.workflow.settings import ImageSettings

Number = Annotated[int, "[0, inf)"]
Seed = Annotated[int, "[0, 4294967295]"]


class CommandSettings:
    """What every command has."""

    bundle_root: str
    """Folder of the bundle."""
    output_dir: str
    """Folder of all runs; the default is runs/ in the bundle."""
    run_name: str
    """Name of the run and of its folder; a new one, since a run is never written over."""
    resume: str | None
    """Folder of the run to go on with; null: a new run."""
    dataset_dir: str | None
    """Folder of the data; the default is five digital subjects, made once."""
    cache_dir: str
    """Folder of decoded data; the default is MONAI_BLURVAE_CACHE, else ~/.cache/monai_blurvae."""
    ckpt_path: str
    """Weight file, with its settings.json beside it."""
    seed: Seed
    """Seed of everything random but the split."""
    device: str
    """Where to compute: auto, cpu, cuda or cuda:1; the default takes CUDA where there is some."""


class TrainingSettings(CommandSettings):
    """The settings of training."""

    dataset_name: str
    """Name of the data in reports."""
    network_name: str
    """Name of the network in reports."""
    method_name: str
    """Name of the method in reports; the default follows `loss`."""
    cache_in_memory: bool
    """Whether decoded data is held in memory; else it is mapped from the cache."""
    cache_processes: Number
    """Processes that decode data; 0: this process."""
    augmentation: dict | None  # type: ignore[type-arg]
    """What changes training images, such as `data.PatchAugmentation`."""
    beta: NotNegative
    """Weight of the KL divergence; 1 is the evidence lower bound."""
    warmup_epochs: Number
    """Epochs with identity covariance, fewer than `epochs`; only for losses that need them."""
    epochs: Count
    """Epochs to train."""
    batches_per_epoch: Count
    """Batches of each process in an epoch."""
    training_steps: Count
    """Steps of the whole run, for reports."""
    batch_size: Count
    """Images in a batch of each process."""
    learning_rate: Positive
    """Learning rate of Adam, for the VAE and the kernel network."""
    learning_rate_decay: Annotated[str, OneOf(DECAYS)]
    """How the learning rate falls: not, or to 0 along half a cosine."""
    gradient_clip: Positive | None
    """Largest L2 norm of each optimiser's gradient; null: no clipping."""
    adversarial_weight: NotNegative
    """Weight of a discriminator's term; 0: no discriminator."""
    adversarial_start: Number
    """Epochs before the discriminator is used and trained."""
    discriminator_learning_rate: Positive
    """Learning rate of the discriminator's Adam."""
    val_interval: Count
    """Epochs from one validation to the next."""
    val_batches: Count
    """Fixed batches that validate."""
    test_at_end: bool
    """Whether the best weights are tested when training ends."""
    split: Annotated[str, OneOf(Split._fields)]
    """The part of the data that is tested."""
    test_batches: Count
    """Fixed batches that test."""
    test_seed: Seed
    """Seed of the fixed batches that test."""
    checkpoint_interval: Count
    """Epochs from one checkpoint to the next."""
    num_workers: Number
    """Worker processes of the loader; 0: this process."""
    split_seed: Seed
    """Chooses which subjects or images are held out."""
    amp: bool | Annotated[str, OneOf(("auto",))]
    """Whether to autocast to bfloat16; auto: where the hardware multiplies it."""
    compile: bool
    """Whether to compile encoder and decoder."""


class EvaluationSettings:
    """What evaluate.json adds to train.json."""

    ckpt_path: str
    """Weight file, with its settings.json beside it."""


class PixelScaleSettings(EvaluationSettings):
    """What pixel_scale.json adds to train.json."""

    overwrite: bool
    """Whether an existing file of the fit is replaced."""
    scale_features: Count
    """Features of the scale network."""


class LatentPriorSettings(EvaluationSettings):
    """What latent_prior.json adds to train.json."""

    overwrite: bool
    """Whether an existing file of the fit is replaced."""
    prior_layers: Number
    """Coupling layers of the learned prior; 0: a Gaussian."""
    prior_features: Count
    """Units of the hidden layers of each coupling layer."""
    prior_steps: Number
    """Steps of 256 latents that fit the layers; 0: a Gaussian."""


class MultiGPUSettings:
    """What multi_gpu_train.json adds to train.json."""

    backend: str
    """Backend of torch.distributed."""


class InferenceSettings(CommandSettings, ImageSettings):
    """The settings of inference; those of the model and the images come from the weights by default."""

    image_size: Count
    """Edge length of the tiles in pixels."""
    channels: Count
    """Channels of the images."""
    spatial_dims: Annotated[int, "[2, 3]"]
    """Spatial axes of the images."""
    overlap: Annotated[float, "[0, 1)"]
    """Share by which tiles overlap."""
    batch_size: Count
    """Tiles that pass through the network at once."""
    samples: Annotated[int, "[1, 10000]"]
    """Samples of the prior in samples.png."""
    output_postfix: str
    """What the name of a reconstruction adds to its volume's."""
    anomaly: Annotated[str, OneOf(ANOMALY_MAPS)] | None
    """Map of where a volume is unlike the training data, written as NAME_anomaly.nii.gz; null: none."""


class ReconstructionSettings(CommandSettings):
    """The settings of reconstruction."""

    kspace: str | None
    """File of k-space: .npy, BART's .cfl, or fastMRI's or ISMRMRD's .h5."""
    slices: Number | tuple[Number, ...] | None
    """Numbers of the slices, evenly spaced; null: all."""
    kspace_orientation: str | None
    """Directions towards which rows and columns (and slices) run, such as PL; null: the model's."""
    spacing: tuple[Millimetres, ...] | None
    """Pixel size, (row, column) or (row, column, slice); null: the header's."""
    crop: tuple[Count, Count] | None
    """Rows and columns of the image to keep about its centre, all of fewer; null: the header's, else all."""
    phase_encoding_axis: Annotated[int, "[-2, -1]"]
    """Axis along which lines vary: -1 columns, -2 rows."""
    readout_size: Count | None
    """Pixels to keep along the readout; null: all."""
    mask: str | None
    """File of 0 and 1: which samples were measured; null: those that are not zero."""
    acceleration: Annotated[float, "[1, inf)"] | None
    """Samples per one that is kept, to try a reconstruction; null: all are kept."""
    mask_type: Annotated[str, OneOf(MASKS)]
    """How samples are left out."""
    centre_lines: Annotated[int, "[0, 16384]"]
    """Lines about zero frequency that are kept."""
    coil_maps: str | None
    """File of coil maps; null: estimated by ESPIRiT."""
    calibration_width: Count | None
    """Edge of ESPIRiT's calibration region in samples; null: all of the fully sampled centre, up to 24."""
    virtual_coils: Count | None
    """Coils after compression; null: all."""
    noise: str | None
    """File of a noise scan; null: none."""
    noise_std: NotNegative | None
    """Noise level of a coil, in the units of k-space; null: from the noise scan, else estimated."""
    hold_back: Annotated[float, "[0, 1)"]
    """Share of the samples that judge the reconstruction; 0: none."""
    reference: str | None
    """File of images to compare with."""
    brain_mask: str | None
    """File of 0 and 1: where the prior holds; null: everywhere."""
    method: Annotated[str, OneOf(SOLVERS)]
    """How slices are reconstructed."""
    weight: NotNegative | None
    """Weight of the prior or the penalty; null: the method's own."""
    iterations: Number | None
    """Iterations; null: the method's own."""
    tolerance: NotNegative
    """Relative change at which iterations end."""
    phase_width: Positive | None
    """Standard deviation of the phase's low-pass filter, in samples of k-space; null: that of the weights."""
    phase_precision: NotNegative | None
    """Precision of the part that is not in phase; null: that of the weights."""
    samples: Annotated[int, "[0, 10000]"]
    """Draws for the standard deviation, at least 2 (`auto` needs none); 0: no standard deviation."""


class AnomalySettings(CommandSettings):
    """The settings of the anomaly study."""

    l2_weights: str | None
    """Weight file of a second model to compare with; null: none."""
    split: Annotated[str, OneOf(Split._fields)]
    """The part of the data whose slices are damaged."""
    split_seed: Seed
    """Chooses which subjects are held out."""
    slices: Count
    """Slices of each volume."""
    least_area: Annotated[float, "(0, 1]"]
    """Least brain in a slice, as a share of the volume's largest."""
    overlap: Annotated[float, "[0, 1)"]
    """Share by which tiles overlap."""
    min_brain: Share
    """Least share of brain in a tile."""
    top_share: Annotated[float, "(0, 1]"]
    """Share of the highest pixels whose mean scores a slice."""
    smoothing: NotNegative
    """Standard deviation of the maps' smoothing in pixels."""
    samples: Annotated[int, "[1, 10000]"]
    """Latent samples of each tile."""
    batch_size: Count
    """Tiles that pass through the network at once."""


COMMANDS: dict[str, type] = {
    "train.json": TrainingSettings,
    "evaluate.json": EvaluationSettings,
    "pixel_scale.json": PixelScaleSettings,
    "latent_prior.json": LatentPriorSettings,
    "multi_gpu_train.json": MultiGPUSettings,
    "inference.json": InferenceSettings,
    "reconstruct.json": ReconstructionSettings,
    "anomaly.json": AnomalySettings,
}
"""Settings by the configuration file that defines them."""
