"""How the documents are built: `scripts/docs`, or `scripts/check`, which builds them, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot import __version__

project = "Circlekeeper"
author = "The Circlekeeper developers"
release = __version__
language = "en"

extensions = ["myst_parser", "sphinx_copybutton", "docs.generator"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["generator"]
nitpicky = True

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]

html_theme = "furo"
html_title = "Circlekeeper"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
copybutton_prompt_text = "$ "
