"""The documentation's site: `sphinx-build -W -b html docs docs/_build`."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

project = "monai-blurvae"
author = "The monai-blurvae contributors"
copyright = "the monai-blurvae contributors; Apache-2.0"
release = version_of("monai-blurvae")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "pages",
]
exclude_patterns = ["_build", "upstream"]
default_role = "py:obj"
suppress_warnings = [
    "ref.python",  # a name that two subpackages have is shown, not linked
    "myst.header",  # reports go from the title to the third level
]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

autodoc_mock_imports = ["deepinv", "mrpro", "sigpy"]  # slow, and only the adapters need them
autodoc_typehints = "none"  # docstrings state types, shapes and units
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "monai-blurvae"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"
