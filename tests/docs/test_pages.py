"""The extension that makes pages of files outside of docs/, and the gallery."""

import sys

import pytest

from tests.pages import ROOT

pytest.importorskip("sphinx", reason="needs the extra `docs`")
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def pages():
    sys.path.insert(0, str(DOCS))
    try:
        import pages
    finally:
        sys.path.remove(str(DOCS))
    return pages


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](../docs/settings.md)", "[a](/settings.md)"),
        ("[a](../docs/choose_a_loss.md#what-beta-means)", "[a](/choose_a_loss.md#what-beta-means)"),
        ("[a](../bundle/docs/README.md#limits)", "[a](/reference/card.md#limits)"),
        ("[a](../examples/your_own_loop.py)", "[a](/gallery/your_own_loop.md)"),
        ("[a](../examples)", "[a](/gallery/index.md)"),
        ("[a](../docs/results/sweeps/tables)", "a"),
        ("[a](celeba64.yaml)", "[a](path:../../configs/celeba64.yaml)"),
        ("![a](../docs/results/autoencoders/brain.png)", "![a](/results/autoencoders/brain.png)"),
        ("[a](https://monai.io)", "[a](https://monai.io)"),
        ("[a](missing.md)", "[a](missing.md)"),
    ],
)
def test_a_link_of_a_file_becomes_a_link_of_the_site(pages, link, expected):
    page = DOCS / "reference" / "experiments.md"
    assert pages.site_links(link, ROOT / "configs" / "README.md", page, pages.stubs()) == expected


def test_a_page_of_the_gallery_holds_the_whole_script(pages):
    for example in pages.examples():
        title, page = pages.gallery_page(example)
        source = example.read_text(encoding="utf-8")
        assert source.startswith(f'"""\n{title}\n')
        assert page.startswith(f"# {title}\n")
        written = [line for line in source.splitlines() if line and not line.startswith("#")]
        code = written[written.index('"""', 1) + 1 :]
        assert set(code) <= set(page.splitlines())
        assert (f"/images/examples/{example.stem}.png" in page) is pages.picture_of(example).exists()
        assert (f"examples/{example.stem}.ipynb" in page) is example.with_suffix(".ipynb").exists()
        assert (DOCS / "images" / "gallery" / f"{example.stem}.png").exists()


def test_docstrings_keep_their_stars_but_not_those_of_code(pages):
    lines = ["x: images, (B, ch, *size), `*args`.", ">>> 2 * 3", "6", "", "a * b"]
    pages.plain_text(None, "function", "", None, None, lines)
    assert lines == ["x: images, (B, ch, \\*size), `*args`.", ">>> 2 * 3", "6", "", "a \\* b"]


def test_an_attributes_docstring_keeps_what_stands_before_its_colon(pages):
    from sphinx.ext.napoleon import Config, GoogleDocstring

    lines = ["Voxel size in mm; None: each file's own."]
    pages.plain_text(None, "attribute", "", None, None, lines)
    shown = GoogleDocstring(lines, Config(), what="attribute", name="spacing").lines()
    assert [line for line in shown if line] == ["..", "Voxel size in mm; None: each file's own."]
