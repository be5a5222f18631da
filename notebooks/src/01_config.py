# %% [markdown]
# # 1. From a config to a model
#
# {{badges}}
#
# When you are done, you can
#
# - say what a config, an architecture and a checkpoint are,
# - build a BERT model from a config,
# - find the numbers of the config inside the model,
# - predict what changes when you change one of them.
#
# This takes about {{minutes}} minutes. Run a cell with <kbd>Shift</kbd> + <kbd>Enter</kbd>. Before you run one, guess
# what it will show: a wrong guess teaches you more than a read answer.
#
# The video of this chapter: [Models, on YouTube](https://www.youtube.com/watch?v=00GKzGyWFEs). You read the
# {{framework}} track. The same lesson in {{other}}. On GitHub and in an exported page you can read everything; to click
# and to change numbers, open the lesson in JupyterLab, on Colab or in Studio Lab and run its cells.

# %% [markdown] tags=["tensorflow"]
# **Before you start with TensorFlow.** Version 5 of transformers dropped its TensorFlow classes, `TFBertModel` among
# them. This course pins 4.54.1, because it is the last version that loads today's checkpoints into them: 4.55 to 4.57
# stumble over files that were saved from PyTorch. So use this track to understand and keep up TensorFlow code that
# exists, and start a new project in PyTorch.

# %% tags=["tensorflow"]
import transformers

print(transformers.__version__)

# %% [markdown]
# ## Three words
#
# - The **architecture** is the plan: which layers there are, and in which order. BERT is an architecture.
# - The **config** holds the sizes and choices that the plan leaves open. How many layers? How wide?
# - The **weights** are the numbers inside the layers. A **checkpoint** is a set of weights saved to disk, together with
#   the config that they belong to.
#
# A model is an architecture, built to the sizes of a config and filled with weights. A **layer** is one step in it: it
# takes lists of numbers and gives lists of numbers. BERT passes a text through twelve of them that are built alike.

# %% [markdown] tags=["pytorch"]
# ## `AutoModel` picks the class for you
#
# In other people's code you will meet `AutoModel` first. It is not an architecture. It reads a config, finds out
# which architecture the config is for, and builds a model of that class. It is a thin *wrapper*: it holds no layers
# itself. It has relatives, one for each task, such as `AutoModelForMaskedLM`, and they work in the same way.
#
# Below are two configs of two architectures, with one layer each so that they are built in a moment. Which classes do
# you expect?

# %% [markdown] tags=["tensorflow"]
# ## `TFAutoModel` picks the class for you
#
# In other people's code you will meet `TFAutoModel` first. It is not an architecture. It reads a config, finds out
# which architecture the config is for, and builds a model of that class. It is a thin *wrapper*: it holds no layers
# itself. It has relatives, one for each task, such as `TFAutoModelForMaskedLM`, and they work in the same way.
#
# Below are two configs of two architectures, with one layer each so that they are built in a moment. Which classes do
# you expect?

# %% tags=["pytorch"]
from transformers import AutoModel, BertConfig, DistilBertConfig

for config in (BertConfig(num_hidden_layers=1), DistilBertConfig(num_hidden_layers=1)):
    model = AutoModel.from_config(config)
    print(config.model_type, "->", type(model).__name__, "| is an AutoModel:", isinstance(model, AutoModel))

# %% tags=["tensorflow"]
from transformers import BertConfig, DistilBertConfig, TFAutoModel

for config in (BertConfig(num_hidden_layers=1), DistilBertConfig(num_hidden_layers=1)):
    model = TFAutoModel.from_config(config)
    print(config.model_type, "->", type(model).__name__, "| is a TFAutoModel:", isinstance(model, TFAutoModel))

# %% [markdown]
# The `model_type` in the config decided. And what you hold is a model of that class, with no wrapper around it: the
# auto class did its work and is gone. You will use this in lesson 3, where the config comes from a checkpoint.
#
# When you know the architecture that you want, you can name its class yourself. You do that now.

# %% [markdown]
# ## First the config, then the model
#
# Two lines are enough. The first makes a config with BERT's default sizes. The second builds a model of these sizes.

# %% tags=["pytorch"]
from transformers import BertConfig, BertModel

config = BertConfig()
model = BertModel(config)

# %% tags=["tensorflow"]
from transformers import BertConfig, TFBertModel

config = BertConfig()
model = TFBertModel(config)

# %% [markdown] tags=["tensorflow"]
# Nothing was downloaded. You have a plan, and nothing more: TensorFlow makes the weights when the model is called for
# the first time. Ask for them too early and you get an error. Any input will do for the first call.

# %% tags=["tensorflow"]
import tensorflow as tf

try:
    print(len(model.weights))
except ValueError as error:
    print("Too early:", str(error).split(". ")[0])

model(tf.constant([[101, 102]]))
print("After the first call:", len(model.weights), "weight tensors")

# %% [markdown]
# How large is it? Say what you expect before you run the cell that tells.

# %%
ck.predict("1.1")

# %%
ck.outcome("1.1", model.num_parameters())

# %% [markdown]
# Nothing was downloaded for these numbers: they are random, as you will see in lesson 2. A number that training can
# change is called a *parameter*; *weights* is the everyday word for all of them.

# %% [markdown]
# ## What stands in the config
#
# Print it.

# %% tags=["differs-in-5"] because="transformers 5 has other minor entries, and prints its own version."
print(config)

# %% [markdown]
# Your list may have a few more lines or a few less: the version of transformers decides that. Seven of the entries say
# how a BERT is built, and they are there in every version.

# %%
for name in (
    "vocab_size",
    "max_position_embeddings",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "type_vocab_size",
):
    print(f"{name:24} {getattr(config, name):>6}")

# %% [markdown]
# A text reaches the model as a list of *tokens*: words and pieces of words. Inside, every token is a list of numbers,
# a *vector*. With that in mind:
#
# | entry | what it sets |
# |---|---|
# | `vocab_size` | how many different tokens the model knows |
# | `max_position_embeddings` | how many tokens a text may have at most |
# | `hidden_size` | how many numbers stand for one token, from the first layer to the last |
# | `num_hidden_layers` | how many layers the vectors pass through, one after the other |
# | `num_attention_heads` | how many views each layer takes of the other tokens at the same time |
# | `intermediate_size` | how wide a vector becomes for a moment in the second half of each layer |
# | `type_vocab_size` | how many texts may be told apart in one input: a question and an answer, say (lesson 6) |
#
# There are more entries than these seven. Browse them: search for *dropout*, and read what each entry does. (*Dropout*
# sets some numbers to zero by chance, in training only, so that the model does not lean on any one of them.)

# %% tags=["differs-in-5"] because="it shows the attributes and the documentation of the installed transformers."
browser = ck.ConfigBrowser(config)
browser

# %% [markdown]
# The numbers under *What if?* can be changed. No model is built for the answer, so you can ask for one that fits into
# no computer. You will need this soon.

# %% [markdown]
# ## Find the numbers in the model
#
# The numbers of a model are kept in *tensors*: blocks of numbers with a fixed shape. A list is a tensor with one
# dimension, a table is one with two.
#
# A token enters the model through a table with one row for each token of the vocabulary. A second table has one row
# for each position in the text, a third one for each of the texts in an input. Predict their shapes before you run
# the cells.

# %% tags=["pytorch"]
words = model.embeddings.word_embeddings.weight
positions = model.embeddings.position_embeddings.weight
types = model.embeddings.token_type_embeddings.weight
layers = model.encoder.layer

# %% tags=["tensorflow"]
words = model.bert.embeddings.weight
positions = model.bert.embeddings.position_embeddings
types = model.bert.embeddings.token_type_embeddings
layers = model.bert.encoder.layer

# %%
print("word table:    ", tuple(words.shape))
print("position table:", tuple(positions.shape))
print("type table:    ", tuple(types.shape))
print("layers:        ", len(layers))

# %% [markdown]
# Five of the seven numbers are in this output. The rows of the three tables are the `vocab_size`, the
# `max_position_embeddings` and the `type_vocab_size`. All are `hidden_size` wide: the three rows that belong to a token
# are added up. And there are `num_hidden_layers` layers.
#
# Now open the first layer. Its first half is *attention*, where tokens look at each other. Its second half makes each
# vector wide and then narrow again.

# %% tags=["pytorch"]
query = layers[0].attention.self.query.weight
widen = layers[0].intermediate.dense.weight
narrow = layers[0].output.dense.weight

# %% tags=["tensorflow"]
query = layers[0].attention.self_attention.query.kernel
widen = layers[0].intermediate.dense.kernel
narrow = layers[0].bert_output.dense.kernel

# %%
print("query: ", tuple(query.shape))
print("widen: ", tuple(widen.shape))
print("narrow:", tuple(narrow.shape))

# %% [markdown] tags=["pytorch"]
# There is the sixth number: `intermediate_size`. PyTorch writes the shape as (out, in). Read `widen` as: 768 numbers
# go in, 3072 come out.

# %% [markdown] tags=["tensorflow"]
# There is the sixth number: `intermediate_size`. TensorFlow writes the shape as (in, out). Read `widen` as: 768
# numbers go in, 3072 come out.

# %% [markdown]
# The seventh number is in no shape. `query` is as square as it would be with one single head. The heads share its
# width: each one works with its own slice.
#
# Now look at the whole model. The map below is drawn from the config alone. Every dimension in it carries the name of
# the entry that shapes it. In a running notebook, choose `hidden_size` and see what lights up. Then choose a block and
# see how its parameters are counted. The last block is the *pooler*, a small step that makes one vector for the whole
# text out of the vector of its first token. You meet it again in lesson 5.

# %% tags=["differs-in-5"] because="the attributes that shape nothing are those of the installed transformers."
ck.ModelMap(config)

# %% [markdown]
# `hidden_size` is nearly everywhere: what one layer gives out, the next one takes in. That is why you cannot change
# it in one place only. And `num_attention_heads` shapes nothing, as you have just seen.

# %%
head_size = config.hidden_size // config.num_attention_heads
print(f"{config.hidden_size} numbers = {config.num_attention_heads} heads × {head_size} numbers")

# %% [markdown]
# ## Change one number
#
# Take 6 layers instead of 12 and leave the rest. Does the model have half of the parameters? More? Less? Make a guess,
# change `num_hidden_layers` in the browser above, and then build the model.

# %%
ck.predict("1.2")

# %% tags=["pytorch"]
shallow = BertModel(BertConfig(num_hidden_layers=6))

# %% tags=["tensorflow"]
shallow = TFBertModel(BertConfig(num_hidden_layers=6))
_ = shallow(tf.constant([[101, 102]]))  # so that it has weights

# %%
one_layer = (model.num_parameters() - shallow.num_parameters()) // 6
rest = model.num_parameters() - 12 * one_layer

print("Parameters:")
print(f"12 layers:       {model.num_parameters():>11,}")
print(f" 6 layers:       {shallow.num_parameters():>11,}")
print(f"one layer:       {one_layer:>11,}")
print(f"all but layers:  {rest:>11,}")
print(f"the word table:  {config.vocab_size * config.hidden_size:>11,}")
print(f"the pooler:      {config.hidden_size * config.hidden_size + config.hidden_size:>11,}")
ck.outcome("1.2", shallow.num_parameters() / model.num_parameters())

# %% [markdown]
# A layer costs 7 million parameters, and six of them are gone. But 24 million are in no layer
# at all, and nearly all of these are the word table. (The pooler is the next largest part: a square of weights, 768 by
# 768, and one number more for each of its 768 outputs.)
#
# Next guess: 6 heads instead of 12.

# %%
ck.predict("1.3")

# %% tags=["pytorch"]
fewer_heads = BertModel(BertConfig(num_hidden_layers=6, num_attention_heads=6))

# %% tags=["tensorflow"]
fewer_heads = TFBertModel(BertConfig(num_hidden_layers=6, num_attention_heads=6))
_ = fewer_heads(tf.constant([[101, 102]]))

# %%
print("Parameters with 12 heads, and with 6:")
print(f"{shallow.num_parameters():,}")
print(f"{fewer_heads.num_parameters():,}")
ck.outcome("1.3", shallow.num_parameters() - fewer_heads.num_parameters())

# %% [markdown]
# Fewer heads get wider slices of the same weights: 6 heads × 128 numbers are 768 again.
#
# This has a consequence. The heads must divide the width. What happens when they do not?

# %% tags=["pytorch"]
try:
    BertModel(BertConfig(hidden_size=100))
except ValueError as error:
    print(error)

# %% tags=["tensorflow"]
try:
    TFBertModel(BertConfig(hidden_size=100))
except ValueError as error:
    print(error)

# %% [markdown]
# A clear error. Do not count on one every time. Next comes a typing mistake.

# %%
ck.predict("1.4")

# %%
typo = BertConfig(hiden_size=100)
ck.outcome("1.4", typo.hidden_size)

# %% [markdown]
# And a model without any layer? That is a wrong size if there ever was one.

# %% tags=["pytorch"]
hollow = BertModel(BertConfig(num_hidden_layers=0, hidden_size=48))

# %% tags=["tensorflow"]
hollow = TFBertModel(BertConfig(num_hidden_layers=0, hidden_size=48))
_ = hollow(tf.constant([[101, 102]]))

# %%
print(f"no layer, no error: {hollow.num_parameters():,} parameters")

# %% [markdown]
# Built without a word. So only sizes that cannot work together are caught.
#
# Back to the mistyped name. A config keeps every name that you give it, also one that no model ever reads. When a
# change seems to do nothing, check the spelling first, or let the browser do it. Read its first line.

# %% tags=["differs-in-5"] because="it shows the attributes and the documentation of the installed transformers."
ck.ConfigBrowser(typo)

# %% [markdown]
# ## Your turn
#
# Write your answer in the cell below each task, in place of the three dots, and run it. You may try as often as you
# like. A wrong answer gets a hint of its own. (Nothing leaves this computer.)

# %%
ck.exercise("1.1")

# %%
ck.exercise("1.2")

# %%
ck.exercise("1.3")

# %%
ck.exercise("1.4")

# %% [markdown]
# Five questions to end with. Each choice is answered at once.

# %%
ck.quiz("1")

# %% [markdown]
# ## Words of this lesson
#
# | word | what it means |
# |---|---|
# | architecture | the plan: which layers, in which order |
# | config | the sizes and choices that the plan leaves open |
# | checkpoint | weights saved to disk, with the config that they belong to |
# | parameter, weight | one of the numbers that training changes |
# | token, vector | a word or a piece of one; the list of numbers that stands for it |
# | tensor | a block of numbers with a fixed shape |
# | layer | one step of the model: attention, then a widening and narrowing of each vector |
# | attention head | one of the views that a layer takes of the other tokens |
# | pooler | the last step of BERT: one vector for the whole text |
# | dropout | numbers set to zero by chance, in training only |
# | auto class | a wrapper that picks the model's class by the config |

# %% [markdown]
# ## Recap
#
# - A config holds sizes and choices. A model is built from it, without any download.
# - `vocab_size` and `max_position_embeddings` are the rows of two tables, `hidden_size` is their width.
# - Each of the `num_hidden_layers` layers widens every vector to `intermediate_size` and narrows it again.
# - The `num_attention_heads` share the width. They change how a layer works, not how many parameters it has.
# - A width that the heads do not divide is an error when the model is built. Zero layers are none, and a misspelt name
#   is none either.
#
# **Next:** {{next}}
