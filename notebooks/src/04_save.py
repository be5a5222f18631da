# %% [markdown]
# # 4. Save a model, and load it back
#
# {{badges}}
#
# When you are done, you can
#
# - save a model, and say what each of the two files is for,
# - read the config and the list of weights in these files yourself,
# - say why the weights are in another kind of file than a few years ago,
# - prove that the model you load back is the model you saved.
#
# This takes about ten minutes. You read the {{framework}} track. The same lesson in {{other}}.

# %% [markdown]
# This lesson writes files. So that nothing of yours is touched, you go to a new empty folder first. The last cell
# removes it.

# %%
import os
import tempfile

scratch = tempfile.TemporaryDirectory()
os.chdir(scratch.name)

# %% [markdown]
# ## One line again
#
# Load a trained model, as in lesson 3.

# %% tags=["pytorch"]
from transformers import AutoModel

checkpoint = ck.checkpoint("bert-base-cased")
model = AutoModel.from_pretrained(checkpoint)

# %% tags=["tensorflow"]
from transformers import TFAutoModel

checkpoint = ck.checkpoint("bert-base-cased")
model = TFAutoModel.from_pretrained(checkpoint)

# %% [markdown]
# Saving mirrors loading. You name a folder, and it is made for you. What will be in it?

# %%
from pathlib import Path

model.save_pretrained("directory_on_my_computer")

for file in sorted(Path("directory_on_my_computer").iterdir()):
    print(f"{file.stat().st_size / 1e6:6.1f} MB  {file.name}")

# %% [markdown]
# Two files: the config, next to nothing in size, and the weights.

# %% [markdown] tags=["tensorflow"]
# ## TensorFlow cannot save what is not there yet
#
# A trained model could be saved at once. Try it with a new one, straight from a config.

# %% tags=["tensorflow"]
import tensorflow as tf
from transformers import BertConfig, TFBertModel

fresh = TFBertModel(BertConfig(num_hidden_layers=1))
try:
    fresh.save_pretrained("fresh")
except ValueError as error:
    print(str(error).split(". ")[0])

# %% [markdown] tags=["tensorflow"]
# You know this error from lesson 1: the weights are made at the first call. `from_pretrained` makes that call for
# you, a config does not. Call the model once and save again.

# %% tags=["tensorflow"]
_ = fresh(tf.constant([[101, 102]]))
fresh.save_pretrained("fresh")
print(sorted(file.name for file in Path("fresh").iterdir()))

# %% [markdown]
# ## The config file
#
# `config.json` is plain text. Open it and pick some entries.

# %%
import json

saved = json.loads(Path("directory_on_my_computer/config.json").read_text())
for key in ("model_type", "architectures", "vocab_size", "hidden_size", "num_hidden_layers"):
    print(f"{key:18}", saved[key])

# %% [markdown]
# You know the sizes. They are all that is needed to build the architecture. `model_type` is what the auto class
# reads, and `architectures` names the class that was saved.
#
# There is also a little about the file itself. Which version of transformers wrote it? And does it still know which
# checkpoint it came from?

# %%
import transformers

print("written by this version:", saved["transformers_version"] == transformers.__version__)
print("origin in the file:     ", "_name_or_path" in saved)
print("origin in memory:       ", model.name_or_path)

# %% [markdown]
# The version is there. The origin is not: older versions of transformers wrote it as `_name_or_path`, and older
# texts, the chapter among them, say so. Today only the model in memory knows. Note down yourself where a model came
# from.

# %% [markdown] tags=["pytorch"]
# ## The state dictionary
#
# The other file holds the *state dictionary*: a table from names to tensors. The model gives you the same table.

# %% [markdown] tags=["tensorflow"]
# ## The weights file
#
# The other file holds the weights, each under its name. Many texts call such a table the *state dictionary*, which is
# PyTorch's word. The model gives you the same table.

# %% tags=["pytorch"]
state = {name: tuple(value.shape) for name, value in model.state_dict().items()}

# %% tags=["tensorflow"]
state = {weight.name: tuple(weight.shape) for weight in model.weights}

# %%
print(len(state), "tensors, such as")
for name in list(state)[:3]:
    print(f"  {name}  {state[name]}")

# %% [markdown]
# Now read the names and shapes from the file, with a small library that knows nothing about models.

# %% tags=["pytorch"]
from safetensors import safe_open

with safe_open("directory_on_my_computer/model.safetensors", framework="np") as file:
    in_file = [tuple(file.get_slice(name).get_shape()) for name in sorted(file.keys())]

# %% tags=["tensorflow"]
import h5py

in_file = []


def _note(_name, item):
    if isinstance(item, h5py.Dataset):
        in_file.append(item.shape)


with h5py.File("directory_on_my_computer/tf_model.h5") as file:
    file.visititems(_note)

# %%
print(len(in_file), "tensors in the file")
print("the same shapes:", sorted(in_file) == sorted(state.values()))

# %% [markdown]
# That is all there is in it: names and numbers. No layers, no order, no code. The config says how to build the model,
# the weights say what to fill it with. One is of little use without the other. See for yourself: put each of them in
# a folder of its own and load it.

# %% tags=["pytorch"]
load = AutoModel.from_pretrained

# %% tags=["tensorflow"]
load = TFAutoModel.from_pretrained

# %%
import shutil

for file in Path("directory_on_my_computer").iterdir():
    folder = Path(f"only {file.stem}")
    folder.mkdir(exist_ok=True)
    shutil.copy(file, folder)

try:
    load("only config")
except OSError as error:
    print("Config alone: ", str(error)[:19], "…")

try:
    load("only model" if Path("only model").exists() else "only tf_model")
except ValueError as error:
    print("Weights alone:", str(error).split("config.json")[0] + "config.json")

# %% [markdown] tags=["pytorch"]
# ## `pytorch_model.bin` then, `model.safetensors` now
#
# The chapter shows a file `pytorch_model.bin` in this place. It holds the same state dictionary, written by
# `torch.save`. You will still meet it on the Hub. You can write one yourself:

# %% tags=["pytorch"]
import torch

torch.save(model.state_dict(), "pytorch_model.bin")
old = torch.load("pytorch_model.bin", weights_only=True)

print(f"{Path('pytorch_model.bin').stat().st_size / 1e6:.1f} MB")
print("the same names:", list(old) == list(model.state_dict()))

# %% [markdown] tags=["pytorch"]
# Why was it replaced? Such a file is a *pickle*, and reading a pickle can run code that somebody put into it. Here is
# a harmless one. Reading it should give you an object back. Look at what it does instead.

# %% tags=["pytorch"]
import pickle


class Surprise:
    def __reduce__(self):
        return print, ("This line was run by a file.",)


data = pickle.dumps(Surprise())
pickle.loads(data)

# %% [markdown] tags=["pytorch"]
# It could have deleted your files. `weights_only=True` above makes `torch.load` refuse such things. A safetensors
# file has no place for code in the first place.
#
# Can you still ask for the old kind? transformers 4.54 takes `safe_serialization=False` and writes it. transformers 5
# ignores the wish.

# %% tags=["pytorch", "differs-in-5"]
# differs-in-5: transformers 5 ignores safe_serialization=False and writes model.safetensors.
model.save_pretrained("old_style", safe_serialization=False)
print(sorted(file.name for file in Path("old_style").iterdir()))

# %% tags=["pytorch"]
weights_file = "directory_on_my_computer/model.safetensors"

# %% [markdown] tags=["tensorflow"]
# ## `tf_model.h5`, or `model.safetensors`
#
# `tf_model.h5` is TensorFlow's own kind of file. Most checkpoints on the Hub are *safetensors* files today.
# TensorFlow writes one if you ask for it.

# %% tags=["tensorflow"]
model.save_pretrained("safe_style", safe_serialization=True)
print(sorted(file.name for file in Path("safe_style").iterdir()))

weights_file = "safe_style/model.safetensors"

# %% [markdown]
# A safetensors file is so simple that you can read it without any library. The first 8 bytes say how long the table
# of contents is. The table follows. All the rest is numbers.

# %%
with Path(weights_file).open("rb") as file:
    length = int.from_bytes(file.read(8), "little")
    contents = json.loads(file.read(length))

about = contents.pop("__metadata__")
sizes = {name: entry["data_offsets"][1] - entry["data_offsets"][0] for name, entry in contents.items()}
largest = max(sizes, key=sizes.get)

print("saved from:", about["format"])
print("tensors:   ", len(contents))
print("largest:   ", largest, contents[largest]["dtype"], contents[largest]["shape"])

# %% [markdown]
# `F32` is a number of 32 bits, which is 4 bytes. The largest tensor is your old friend, the word table.
#
# Reading only the beginning of a file is quick, however large the file is. The inspector does that for everything in
# the folder, and asks whether config and weights fit.

# %% tags=["differs-in-5"]
# differs-in-5: transformers 5 writes other minor entries into config.json.
ck.CheckpointInspector("directory_on_my_computer")

# %% [markdown]
# They fit. Now tamper with the config. Copy the folder, and let its config call for two layers more than there are.
# What will be missing?

# %% tags=["differs-in-5"]
# differs-in-5: transformers 5 writes other minor entries into config.json.
shutil.copytree("directory_on_my_computer", "tampered", dirs_exist_ok=True)
tampered = {**saved, "num_hidden_layers": saved["num_hidden_layers"] + 2}
Path("tampered/config.json").write_text(json.dumps(tampered))

ck.CheckpointInspector("tampered")

# %% [markdown]
# Two layers of tensors are called for, and the file has none of them. Would `from_pretrained` load such a folder? It
# would, and the two layers would be random, as in lesson 3.

# %% [markdown]
# ## Load it back
#
# Now the proof. Load the folder, exactly as you load a name from the Hub. Is every weight the same? And does the
# model answer the same?

# %% tags=["pytorch"]
again = AutoModel.from_pretrained("directory_on_my_computer")

weights = [value.numpy() for value in model.state_dict().values()]
weights_again = [value.numpy() for value in again.state_dict().values()]

inputs = torch.tensor([[101, 7592, 999, 102]])
with torch.no_grad():
    before = model(inputs).last_hidden_state.numpy()
    after = again(inputs).last_hidden_state.numpy()

# %% tags=["tensorflow"]
again = TFAutoModel.from_pretrained("directory_on_my_computer")

weights = [weight.numpy() for weight in model.weights]
weights_again = [weight.numpy() for weight in again.weights]

inputs = tf.constant([[101, 7592, 999, 102]])
before = model(inputs).last_hidden_state.numpy()
after = again(inputs).last_hidden_state.numpy()

# %%
same = [(one == other).all() for one, other in zip(weights, weights_again, strict=True)]
print("equal weight tensors:", sum(same), "of", len(same))
print("largest difference in the output:", float(abs(before - after).max()))

# %% [markdown]
# The same model. Nothing was lost on the way to the disk and back.

# %% [markdown] tags=["tensorflow"]
# ## To PyTorch and back
#
# In lesson 3 you read PyTorch's weights into TensorFlow. Does the other way work, too? PyTorch is asked in a Python
# of its own, so that this notebook stays with TensorFlow. It builds a model from your `config.json`, fills it from
# your `tf_model.h5`, and runs it on the same input.
#
# `from_pretrained` has an option for this, `from_tf=True`. With the versions that this course pins it leaves the
# model empty. So you call the function that does the filling.

# %% tags=["tensorflow", "needs-pytorch"]
# needs-pytorch: without PyTorch there is nobody to ask, and the cell says so instead.
import importlib.util
import subprocess
import sys

import numpy as np

question = """
import json, torch
from transformers import BertConfig, BertModel
from transformers.modeling_tf_pytorch_utils import load_tf2_checkpoint_in_pytorch_model

model = BertModel(BertConfig.from_pretrained("directory_on_my_computer")).eval()
load_tf2_checkpoint_in_pytorch_model(model, "directory_on_my_computer/tf_model.h5")
with torch.no_grad():
    hidden = model(torch.tensor([[101, 7592, 999, 102]])).last_hidden_state
print(json.dumps(hidden.tolist()))
"""
if importlib.util.find_spec("torch"):
    both = {**os.environ, "USE_TORCH": "AUTO", "USE_TF": "AUTO"}
    command = [sys.executable, "-c", question]
    answer = subprocess.run(command, env=both, capture_output=True, text=True, check=True)
    in_pytorch = np.array(json.loads(answer.stdout))
    print("TensorFlow:", before[0, 1, :4].round(4))
    print("PyTorch:   ", in_pytorch[0, 1, :4].round(4))
    print("largest difference below 0.0001:", bool(abs(before - in_pytorch).max() < 1e-4))
else:
    print("PyTorch is not installed here.")
print("PyTorch is loaded in this notebook:", "torch" in sys.modules)

# %% [markdown] tags=["tensorflow"]
# Equal to four decimals and more. Two frameworks add numbers up in different orders, so the very last digits may
# differ. Your work in TensorFlow is not lost when you move to PyTorch.

# %% [markdown]
# ## Your turn
#
# **1.** How large will the file be? Take the model with 4,385,920 parameters from lesson 1. Guess first, then save it
# and look.
#
# <details><summary>Solution</summary>
#
# 4 bytes for each parameter are 17.5 MB. The table of contents adds a few thousand bytes, which you do not see in
# this rounding.
#
# </details>
#
# **2.** In the next cell you tamper with the config: the file says 3 layers now. Predict before you run it. An error?

# %% tags=["pytorch"]
config_file = Path("directory_on_my_computer/config.json")
config_file.write_text(json.dumps({**saved, "num_hidden_layers": 3}))

tampered, report = AutoModel.from_pretrained("directory_on_my_computer", output_loading_info=True)

# %% tags=["tensorflow"]
config_file = Path("directory_on_my_computer/config.json")
config_file.write_text(json.dumps({**saved, "num_hidden_layers": 3}))

tampered, report = TFAutoModel.from_pretrained("directory_on_my_computer", output_loading_info=True)

# %%
print(f"{model.num_parameters():,} parameters before")
print(f"{tampered.num_parameters():,} parameters now")

# %% [markdown]
# <details><summary>What happened</summary>
#
# No error. The config decides what is built, so you get three layers. The weights of the others stay in the file,
# unused. Keep the two files together, and change neither by hand.
#
# </details>

# %% [markdown]
# Clean up: leave the folder and remove it.

# %%
os.chdir(tempfile.gettempdir())
scratch.cleanup()

# %% [markdown] tags=["pytorch"]
# ## Recap
#
# - `save_pretrained` writes two files: `config.json` and the weights, today as `model.safetensors`.
# - The config is for building, the state dictionary is for filling. You need both.
# - `pytorch_model.bin` holds the same weights as a pickle, which can run code when it is read. safetensors cannot.
# - A model that was saved and loaded back has the same weights and gives the same output.
#
# **Next:** {{next}}

# %% [markdown] tags=["tensorflow"]
# ## Recap
#
# - `save_pretrained` writes two files: `config.json` and the weights, in TensorFlow as `tf_model.h5` unless you ask for
#   `model.safetensors`.
# - A new model has to be called once before it can be saved.
# - The config is for building, the weights are for filling. You need both.
# - A model that was saved and loaded back has the same weights and gives the same output, in PyTorch as well.
#
# **Next:** {{next}}
