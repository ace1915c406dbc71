import io

import torch

from monai_blurvae.inference.scans.slice_progress import SliceProgress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_with_the_objective():
    stream = Terminal()
    progress = SliceProgress("slice 3", total=2, stream=stream)
    for iteration in range(2):
        progress(iteration, 12.5 - iteration, torch.zeros(1))
    progress.close("converged")
    assert "2/2" in stream.getvalue()
    assert stream.getvalue().endswith("slice 3: converged\n")


def test_a_log_gets_whole_lines_no_oftener_than_asked():
    often, seldom = io.StringIO(), io.StringIO()
    for stream, every_s in ((often, 0.0), (seldom, 1000.0)):
        progress = SliceProgress("slice 3", stream=stream, every_s=every_s)
        progress(0, 12.5, torch.zeros(1))
        progress.close("converged")
    assert often.getvalue() == "slice 3: iteration 0, objective 12.5\nslice 3: converged\n"
    assert seldom.getvalue() == "slice 3: converged\n"
