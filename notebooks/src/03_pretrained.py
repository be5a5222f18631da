# %% [markdown]
# # 3. Load what somebody else has trained
#
# {{badges}}
#
# When you are done, you can
#
# - load a trained model in one line, without writing a config,
# - show that it knows something,
# - say what `AutoModel` does for you, and where its help ends,
# - notice when an architecture and a checkpoint do not fit,
# - find the files that were downloaded, and move them elsewhere.
#
# This takes about ten minutes. You read the {{framework}} track. The same lesson in {{other}}.

# %% [markdown]
# ## Which checkpoint
#
# The chapter loads `bert-base-cased`, one of the models that the authors of BERT trained themselves. It lies on the
# Hugging Face Hub, so you need the internet once. For rooms without internet the course brings a smaller BERT, the
# *offline BERT*. `ck.checkpoint` says which one you get.

# %%
checkpoint = ck.checkpoint("bert-base-cased")
print(checkpoint)

# %% [markdown]
# The outputs that are printed in this lesson were made with the offline BERT. If your line says `bert-base-cased`,
# your numbers will be others: it is twice as deep and twice as wide. What the text says about them holds for both.
#
# A checkpoint's page on the Hub is its *model card*. Read it before you use a model: what it was trained on, what it
# is good for, where it is known to fail, and what its license lets you do. Here are the cards of
# [bert-base-cased](https://huggingface.co/google-bert/bert-base-cased) and of the [offline
# BERT](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2).

# %% [markdown]
# ## One line
#
# In lesson 1 you needed two lines: a config, then a model. How many now?

# %% tags=["pytorch"]
from transformers import BertModel

model = BertModel.from_pretrained(checkpoint)

# %% tags=["tensorflow"]
from transformers import TFBertModel

model = TFBertModel.from_pretrained(checkpoint)

# %% [markdown]
# One. You wrote no config, because the checkpoint brings its own:

# %%
print("layers:", model.config.num_hidden_layers)
print("width: ", model.config.hidden_size)
print(f"{model.num_parameters():,} parameters")

# %% [markdown]
# In lesson 2, two models from one config differed. Now load the same checkpoint a second time. Equal or not?

# %% tags=["pytorch"]
again = BertModel.from_pretrained(checkpoint)

table = model.embeddings.word_embeddings.weight.detach().numpy()
table_again = again.embeddings.word_embeddings.weight.detach().numpy()

# %% tags=["tensorflow"]
again = TFBertModel.from_pretrained(checkpoint)

table = model.bert.embeddings.weight.numpy()
table_again = again.bert.embeddings.weight.numpy()

# %%
print("equal:", (table == table_again).all())

# %% [markdown]
# Equal, to the last digit. Nothing is drawn at random: every weight comes from the file.

# %% [markdown] tags=["tensorflow"]
# Who wrote that file? A safetensors file says in its header which framework saved it.

# %% tags=["tensorflow"]
import sys

from huggingface_hub import hf_hub_download
from safetensors import safe_open

weights_file = hf_hub_download(checkpoint, "model.safetensors")
with safe_open(weights_file, framework="np") as file:
    print(file.metadata())
print("PyTorch is loaded:", "torch" in sys.modules)

# %% [markdown] tags=["tensorflow"]
# `pt` is PyTorch. So you have just read weights from PyTorch into a TensorFlow model, and PyTorch was not needed for
# it: it is not even loaded here. Nearly all checkpoints on the Hub come this way. Lesson 4 shows the way back.

# %% [markdown]
# ## Does it know anything?
#
# Turn a text into one vector: run the model, and take the mean over its tokens. Two texts are alike for the model
# when their vectors point the same way. The *cosine* measures that: 1 is the same direction, 0 has nothing in common.
#
# You compare the trained model to its random twin, built from the very same config.

# %% tags=["pytorch"]
import torch
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(checkpoint)

torch.manual_seed(0)
twin = BertModel(model.config).eval()  # eval as in lesson 2; from_pretrained does it for you


def vector(model, text):
    inputs = tokenizer(text, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**inputs).last_hidden_state  # (1, tokens, width)
    return hidden[0].mean(dim=0).numpy()  # (width,)


# %% tags=["tensorflow"]
import tensorflow as tf
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(checkpoint)

tf.keras.utils.set_random_seed(0)
twin = TFBertModel(model.config)


def vector(model, text):
    inputs = tokenizer(text, return_tensors="tf")
    hidden = model(**inputs).last_hidden_state  # (1, tokens, width)
    return tf.reduce_mean(hidden[0], axis=0).numpy()  # (width,)


# %% [markdown]
# The first sentence below is compared to the other three. Which of them means nearly the same? And which one only
# looks the same?

# %%
import numpy as np


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


sentence = "A cat sleeps on the sofa."
others = [
    "A kitten is napping on the couch.",
    "A bill waits on the desk.",
    "The bank lends money to firms.",
]

print("trained random")
for other in others:
    trained, random = (cosine(vector(m, sentence), vector(m, other)) for m in (model, twin))
    print(f"{trained:7.2f} {random:6.2f}  {other}")

# %% [markdown]
# The random twin finds all three about equally close. It goes by shared words at best: the bill on the desk does as
# well as the kitten. The trained model sets the kitten far apart from the rest, though it shares only *A*, *on*,
# *the* and the full stop with the cat.
#
# If you loaded `bert-base-cased`, expect higher values in the trained column. It was not trained to compare
# sentences, the offline BERT was. Compare your first row with your last one.
#
# See it for all pairs at once, and open the other pictures, too: the tokens on a map, for one.

# %% tags=["pytorch"]
inputs = tokenizer([sentence, *others], padding=True, return_tensors="pt")
with torch.no_grad():
    random_output = twin(**inputs, output_hidden_states=True)
    pretrained_output = model(**inputs, output_hidden_states=True)

# %% tags=["tensorflow"]
inputs = tokenizer([sentence, *others], padding=True, return_tensors="tf")
random_output = twin(**inputs, output_hidden_states=True)
pretrained_output = model(**inputs, output_hidden_states=True)

# %%
ck.OutputExplorer(
    random=random_output,
    pretrained=pretrained_output,
    input_ids=inputs,
    tokenizer=tokenizer,
    picture="sequences",
)

# %% [markdown]
# Both sides share one colour scale. On the random side all pairs look much the same. On the trained side one pair
# stands out: the two that mean the same.
#
# Where does the difference come from? It has to be in the weights. Compare them: the histograms, and the small
# picture of `position_embeddings`.

# %%
ck.WeightComparison(random=twin, pretrained=model)

# %% [markdown]
# The random weights follow the bell curve that you know from lesson 2, and their picture is noise. Training has
# pulled the weights away from it. In the position table it has drawn bands: positions next to each other have become
# alike. Nobody programmed that.

# %% [markdown] tags=["pytorch"]
# ## `AutoModel`: code that fits more than one checkpoint
#
# `BertModel` is right as long as the checkpoint is a BERT. `AutoModel` takes any checkpoint: it reads the
# `model_type` in its config and picks the class, as you saw in lesson 1.

# %% [markdown] tags=["tensorflow"]
# ## `TFAutoModel`: code that fits more than one checkpoint
#
# `TFBertModel` is right as long as the checkpoint is a BERT. `TFAutoModel` takes any checkpoint: it reads the
# `model_type` in its config and picks the class, as you saw in lesson 1.

# %% tags=["pytorch"]
from transformers import AutoModel

model = AutoModel.from_pretrained(checkpoint)
print(model.config.model_type, "->", type(model).__name__)

# %% tags=["tensorflow"]
from transformers import TFAutoModel

model = TFAutoModel.from_pretrained(checkpoint)
print(model.config.model_type, "->", type(model).__name__)

# %% [markdown]
# The same class, and now your code no longer names it. That is *checkpoint-agnostic* code: change the checkpoint,
# keep the code.
#
# How did the auto class get from a name to a model? Follow it, step by step. No weights are loaded for this.

# %%
ck.AutoModelTrace(checkpoint)

# %% [markdown]
# The name leads to `config.json`, its `model_type` to a row in a table, the row to a class. Only then comes the file
# with the weights.
#
# It has limits. Take a model of another architecture, with random weights and one layer, as you need no more here.
# Ask both models for their width, and then for their first layer by the path that you know from BERT.

# %% tags=["pytorch"]
from transformers import DistilBertConfig

other_model = AutoModel.from_config(DistilBertConfig(num_hidden_layers=1))
for m in (model, other_model):
    print(type(m).__name__, "is", m.config.hidden_size, "wide")
    try:
        print("  first layer:", type(m.encoder.layer[0]).__name__)
    except AttributeError as error:
        print(" ", error)

# %% tags=["tensorflow"]
from transformers import DistilBertConfig

other_model = TFAutoModel.from_config(DistilBertConfig(num_hidden_layers=1))
for m in (model, other_model):
    print(type(m).__name__, "is", m.config.hidden_size, "wide")
    try:
        print("  first layer:", type(m.bert.encoder.layer[0]).__name__)
    except AttributeError as error:
        print(" ", error)

# %% [markdown]
# What all models share is safe: `from_pretrained`, `config`, the call itself. What lies inside belongs to one
# architecture.
#
# A second limit: the auto class gives you a model for *some* task. The one you used gives the body, which ends in
# vectors. Other auto classes put a *head* on top, one for each task. Load the checkpoint with a head that sorts texts
# into classes, and ask which weights were not in the file.

# %% tags=["pytorch"]
from transformers import AutoModelForSequenceClassification

classifier, report = AutoModelForSequenceClassification.from_pretrained(
    checkpoint,
    output_loading_info=True,
)

# %% tags=["tensorflow"]
from transformers import TFAutoModelForSequenceClassification

classifier, report = TFAutoModelForSequenceClassification.from_pretrained(
    checkpoint,
    output_loading_info=True,
)

# %%
print(type(classifier).__name__)
print("not in the file:", sorted(report["missing_keys"]))

# %% [markdown]
# The trace says the same before anything is loaded. Look at its last steps.

# %%
ck.AutoModelTrace(checkpoint, task="sequence-classification")

# %% [markdown]
# No error. The body is trained, the head is random, because nobody trained it. Use it now and you get gibberish with
# a trained accent. To train such a head on your own texts, together with the body, is called *fine-tuning*. It needs
# little data, because the body already knows the language.

# %% [markdown]
# ## When they do not fit
#
# The same happens when you ask for an architecture that the checkpoint was not made for. Ask for one layer more than
# the file has:

# %% tags=["pytorch"]
layers = model.config.num_hidden_layers
taller, report = BertModel.from_pretrained(
    checkpoint,
    num_hidden_layers=layers + 1,
    output_loading_info=True,
)

# %% tags=["tensorflow"]
layers = model.config.num_hidden_layers
taller, report = TFBertModel.from_pretrained(
    checkpoint,
    num_hidden_layers=layers + 1,
    output_loading_info=True,
)

# %%
print(len(report["missing_keys"]), "weight tensors are not in the file, such as")
print(min(report["missing_keys"]))

# %% [markdown]
# The whole extra layer is random. (Counting from zero, its number is the number of layers in the file.) Normally
# transformers writes a warning about it in red. `ck.setup` keeps such warnings off the lessons, and
# `output_loading_info` tells you the same.
#
# So a checkpoint fits an architecture when nothing is missing. Any of the [BERT checkpoints on the
# Hub](https://huggingface.co/models?other=bert) fits the BERT class. Check one of your choice:

# %% tags=["pytorch"]
fitting, report = BertModel.from_pretrained(checkpoint, output_loading_info=True)

# %% tags=["tensorflow"]
fitting, report = TFBertModel.from_pretrained(checkpoint, output_loading_info=True)

# %%
print("missing:", len(report["missing_keys"]))

# %% [markdown]
# ## Where the files are
#
# You loaded this checkpoint many times by now. It was downloaded once at most. The files are in the *cache*, a folder
# of your own. Here are the two that make a model, with their sizes:

# %%
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache

cache = Path(constants.HF_HUB_CACHE)
print("in the folder", cache.name, "of the cache:")
for name in ("config.json", "model.safetensors"):
    file = Path(try_to_load_from_cache(checkpoint, name))
    print(f"{file.stat().st_size:>12,} bytes  {file.relative_to(cache).parts[0]} … {file.name}")

# %% [markdown]
# The config is tiny. The weights take 4 bytes for each parameter, plus a table of contents.
#
# Each checkpoint has a folder named after it. Inside, `blobs` holds every file once, `snapshots` holds one folder for
# each version, with the readable names, and `refs` says which version is the newest that you know.
#
# Your cache may hold more than this course. Run the next cell to see what is in it, how much space it takes, and how
# you would free it. It changes nothing. (No output is printed here, since your cache is yours.)

# %% tags=["yours"]
# yours: it shows what lies on your own disk, which is different on every machine.
ck.CacheBrowser()

# %% [markdown]
# Where is the cache? Older texts, the chapter among them, name a folder `~/.cache/huggingface/transformers`. That was
# then. The next cell asks a fresh Python where it would look, for a user called Ada. With the setting `HF_HOME` you
# can move the cache, to a bigger disk for instance.

# %%
import os
import subprocess
import sys


def cache_with(**settings):
    mine = ("HF_", "HUGGINGFACE_", "XDG_")  # settings of this machine that would show through
    clean = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
    question = "from huggingface_hub import constants; print(constants.HF_HUB_CACHE)"
    command = [sys.executable, "-c", question]
    return subprocess.check_output(command, env={**clean, **settings}, text=True).strip()


print("by default:  ", cache_with(HOME="/home/ada"))
print("with HF_HOME:", cache_with(HOME="/home/ada", HF_HOME="/data/huggingface"))

# %% [markdown]
# Set `HF_HOME` before Python starts, or at least before the first import of transformers: it is read only once.

# %% [markdown]
# ## The second load downloads nothing
#
# Do not take it on trust. The next cell cuts the network: whatever asks for a connection gets an error, and is
# counted. `local_files_only=True` tells transformers not to ask for a newer version. Does the model load?

# %% tags=["pytorch"]
import socket
from unittest.mock import patch

with patch.object(socket.socket, "connect", side_effect=OSError("the network is cut")) as connect:
    offline_model = AutoModel.from_pretrained(checkpoint, local_files_only=True)

# %% tags=["tensorflow"]
import socket
from unittest.mock import patch

with patch.object(socket.socket, "connect", side_effect=OSError("the network is cut")) as connect:
    offline_model = TFAutoModel.from_pretrained(checkpoint, local_files_only=True)

# %%
print("connections asked for:", connect.call_count)
print(f"{offline_model.num_parameters():,} parameters loaded")

# %% [markdown]
# It loads, and nobody asked for a connection. Without `local_files_only` transformers asks the Hub whether there is a
# newer version. That is a short question and a short answer. The weights come from the cache again, unless they have
# changed.

# %% [markdown]
# ## Your turn
#
# **1.** Write two sentences of your own into the next cell: a pair that means the same in other words. Then one that
# means the opposite in nearly the same words ("I love this film." and "I hate this film."). Which pair is closer for
# the model?

# %%
one, two = "I love this film.", "I hate this film."

print(f"{cosine(vector(model, one), vector(model, two)):.2f}")

# %% [markdown]
# <details><summary>What to look for</summary>
#
# Opposites often come out close. They are about the same thing, and they stand in the same kind of texts. A trained
# model knows a lot, but what "alike" means to it comes from its training, not from you.
#
# </details>
#
# **2.** What will be random if you load this checkpoint with the class for question answering? Guess, then look at
# the report.
#
# <details><summary>Solution</summary>
#
# Use `AutoModelForQuestionAnswering` (in TensorFlow `TFAutoModelForQuestionAnswering`) and
# `output_loading_info=True`. Only the head is missing: `qa_outputs.bias` and `qa_outputs.weight`.
#
# </details>

# %% [markdown]
# ## Recap
#
# - `from_pretrained` takes an identifier from the Hub, and brings config and weights together.
# - The model card tells what a model was trained on and what it is good for.
# - An auto class picks the architecture. It cannot make different architectures alike inside.
# - What is not in the file is random. `output_loading_info=True` lists it.
# - Files are downloaded once, into `hub` below the Hugging Face home. `HF_HOME` moves it.
#
# **Next:** {{next}}
