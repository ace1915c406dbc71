"""What a bundle's configuration calls: run folders, settings, loading of weights, refusals, seeds."""

from monai_blurvae.workflow.bundle_root import bundle_root
from monai_blurvae.workflow.errors import explain_errors, root_cause
from monai_blurvae.workflow.evaluation_folder import evaluation_name, runs_beside
from monai_blurvae.workflow.farewell import exit_if_interrupted, say_metrics, say_where
from monai_blurvae.workflow.latent_prior import read_latent_prior, write_latent_prior
from monai_blurvae.workflow.load_prior import LoadedPrior, load_prior
from monai_blurvae.workflow.pixel_scale import read_pixel_scale, write_pixel_scale
from monai_blurvae.workflow.pretrained import Pretrained, load_pretrained, save_pretrained, untrained
from monai_blurvae.workflow.run_folder import new_run_folder
from monai_blurvae.workflow.run_record import (
    git_commit,
    record_end,
    record_run,
    refuse_changes,
    refuse_other_weights,
)
from monai_blurvae.workflow.seeding import RandomStates, seed_everything
from monai_blurvae.workflow.settings import (
    ImageSettings,
    Settings,
    read_settings,
    settings_from,
    write_settings,
)
from monai_blurvae.workflow.stages import resolve
from monai_blurvae.workflow.stated import stated
from monai_blurvae.workflow.strict import refuse_unknown_keys, require_file

__all__ = [
    "ImageSettings",
    "LoadedPrior",
    "Pretrained",
    "RandomStates",
    "Settings",
    "bundle_root",
    "evaluation_name",
    "exit_if_interrupted",
    "explain_errors",
    "git_commit",
    "load_pretrained",
    "load_prior",
    "new_run_folder",
    "read_latent_prior",
    "read_pixel_scale",
    "read_settings",
    "record_end",
    "record_run",
    "refuse_changes",
    "refuse_other_weights",
    "refuse_unknown_keys",
    "require_file",
    "resolve",
    "root_cause",
    "runs_beside",
    "save_pretrained",
    "say_metrics",
    "say_where",
    "seed_everything",
    "settings_from",
    "stated",
    "untrained",
    "write_latent_prior",
    "write_pixel_scale",
    "write_settings",
]
