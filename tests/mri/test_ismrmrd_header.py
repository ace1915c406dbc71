import pytest
from monai_blurvae.mri.ismrmrd_header import readout_size, reconstructed_grid

HEADER = """<?xml version="1.0"?>
<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding>
<encodedSpace><matrixSize><x>12</x></matrixSize><fieldOfView_mm><x>440</x><y>220</y></fieldOfView_mm></encodedSpace>
<reconSpace><matrixSize><x>6</x></matrixSize><fieldOfView_mm><x>220</x><y>220</y></fieldOfView_mm></reconSpace>
</encoding></ismrmrdHeader>"""


def test_a_field_of_view_that_is_not_oversampled_keeps_all_rows():
    assert readout_size(HEADER.replace("440", "220"), 12) == 12
    assert readout_size(HEADER.replace("440", "110").encode(), 12) == 12


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("no xml", "in XML, got"),
        ("<a/>", r"in mm, got \[\]"),
        (HEADER.replace("<x>220</x>", "<x>0</x>"), "in mm"),
    ],
)
def test_headers_that_state_no_field_of_view_are_refused(header, match):
    with pytest.raises(ValueError, match=rf"`header` must .*{match}"):
        readout_size(header, 12)


def test_a_header_without_sizes_along_all_axes_gives_no_grid():
    assert reconstructed_grid(HEADER) is None
