"""The folder of the bundle that a configuration belongs to."""

from pathlib import Path

from monai.bundle import ConfigWorkflow

from monai_blurvae.workflow.caller import on_the_stack


def bundle_root() -> str:
    """Find the folder of the bundle whose configuration file is in use.

    Returns:
        The folder above the first configuration file's, if that is a bundle's `configs/`; else "bundle" or
        ".", for the folder above the bundle's and the bundle's own.
    """
    workflow = on_the_stack(ConfigWorkflow)
    if workflow is not None:
        configs = Path(workflow.config_root_path)
        if configs.name == "configs" and (configs / "metadata.json").is_file():
            return str(configs.parent)
    return "bundle" if Path("bundle", "configs").is_dir() else "."
