"""How Sphinx builds these pages (`make docs`): without a network, and without the package's large extras."""

import sys
from pathlib import Path

from numpydoc.xref import DEFAULT_LINKS

from slicednorm import __version__, monitor, stats
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
    "numpydoc",
    "reference_mends",
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
autodoc_typehints = "none"  # the docstrings have the types, with shapes and in words
python_maximum_signature_line_length = 100
autosummary_ignore_module_all = False
autosummary_context = {"distances": list(DISTANCES)}
numpydoc_show_class_members = False  # autodoc lists them
# Types link to the package's own pages; those of other projects would need the network.
_OWN = {f"{module.__name__}.{name}" for module in (stats, monitor) for name in module.__all__ if name[0].isupper()}
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {name: name for name in DEFAULT_LINKS}
numpydoc_xref_aliases |= {name.rpartition(".")[2]: name for name in _OWN} | {name: f".{name}" for name in _OWN}

html_theme = "furo"
html_title = f"slicednorm {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
