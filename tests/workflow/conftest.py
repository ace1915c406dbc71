"""A run that a configuration recorded."""

import pytest
from monai.bundle import ConfigParser


@pytest.fixture
def recorded(tmp_path):
    """A run's folder, recorded from inside a configuration as a bundle does."""
    folder = tmp_path / "run"
    folder.mkdir()
    call = f"$room.record_run({str(folder)!r}, {str(tmp_path)!r}, 3, torch.device('cpu'))"
    config = {"latent_size": 5, "features": "$[@latent_size, 7]", "record": call}
    ConfigParser(config, globals={"room": "monai_blurvae.workflow"}).get_parsed_content("record")
    return folder
