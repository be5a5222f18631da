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
# - swap a checkpoint for one of another architecture without touching your code, and say when that works,
# - train a small head on top of a trained model, in seconds,
# - notice when an architecture and a checkpoint do not fit,
# - find the files that were downloaded, and move them elsewhere.
#
# This takes about {{minutes}} minutes. A good place for a break is before *Where the files are*. You read the
# {{framework}} track. The same lesson in {{other}}.

# %% [markdown]
# ## Which checkpoint
#
# The chapter loads `bert-base-cased`, one of the models that the authors of BERT trained themselves. It lies on the
# Hugging Face *Hub*, a place on the web where people share models, so you need the internet once. For rooms without
# internet the course brings a smaller BERT, the *offline BERT*. `ck.checkpoint` says which one you get.

# %%
checkpoint = ck.checkpoint("bert-base-cased")
print(checkpoint)

# %% [markdown]
# The outputs that are printed in this lesson were made with the offline BERT, and the text speaks of these. If your
# line says `bert-base-cased`, your numbers will be others: it is twice as deep and twice as wide.
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

model = BertModel.from_pretrained(checkpoint)  # with the name written out: BertModel.from_pretrained("bert-base-cased")

# %% tags=["tensorflow"]
from transformers import TFBertModel

model = TFBertModel.from_pretrained(
    checkpoint
)  # with the name written out: TFBertModel.from_pretrained("bert-base-cased")

# %% [markdown]
# One. You wrote no config, because the checkpoint brings its own:

# %%
print("layers:", model.config.num_hidden_layers)
print("width: ", model.config.hidden_size)
print(f"{model.num_parameters():,} parameters")

# %% [markdown]
# In lesson 2, two models from one config differed. Now load the same checkpoint a second time. Equal or not?

# %%
ck.predict("3.1")

# %% tags=["pytorch"]
again = BertModel.from_pretrained(checkpoint)

table = model.embeddings.word_embeddings.weight.detach().numpy()
table_again = again.embeddings.word_embeddings.weight.detach().numpy()

# %% tags=["tensorflow"]
again = TFBertModel.from_pretrained(checkpoint)

table = model.bert.embeddings.weight.numpy()
table_again = again.bert.embeddings.weight.numpy()

# %%
ck.outcome("3.1", bool((table == table_again).all()))

# %% [markdown]
# Nothing is drawn at random: every weight comes from the file.

# %% [markdown] tags=["tensorflow"]
# Who wrote that file? A safetensors file says in its header which framework saved it.

# %% tags=["tensorflow"]
import sys

from huggingface_hub import hf_hub_download
from safetensors import safe_open

_weights_file = hf_hub_download(checkpoint, "model.safetensors")
with safe_open(_weights_file, framework="np") as _file:
    print(_file.metadata())
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
ck.predict("3.2")

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

print("trained, random:")
for other in others:
    trained, random = (cosine(vector(m, sentence), vector(m, other)) for m in (model, twin))
    print(f"{trained:7.2f} {random:6.2f}  {other}")
ck.outcome("3.2", max(others, key=lambda other: cosine(vector(model, sentence), vector(model, other))))

# %% [markdown]
# The random twin finds all three about equally close. It goes by shared words at best: the bill on the desk does as
# well as the kitten. The trained model sets the kitten far apart from the rest, though it shares only *A*, *on*,
# *the* and the full stop with the cat.
#
# If you loaded `bert-base-cased`, your trained column looks otherwise: the offline BERT was trained to compare
# sentences, and `bert-base-cased` was not.
#
# See it for all pairs at once.

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
# Open *Tokens alike*, too. It compares every token with every other one, before and after training.
#
# Where does the difference come from? It has to be in the weights. Start with the word table. Each word is a row: which
# rows point most nearly the same way as the row of *hello*? Guess three words for the trained model, and three for the
# random one.

# %% tags=["pytorch"]
random_table = twin.embeddings.word_embeddings.weight.detach().numpy()

# %% tags=["tensorflow"]
random_table = twin.bert.embeddings.weight.numpy()


# %%
def nearest(word, rows):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)  # each row scaled to length 1
    cosines = unit @ unit[tokenizer.convert_tokens_to_ids(word)]  # (vocab_size,)
    return tokenizer.convert_ids_to_tokens(cosines.argsort()[::-1][1:6].tolist())


for word in ("hello", "seven", "king"):
    print(f"{word:6} trained:", *nearest(word, table))
    print(f"{word:6} random: ", *nearest(word, random_table))

# %% [markdown]
# Nobody told the model that *hello* and *hi* are alike. It has read texts in which they stand in the same places, and
# training has moved their rows together. The random rows are neighbours by accident.
#
# Now compare all weights. The word table comes first: look at its spread, before and after.

# %%
ck.WeightComparison(random=twin, pretrained=model)

# %%
print(f"spread of the word table: random {random_table.std():.3f}, trained {table.std():.3f}")

# %% [markdown]
# The random weights follow the bell curve that you know from lesson 2, and their picture is noise. Training has pulled
# the weights away from it. Look at `position_embeddings` as well: training has drawn bands, positions next to each
# other have become alike.

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
# No error. The body is trained, the head is random, because nobody trained it. Use it now and you get gibberish with a
# trained accent.
#
# (Three words for two things: *head* here means this last layer, the *task head*. It is not one of the attention heads
# inside the layers. And the *pooler*, which ends the body, is not a head either.)

# %% [markdown]
# ## Fine-tuning: train the head, in seconds
#
# To train a head on your own texts is called *fine-tuning*. It can take the body along; here the body stays *frozen*,
# as it is. The body already knows the language, so twelve sentences will do. Let the classifier tell good from bad, and
# test it on eight sentences that it has not seen. How many will it get right before? And after?

# %%
good = ["I love this film.", "What a wonderful day.", "The food was great.", "She is very kind."]
good += ["I am happy with it.", "A beautiful song."]
bad = ["I hate this film.", "What a terrible day.", "The food was awful.", "She is very rude."]
bad += ["I am angry about it.", "An ugly song."]
labels = [1] * len(good) + [0] * len(bad)

unseen = ["We enjoyed every minute.", "A delightful little restaurant.", "Thank you, that was lovely."]
unseen += ["It is the best book in years.", "The worst service ever.", "I am so disappointed."]
unseen += ["The hotel was dirty and loud.", "A boring waste of time."]
expected = [1, 1, 1, 1, 0, 0, 0, 0]


# %% tags=["pytorch"]
def judge(classifier, tokenizer, texts):
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        return classifier(**inputs).logits.argmax(-1).tolist()


def body_output(classifier, tokenizer):
    inputs = tokenizer(good + bad, padding=True, return_tensors="pt")
    with torch.no_grad():
        return classifier.base_model(**inputs)


def train(head, weights, vectors, rate):
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(head(vectors), torch.tensor(labels))
        for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.data.sub_(rate * slope)  # a step downhill


# %% tags=["tensorflow"]
def judge(classifier, tokenizer, texts):
    inputs = tokenizer(texts, padding=True, return_tensors="tf")
    return tf.argmax(classifier(**inputs).logits, axis=-1).numpy().tolist()


def body_output(classifier, tokenizer):
    inputs = tokenizer(good + bad, padding=True, return_tensors="tf")
    return getattr(classifier, classifier.base_model_prefix)(**inputs)


def train(head, weights, vectors, rate):
    for _ in range(150):
        with tf.GradientTape() as tape:
            losses = tf.keras.losses.sparse_categorical_crossentropy(labels, head(vectors), from_logits=True)
            loss = tf.reduce_mean(losses)
        for weight, slope in zip(weights, tape.gradient(loss, weights), strict=True):
            weight.assign_sub(rate * slope)  # a step downhill


# %% [markdown]
# The vectors of the body are computed once, since a frozen body gives the same ones each time. BERT's classifier starts
# from the pooler's vector, one for each sentence.


# %%
def right(classifier, tokenizer):
    answers = judge(classifier, tokenizer, unseen)
    return f"{sum(a == b for a, b in zip(answers, expected, strict=True))} of {len(expected)} right"


before = right(classifier, tokenizer)

# %% tags=["pytorch"]
head = classifier.classifier
train(head, list(head.parameters()), body_output(classifier, tokenizer).pooler_output, rate=0.5)

# %% tags=["tensorflow"]
head = classifier.classifier
train(head, head.trainable_weights, body_output(classifier, tokenizer).pooler_output, rate=0.5)

# %%
print("before:", before)
print("after: ", right(classifier, tokenizer))

# %% [markdown]
# Twelve sentences, a few seconds, and it generalizes to others. Train a whole new model on twelve sentences, and it
# learns these twelve by heart. That is what pretraining buys you.
#
# Save it. From now on it is a checkpoint for one task, and can be used for that task at once.

# %%
scratch = ck.scratch_folder()
classifier.config.id2label = {0: "bad", 1: "good"}
classifier.config.label2id = {"bad": 0, "good": 1}
classifier.save_pretrained(scratch / "sentiment-bert")
tokenizer.save_pretrained(scratch / "sentiment-bert")
saved = sorted(file.name for file in (scratch / "sentiment-bert").iterdir())
print([name for name in saved if name == "config.json" or name.endswith((".safetensors", ".h5"))])

# %% [markdown]
# ## Another architecture, the same code
#
# Will the code around it work with a checkpoint of another architecture? You need one that was trained for the same
# task. `ck.make_distilbert` writes the course's BERT once more as a *DistilBERT*, which names its layers otherwise and
# has no pooler. Its classifier makes up for that with two layers, and starts from the vector of `[CLS]`. Train it in
# the same way.

# %% tags=["pytorch"]
distilbert = ck.make_distilbert(checkpoint, scratch / "distilbert")
torch.manual_seed(0)
second = AutoModelForSequenceClassification.from_pretrained(distilbert)
second_tokenizer = AutoTokenizer.from_pretrained(distilbert)

first_tokens = body_output(second, second_tokenizer).last_hidden_state[:, 0]  # (sentences, width)
head = torch.nn.Sequential(second.pre_classifier, torch.nn.ReLU(), second.classifier)
weights = list(head.parameters())
train(head, weights, first_tokens, rate=0.05)

# %% tags=["tensorflow"]
distilbert = ck.make_distilbert(checkpoint, scratch / "distilbert")
tf.keras.utils.set_random_seed(0)
second = TFAutoModelForSequenceClassification.from_pretrained(distilbert)
second_tokenizer = AutoTokenizer.from_pretrained(distilbert)

first_tokens = body_output(second, second_tokenizer).last_hidden_state[:, 0]  # (sentences, width)
judge(second, second_tokenizer, unseen)  # the first call makes the weights


def head(vectors):
    return second.classifier(second.pre_classifier(vectors))  # the first one has its ReLU inside


weights = second.pre_classifier.trainable_weights + second.classifier.trainable_weights
train(head, weights, first_tokens, rate=0.05)

# %%
second.config.id2label = {0: "bad", 1: "good"}
second.config.label2id = {"bad": 0, "good": 1}
_ = second_tokenizer.save_pretrained(scratch / "sentiment-distilbert")
second.save_pretrained(scratch / "sentiment-distilbert")

# %% [markdown]
# Here is the code that does not care. Only the name of the checkpoint changes.

# %% tags=["pytorch"]
auto_class = AutoModelForSequenceClassification

# %% tags=["tensorflow"]
auto_class = TFAutoModelForSequenceClassification

# %%
for name in ("sentiment-bert", "sentiment-distilbert"):
    its_tokenizer = AutoTokenizer.from_pretrained(scratch / name)
    its_model = auto_class.from_pretrained(scratch / name)
    answers = [
        its_model.config.id2label[answer] for answer in judge(its_model, its_tokenizer, unseen[:2] + unseen[4:6])
    ]
    print(f"{type(its_model).__name__}: {', '.join(answers)} ({right(its_model, its_tokenizer)})")

# %% [markdown]
# Two architectures, one piece of code. It works *as long as* four things hold:
#
# - The checkpoint was trained for the same task, so that the head is in the file and the auto class for that task loads
#   it. (The plain body in `distilbert` would load, too, with a random head.)
# - The labels mean the same. They stand in the config, as `id2label`.
# - The tokenizer comes from the same checkpoint as the model. DistilBERT takes no `token_type_ids`, and its tokenizer
#   makes none.
# - Your code uses what all models share, and nothing from inside one architecture.

# %% [markdown]
# ## When they do not fit
#
# What happens when you ask for an architecture that the checkpoint was not made for? Ask for one layer more than the
# file has.

# %%
ck.predict("3.3")

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
print("The first of them that is not in the file:")
print(min(report["missing_keys"]))
ck.outcome("3.3", len(report["missing_keys"]))

# %% [markdown]
# The whole extra layer is random. (Counting from zero, its number is the number of layers in the file.) Normally
# transformers writes a warning about it in red. `ck.setup` keeps such warnings off the lessons, and
# `output_loading_info` tells you the same.
#
# Now ask for one layer *less*. Nothing will be missing. Does the checkpoint fit, then?

# %% tags=["pytorch"]
_, shorter = BertModel.from_pretrained(checkpoint, num_hidden_layers=layers - 1, output_loading_info=True)
_, exact = BertModel.from_pretrained(checkpoint, output_loading_info=True)

# %% tags=["tensorflow"]
_, shorter = TFBertModel.from_pretrained(checkpoint, num_hidden_layers=layers - 1, output_loading_info=True)
_, exact = TFBertModel.from_pretrained(checkpoint, output_loading_info=True)

# %%
for name, info in (("one layer less", shorter), ("as saved", exact)):
    print(f"{name:15}", *(f"{key} {len(info[key])}" for key in ("missing_keys", "unexpected_keys", "mismatched_keys")))

# %% [markdown]
# A whole layer of the file is thrown away, and the model answers without it. So look at three lists. `missing_keys` are
# random now. `unexpected_keys` stand in the file, and the model has no place for them. `mismatched_keys` have another
# shape. A checkpoint fits an architecture when all three are empty.

# %% [markdown] tags=["tensorflow"]
# Or nearly: in TensorFlow one key is unexpected even in the checkpoint as it was saved. Which one?

# %% tags=["tensorflow"]
print(sorted(exact["unexpected_keys"]))

# %% [markdown] tags=["tensorflow"]
# These are the row numbers 0 to 511, one after the other. Older versions saved them, and today's class makes them
# itself, so nothing is lost. (PyTorch's class knows that and does not list them.) A list has to be read, not only
# counted.

# %% [markdown]
# Does every BERT checkpoint fit the BERT class? There are [hundreds on the
# Hub](https://huggingface.co/models?other=bert). Take one that was saved with a head for masked words, a tiny random
# one made on the spot.

# %% tags=["pytorch"]
from transformers import BertConfig, BertForMaskedLM

tiny = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
BertForMaskedLM(tiny).save_pretrained(scratch / "masked-words")
_, headed = BertModel.from_pretrained(scratch / "masked-words", output_loading_info=True)

# %% tags=["tensorflow"]
from transformers import BertConfig, TFBertForMaskedLM

tiny = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
_masked = TFBertForMaskedLM(tiny)
_ = _masked(_masked.dummy_inputs)
_masked.save_pretrained(scratch / "masked-words")
_, headed = TFBertModel.from_pretrained(scratch / "masked-words", output_loading_info=True)

# %%
print("missing:", sorted(headed["missing_keys"]))

# %% [markdown]
# The pooler is missing: a BERT for masked words has none, so its file has none. The vectors of the tokens are fine, and
# `pooler_output` would be gibberish. It fits for one use and not for the other. Read the list.

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
# The config is tiny. The weights take 4 bytes for each parameter. What is the rest of that file? Ask it for its names.

# %%
from safetensors import safe_open

with safe_open(file, framework="np") as weights:
    names = list(weights.keys())
print(f"{len(names)} tensors in the file; 4 bytes for each parameter are {4 * model.num_parameters():,}")
print("read by nobody:", [name for name in names if name.endswith("position_ids")])

# %% [markdown]
# In the offline BERT's file there is a table of contents, and one small tensor that older versions saved and today's
# class no longer reads: the row numbers 0 to 511, one after the other.
#
# Each checkpoint has a folder named after it. Inside, `blobs` holds every file once, `snapshots` holds one folder for
# each version, with the readable names, and `refs` says which version is the newest that you know.
#
# Your cache may hold more than this course. Run the next cell to see what is in it, how much space it takes, and how
# you would free it. It changes nothing. (No output is printed here, since your cache is yours.)

# %% tags=["yours"] because="it shows what lies on your own disk, which is different on every machine."
ck.CacheBrowser()

# %% [markdown]
# Where is the cache? Older texts, the chapter among them, name a folder `~/.cache/huggingface/transformers`. That was
# then. `ck.cache_folder` asks a fresh Python where it would look, for a user called Ada. With the setting `HF_HOME` you
# can move the cache, to a bigger disk for instance.

# %%
print("by default:  ", ck.cache_folder(HOME="/home/ada"))
print("with HF_HOME:", ck.cache_folder(HOME="/home/ada", HF_HOME="/data/huggingface"))

# %% [markdown]
# Set `HF_HOME` before Python starts, or at least before the first import of transformers: it is read only once.

# %% [markdown]
# ## The second load downloads nothing
#
# Do not take it on trust. Inside `with ck.no_network()` whatever asks for a connection gets an error, and is counted.
# `local_files_only=True` tells transformers not to ask for a newer version. Does the model load?

# %%
ck.predict("3.4")

# %% tags=["pytorch"]
with ck.no_network() as connections:
    offline_model = AutoModel.from_pretrained(checkpoint, local_files_only=True)

# %% tags=["tensorflow"]
with ck.no_network() as connections:
    offline_model = TFAutoModel.from_pretrained(checkpoint, local_files_only=True)

# %%
print("Without a network:")
print(f"{offline_model.num_parameters():,} parameters loaded")
ck.outcome("3.4", connections.count)

# %% [markdown]
# It loads, and nobody asked for a connection. Without `local_files_only` transformers asks the Hub whether there is a
# newer version. That is a short question and a short answer. The weights come from the cache again, unless they have
# changed.

# %% [markdown]
# ## Your turn
#
# Write your answer in the cell below each task, in place of the three dots, and run it. You may try as often as you
# like. A wrong answer gets a hint of its own. (Nothing leaves this computer.)

# %%
ck.exercise("3.1")

# %%
ck.exercise("3.2")

# %%
ck.exercise("3.3")

# %% [markdown]
# One to play with: write a pair of your own that means the same in other words, and one that means the opposite in
# nearly the same words. Which pair is closer for the model?

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

# %% [markdown]
# Five questions to end with. Each choice is answered at once.

# %%
ck.quiz("3")

# %% [markdown]
# ## Words of this lesson
#
# | word | what it means |
# |---|---|
# | Hub, model card | where models are shared; the page that describes one |
# | cosine | how nearly two vectors point the same way: 1 is the same direction |
# | checkpoint-agnostic | code that names no architecture |
# | body, task head | the layers that end in vectors; a last layer that turns them into an answer |
# | pooler | the end of BERT's body: one vector for the whole text |
# | fine-tuning, frozen | training a trained model further; a part that stays as it is |
# | missing, unexpected, mismatched | not in the file; in the file with no place in the model; of another shape |
# | cache | the folder where downloaded files are kept |

# %% [markdown]
# ## Recap
#
# - `from_pretrained` takes an identifier from the Hub, and brings config and weights together.
# - The model card tells what a model was trained on and what it is good for.
# - An auto class picks the architecture. It cannot make different architectures alike inside.
# - Another architecture works in the same code if it was trained for a similar task and brings its own tokenizer.
# - A head can be trained in seconds, because the body already knows the language.
# - What is not in the file is random, and what has no place in the model is dropped. `output_loading_info=True` lists
#   both.
# - Files are downloaded once, into `hub` below the Hugging Face home. `HF_HOME` moves it.
#
# **Next:** {{next}}
