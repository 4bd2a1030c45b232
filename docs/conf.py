"""Sphinx configuration of the documentation.

Nothing here asks for a network, neither the build nor the pages that come out of it.
"""

from importlib.metadata import version as installed

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger
from sphinx.writers.html5 import HTML5Translator

project = "rotation"
project_copyright = "2026, the developers of rotation"
version = release = installed("rotation")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_templates"]
templates_path = ["_templates"]
nitpicky = True  # a reference that leads nowhere is a warning

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the Parameters sections say it, in words
autodoc_default_options = {"member-order": "bysource"}
numpydoc_show_class_members = False  # the class template lists them
numpydoc_validation_checks = {"PR02", "PR03"}  # parameters that are not there, or misplaced

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": ".",
    "image_scrapers": (),
    "reset_modules": (),
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 60,
}

html_theme = "pydata_sphinx_theme"
html_title = f"rotation {release}"
html_static_path = ["_static"]
html_css_files = ["rotation.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 5,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
ALONE = (
    "index",
    "quickstart",
    "signals",
    "rules",
    "own_rule",
    "causality",
    "sweeps",
    "scaling",
    "account",
    "conventions",
    "limitations",
    "sample",
    "performance",
    "peers",
    "changelog",
)
html_sidebars = {page: [] for page in ALONE}  # pages that have no others below them

# Classes that nobody makes by calling them, so that their signatures tell nothing.
NOT_CALLED = {
    "rotation.Comparison",
    "rotation.Result",
    "rotation.causality.CausalReport",
    "rotation.rules.Rule",
    "rotation.rules.WeightRule",
    "rotation.signals.Signal",
    "rotation.weighting.Weighting",
}


def _mathml(node: nodes.Element, *, as_block: bool) -> str:
    try:
        return tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        getLogger(__name__).warning("formula: %s", error, location=node)
        return ""


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_mathml(node, as_block=False))
    raise nodes.SkipNode


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math">{_mathml(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def _trim(_: Sphinx, doctree: nodes.document) -> None:
    """Take away the empty line that ends a doctest in a Markdown page."""
    for block in doctree.findall(nodes.literal_block):
        if block.rawsource == block.astext():
            block.rawsource = block.rawsource.rstrip()
            block[:] = [nodes.Text(block.rawsource)]


def _signature(_app: Sphinx, _what: str, name: str, *_: object) -> tuple[str, None] | None:
    return ("", None) if name in NOT_CALLED else None


def setup(app: Sphinx) -> None:
    """Write formulas as MathML, which browsers draw without a script from elsewhere."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("doctree-read", _trim)
    app.connect("autodoc-process-signature", _signature)
