"""Run in an environment without torch and tensorflow: coursekit imports, and says what is missing."""

from __future__ import annotations

import sys

import coursekit as ck

HEAVY = {"torch", "tensorflow", "transformers", "matplotlib", "ipywidgets", "IPython"}
loaded = HEAVY & set(sys.modules)
assert not loaded, f"import coursekit loaded {loaded}"

for track, missing in (("pytorch", "torch"), ("tensorflow", "tensorflow")):
    message = ""
    try:
        ck.setup(track)
    except ck.CourseError as error:
        message = str(error)
    assert missing in message, f"the {track} track cannot work here, and ck.setup did not say so: {message}"
    assert "pip install" in message, message

assert ck.__version__
for name in ck.__all__:
    public = getattr(ck, name)
    if stem := getattr(public, "stem", None):  # a view whose script and style must have come along
        from coursekit.views.page.view import asset

        assert asset(f"{stem}.js"), name
        assert asset(f"{stem}.css"), name
print(f"coursekit {ck.__version__} imports without a framework, and all of its {len(ck.__all__)} names are there")
