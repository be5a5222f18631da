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
# This takes about {{minutes}} minutes. You read the {{framework}} track. The same lesson in {{other}}.

# %% [markdown]
# This lesson writes files. So that nothing of yours is touched, all of them go into an empty folder of their own. It
# goes away when you close the lesson.

# %%
scratch = ck.scratch_folder()
print("empty:", not list(scratch.iterdir()))

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
# Saving mirrors loading. You name a folder, and it is made for you. (`scratch / "name"` is Python's way to say: this
# folder inside that one.) What will be in it?

# %%
ck.predict("4.1")

# %%
folder = scratch / "directory_on_my_computer"
model.save_pretrained(folder)

print("In the folder:")
for file in sorted(folder.iterdir()):
    print(f"{file.stat().st_size / 1e6:6.1f} MB  {file.name}")
ck.outcome("4.1", len(list(folder.iterdir())))

# %% [markdown]
# The config is next to nothing in size. The rest is weights.

# %% [markdown] tags=["tensorflow"]
# ## TensorFlow cannot save what is not there yet
#
# A trained model could be saved at once. Try it with a new one, straight from a config.

# %% tags=["tensorflow"]
import tensorflow as tf
from transformers import BertConfig, TFBertModel

fresh = TFBertModel(BertConfig(num_hidden_layers=1, hidden_size=48))
try:
    fresh.save_pretrained(scratch / "fresh")
except ValueError as error:
    print(str(error).split(". ")[0])

# %% [markdown] tags=["tensorflow"]
# You know this error from lesson 1: the weights are made at the first call. `from_pretrained` makes that call for
# you, a config does not. Call the model once and save again.

# %% tags=["tensorflow"]
_ = fresh(tf.constant([[101, 102]]))
fresh.save_pretrained(scratch / "fresh")
print(sorted(file.name for file in (scratch / "fresh").iterdir()))

# %% [markdown]
# ## The config file
#
# `config.json` is plain text. Open it and pick some entries.

# %%
import json

saved = json.loads((folder / "config.json").read_text())
for key in ("model_type", "architectures", "vocab_size", "hidden_size", "num_hidden_layers"):
    print(f"{key:18}", saved[key])

# %% [markdown]
# You know the sizes. They are all that is needed to build the architecture. `model_type` is what the auto class reads.

# %% [markdown] tags=["pytorch"]
# `architectures` names the class that was saved.

# %% [markdown] tags=["tensorflow"]
# `architectures` names the class that was saved, without its `TF`: you saved a `TFBertModel`, and it says `BertModel`.
# So that other frameworks know what to build.

# %%
print(type(model).__name__, "was saved as", saved["architectures"])

# %% [markdown]
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

with safe_open(folder / "model.safetensors", framework="np") as file:
    in_file = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  (no dictionary)

# %% tags=["tensorflow"]
import h5py

in_file = {}


def _note(name, item):
    if isinstance(item, h5py.Dataset):
        in_file[name.partition("/")[2]] = item.shape  # without the group that the weight is in


with h5py.File(folder / "tf_model.h5") as file:
    file.visititems(_note)

# %%
print(len(in_file), "tensors in the file")
print("the same names and shapes:", in_file == state)

# %% [markdown]
# That is all there is in it: names and numbers. No layers, no order, no code. The config says how to build the model,
# the weights say what to fill it with. One is of little use without the other. See for yourself: put each of them in
# a folder of its own and load it.

# %% tags=["pytorch"]
load = AutoModel.from_pretrained

# %% tags=["tensorflow"]
load = TFAutoModel.from_pretrained

# %% tags=["differs-in-5"] because="transformers 5 names fewer kinds of files in its message."
for file in folder.iterdir():
    alone = scratch / ("only_config" if file.name == "config.json" else "only_weights")
    alone.mkdir(exist_ok=True)
    (alone / file.name).unlink(missing_ok=True)
    (alone / file.name).hardlink_to(file)  # the same file under a second name: it takes no space

for name in ("only_config", "only_weights"):
    try:
        load(scratch / name)
    except (OSError, ValueError) as error:
        print(f"{name}: {str(error).replace(str(scratch), '…').split(', or contain')[0]}")

# %% [markdown]
# The first message lists the files that it looked for and did not find. The second misses the config, or the
# `model_type` that stands in it.

# %% [markdown] tags=["pytorch"]
# ## `pytorch_model.bin` then, `model.safetensors` now
#
# The chapter shows a file `pytorch_model.bin` in this place. It holds the same state dictionary, written by
# `torch.save`. You will still meet it on the Hub. You can write one yourself:

# %% tags=["pytorch"]
import torch

bin_file = scratch / "pytorch_model.bin"
torch.save(model.state_dict(), bin_file)
old = torch.load(bin_file, weights_only=True)

print(f"{bin_file.stat().st_size / 1e6:.1f} MB")
print("the same names:", list(old) == list(model.state_dict()))

# %% [markdown] tags=["pytorch"]
# Why was it replaced?

# %% [markdown] tags=["tensorflow"]
# ## Why files of PyTorch changed
#
# On the Hub you will meet files that PyTorch wrote. Old ones are called `pytorch_model.bin`, new ones
# `model.safetensors`. Why was the old kind replaced?

# %% [markdown]
# A `.bin` file is a *pickle*, and reading a pickle can run code that somebody put into it. Here is a harmless one.
# Reading it should give you an object back. Look at what it does instead.

# %%
import pickle


class Surprise:
    def __reduce__(self):
        return print, ("This line was run by a file.",)


data = pickle.dumps(Surprise())
pickle.loads(data)

# %% [markdown] tags=["tensorflow"]
# It could have deleted your files. A safetensors file has no place for code.

# %% [markdown] tags=["pytorch"]
# It could have deleted your files. `weights_only=True` makes `torch.load` refuse such things. Put the same surprise
# into a file and see.

# %% tags=["pytorch"]
bad_file = scratch / "surprise.bin"
torch.save({"weight": Surprise()}, bad_file)
try:
    torch.load(bad_file, weights_only=True)
except pickle.UnpicklingError as error:
    print("refused:", str(error).split(".")[0])

# %% [markdown] tags=["pytorch"]
# Nothing was printed by the file this time. A safetensors file has no place for code in the first place.
#
# Can you still ask for the old kind? transformers 4.54 takes `safe_serialization=False` and writes it. transformers 5
# ignores the wish.

# %% tags=["pytorch", "differs-in-5"] because="transformers 5 ignores the wish and writes model.safetensors."
model.save_pretrained(scratch / "old_style", safe_serialization=False)
print(sorted(file.name for file in (scratch / "old_style").iterdir()))

# %% tags=["pytorch"]
weights_file = folder / "model.safetensors"

# %% [markdown] tags=["tensorflow"]
# ## `tf_model.h5`, or `model.safetensors`
#
# `tf_model.h5` is TensorFlow's own kind of file. Most checkpoints on the Hub are *safetensors* files today. TensorFlow
# writes one if you ask for it.

# %% tags=["tensorflow"]
model.save_pretrained(scratch / "safe_style", safe_serialization=True)
print(sorted(file.name for file in (scratch / "safe_style").iterdir()))

weights_file = scratch / "safe_style" / "model.safetensors"

# %% [markdown]
# A safetensors file is so simple that you can read it without any library. The first 8 bytes say how long the table
# of contents is. The table follows. All the rest is numbers.

# %%
with weights_file.open("rb") as file:
    length = int.from_bytes(file.read(8), "little")
    contents = json.loads(file.read(length))

about = contents.pop("__metadata__")
sizes = {name: entry["data_offsets"][1] - entry["data_offsets"][0] for name, entry in contents.items()}
largest = max(sizes, key=sizes.get)

print("saved from:", about["format"])
print("tensors:   ", len(contents))
print("largest:   ", largest, contents[largest]["dtype"], contents[largest]["shape"])

# %% [markdown]
# `F32`, or *float32*, is a number of 32 bits, which is 4 bytes. (You will meet *float16*, too: half the size, and fewer
# digits.) The largest tensor is your old friend, the word table.
#
# Reading only the beginning of a file is quick, however large the file is. The inspector does that for everything in
# the folder, and asks whether config and weights fit.

# %% tags=["differs-in-5"] because="transformers 5 writes other minor entries into config.json."
ck.CheckpointInspector(folder)

# %% [markdown]
# They fit. Now tamper with the config. Put one beside the lonely weights that calls for two layers more than there are.
# What will be missing?

# %% tags=["differs-in-5"] because="transformers 5 writes other minor entries into config.json."
tampered = {**saved, "num_hidden_layers": saved["num_hidden_layers"] + 2}
(scratch / "only_weights" / "config.json").write_text(json.dumps(tampered))

ck.CheckpointInspector(scratch / "only_weights")

# %% [markdown]
# Two layers of tensors are called for, and the file has none of them. Would `from_pretrained` load such a folder? It
# would, and the two layers would be random, as in lesson 3.

# %% [markdown]
# ## Load it back
#
# Now the proof. Load the folder, exactly as you load a name from the Hub. Is every weight the same? And does the
# model answer the same?

# %%
ck.predict("4.2")

# %% tags=["pytorch"]
again = AutoModel.from_pretrained(folder)

weights = [value.numpy() for value in model.state_dict().values()]
weights_again = [value.numpy() for value in again.state_dict().values()]

inputs = torch.tensor([[101, 7592, 999, 102]])
with torch.no_grad():
    before = model(inputs).last_hidden_state.numpy()
    after = again(inputs).last_hidden_state.numpy()

# %% tags=["tensorflow"]
again = TFAutoModel.from_pretrained(folder)

weights = [weight.numpy() for weight in model.weights]
weights_again = [weight.numpy() for weight in again.weights]

inputs = tf.constant([[101, 7592, 999, 102]])
before = model(inputs).last_hidden_state.numpy()
after = again(inputs).last_hidden_state.numpy()

# %%
same = [(one == other).all() for one, other in zip(weights, weights_again, strict=True)]
print("Before and after:")
print("equal weight tensors:", sum(same), "of", len(same))
ck.outcome("4.2", float(abs(before - after).max()))

# %% [markdown]
# The same model. Nothing was lost on the way to the disk and back.

# %% [markdown] tags=["tensorflow"]
# ## To PyTorch and back
#
# In lesson 3 you read PyTorch's weights into TensorFlow. Does the other way work, too? PyTorch is asked in a Python
# of its own, so that this notebook stays with TensorFlow. It builds a model from your `config.json`, fills it from
# your `tf_model.h5`, and runs it on the same input.
#
# A helper of the course does it: `ck.run_in_pytorch` takes a folder and input IDs, and gives back the last hidden
# state.

# %% tags=["tensorflow", "needs-pytorch"] because="without PyTorch there is nobody to ask, and the cell says so."
import sys

in_pytorch = ck.run_in_pytorch(folder, [[101, 7592, 999, 102]])
if in_pytorch is None:
    print("PyTorch is not installed here.")
else:
    print("TensorFlow:", before[0, 1, :4].round(4))
    print("PyTorch:   ", in_pytorch[0, 1, :4].round(4))
    print("largest difference below 0.0001:", bool(abs(before - in_pytorch).max() < 1e-4))
print("PyTorch is loaded in this notebook:", "torch" in sys.modules)

# %% [markdown] tags=["tensorflow"]
# Equal to four decimals and more. Two frameworks add numbers up in different orders, so the very last digits may
# differ. Your work in TensorFlow is not lost when you move to PyTorch.

# %% [markdown]
# ## Who decides what is built?
#
# You have a folder with weights, and a config that does not fit them. Let the config say **3** layers now, and load the
# folder.

# %%
ck.predict("4.3")

# %% tags=["pytorch"]
config_file = scratch / "only_weights" / "config.json"
config_file.write_text(json.dumps({**saved, "num_hidden_layers": 3}))

tampered, report = AutoModel.from_pretrained(scratch / "only_weights", output_loading_info=True)

# %% tags=["tensorflow"]
config_file = scratch / "only_weights" / "config.json"
config_file.write_text(json.dumps({**saved, "num_hidden_layers": 3}))

tampered, report = TFAutoModel.from_pretrained(scratch / "only_weights", output_loading_info=True)

# %%
print("Parameters before, and now:")
print(f"{model.num_parameters():,}")
print(f"{tampered.num_parameters():,}")
print("in the file and not used:", len(report["unexpected_keys"]), "tensors")
ck.outcome("4.3", tampered.config.num_hidden_layers)

# %% [markdown]
# The weights of the other layers stay in the file, unused. Keep the two files together, and change neither by hand.

# %% [markdown]
# ## Your turn
#
# Write your answer in the cell below each task, in place of the three dots, and run it. You may try as often as you
# like. A wrong answer gets a hint of its own. (Nothing leaves this computer.)

# %%
ck.exercise("4.1")

# %%
ck.exercise("4.2")

# %%
ck.exercise("4.3")

# %% [markdown]
# Five questions to end with. Each choice is answered at once.

# %%
ck.quiz("4")

# %% [markdown]
# ## Words of this lesson
#
# | word | what it means |
# |---|---|
# | `save_pretrained` | writes the config and the weights into a folder |
# | state dictionary | the table from names to tensors that holds all weights |
# | pickle | a kind of file that can run code when it is read |
# | safetensors | a kind of file that holds names, shapes and numbers, and no code |
# | h5 | TensorFlow's own kind of file for weights |
# | float32, float16 | numbers of 4 bytes, and of 2 |
# | missing, unexpected | asked for by the config and not in the file; in the file and not asked for |

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
