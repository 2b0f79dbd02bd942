"""How Sphinx builds these pages (`make docs`): without a network, and without the package's large extras."""

import sys
from pathlib import Path

from slicednorm import __version__
from slicednorm.distances import DISTANCES

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "slicednorm"
author = "The slicednorm developers"
copyright = f"{author}, BSD 3-Clause licence"
version = release = __version__

extensions = [
    "myst_nb",  # pages in Markdown, and notebooks
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_click",
    "house_docstrings",  # before napoleon, which reads what this writes
    "sphinx.ext.napoleon",
    "mathml",
]
exclude_patterns = ["_templates"]
templates_path = ["_templates"]
suppress_warnings = ["autodoc.mocked_object"]

# Markdown as GitHub reads it too.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_update_mathjax = False

# Quotes and dots are made typographic, but not dashes: options begin with two.
smartquotes_action = "qe"

# Notebooks are shown with the outputs that they hold.
nb_execution_mode = "off"

# The reference comes from the docstrings alone. What is mocked is never run for it, so that it is the same with the
# extras and without them.
default_role = "py:obj"
autodoc_mock_imports = ["torch", "lightning", "seaborn", "matplotlib"]
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("ArrayLike", "NDArray", "RNG", "Resamples", "DirectionKind")}
python_maximum_signature_line_length = 100
python_use_unqualified_type_names = True
autosummary_ignore_module_all = False
autosummary_context = {"distances": list(DISTANCES)}
napoleon_google_docstring = False
napoleon_attr_annotations = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]

html_theme = "furo"
html_title = f"slicednorm {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
