import numpy as np
import pytest

h5py = pytest.importorskip("h5py")
fastmri_reference = pytest.importorskip("monai_blurvae.mri.fastmri_reference").fastmri_reference


@pytest.mark.parametrize("name", ["reconstruction_rss", "reconstruction_esc"])
def test_the_scanners_own_image_is_read(name, tmp_path):
    stored = np.random.default_rng(0).random((2, 4, 3))
    with h5py.File(tmp_path / "brain.h5", "w") as file:
        file[name] = stored
    np.testing.assert_allclose(fastmri_reference(tmp_path / "brain.h5").numpy(), stored, rtol=1e-6)


def test_a_file_without_one_is_refused(tmp_path):
    with h5py.File(tmp_path / "brain.h5", "w") as file:
        file["kspace"] = np.ones(3)
    with pytest.raises(ValueError, match=r"`reconstruction_rss` or `reconstruction_esc`, got \['kspace'\]"):
        fastmri_reference(tmp_path / "brain.h5")
