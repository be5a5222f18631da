# %% jupyter={"source_hidden": true} cellView="form"
# @title Install the course (where it is there, nothing happens)
import importlib.util
import os

if importlib.util.find_spec("coursekit") is None:
    address = "git+https://github.com/{{repository}}@{{branch}}"
    # COURSEKIT_SOURCE may name a copy of your own, as in file:///home/ada/coursekit-models
    source = os.environ.get("COURSEKIT_SOURCE", address)
    # %pip install -q "coursekit-models[{{track}}] @ {source}"

# %%
import coursekit as ck

ck.setup("{{track}}")
