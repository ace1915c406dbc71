import pytest

from monai_blurvae.data import find_celeba, find_celeba_hq, find_images


@pytest.mark.parametrize("named", ["img_align_celeba", "."])
def test_celeba_is_found_from_its_folder_or_the_one_above(tmp_path, touch, named):
    for number in range(10):
        touch(tmp_path / "img_align_celeba" / f"{number:06d}.jpg")
    touch(tmp_path / "list_attr_celeba.txt")
    assert find_celeba(tmp_path / named) == find_images(tmp_path / "img_align_celeba")


def test_celeba_hq_is_a_folder_of_images(tmp_path, touch):
    for number in range(10):
        touch(tmp_path / f"{number:06d}.png")
    assert find_celeba_hq(tmp_path, 3) == find_images(tmp_path, 3)


@pytest.mark.parametrize("find", [find_celeba, find_celeba_hq])
@pytest.mark.parametrize("folder", [None, "none"])
def test_without_the_images_the_source_the_place_and_the_terms_are_said(find, folder):
    with pytest.raises(ValueError, match=r"https://.*non-commercial research.*`--dataset_dir DIR`; got"):
        find(folder)
