# %% [markdown]
# # 6. The chapter as you may meet it today
#
# {{badges}}
#
# When you are done, you can
#
# - turn text into IDs and IDs back into text,
# - give a model two texts at once,
# - pad and cut texts so that they fit into one tensor, and say why they must,
# - explain and repair the example that fails for many readers,
# - share a model on a Hub, and load it from there.
#
# This takes about {{minutes}} minutes. You read the {{framework}} track. The same lesson in {{other}}.

# %% [markdown]
# ## Why there is a sixth lesson
#
# The chapter exists in two versions. The older one starts with a config: that was lessons 1 to 5. The newer one
# leaves configs out. It spends its time on the tokenizer, and on sharing a model. If you follow the course on the web,
# you may meet either. Nothing of what you learned is wrong now. Here is what comes on top.

# %% tags=["pytorch"]
import torch
from transformers import AutoModel, AutoTokenizer

checkpoint = ck.checkpoint("bert-base-cased")
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint)

# %% tags=["tensorflow"]
import tensorflow as tf
from transformers import AutoTokenizer, TFAutoModel

checkpoint = ck.checkpoint("bert-base-cased")
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = TFAutoModel.from_pretrained(checkpoint)

# %% [markdown]
# The printed outputs are those of the offline BERT, as in lesson 5.

# %% [markdown]
# ## There and back: encoding and decoding
#
# To *encode* is to go from text to IDs. To *decode* is the way back. Will you get your sentence back, letter for
# letter? Look at the capitals, at the spaces, and at both ends.

# %%
sentence = "Hello,   WORLD! I am tokenizing."

# %%
ck.predict("6.1")

# %%
ids = tokenizer(sentence)["input_ids"]

print("There and back:")
print(ids)
print(tokenizer.decode(ids))
ck.outcome("6.1", tokenizer.decode(ids) == sentence)

# %% [markdown]
# An uncased vocabulary has no capitals, so they are gone for good, and three spaces have become one. And at
# the ends stand two *special tokens* that you did not write. Which tokens are special here? And can the decoder leave
# them out?

# %%
print(sorted(tokenizer.all_special_tokens))
print(tokenizer.decode(ids, skip_special_tokens=True))

# %% [markdown]
# `[CLS]` opens a text and `[SEP]` closes it. `[PAD]` fills up, `[MASK]` hides a word, and `[UNK]` stands for what the
# vocabulary has no token for. Why put two of them around every text? Because the model was trained that way. Leave
# them out and see what the model makes of the same words.


# %% tags=["pytorch"]
def mean_vector(row):
    with torch.no_grad():
        return model(torch.tensor([row])).last_hidden_state[0].mean(dim=0).numpy()


# %% tags=["tensorflow"]
def mean_vector(row):
    return tf.reduce_mean(model(tf.constant([row])).last_hidden_state[0], axis=0).numpy()


# %%
import numpy as np

with_special = tokenizer("A cat sleeps.")["input_ids"]
without_special = tokenizer("A cat sleeps.", add_special_tokens=False)["input_ids"]
one, other = mean_vector(with_special), mean_vector(without_special)

print(tokenizer.decode(with_special), "|", tokenizer.decode(without_special))
print(f"cosine of the two answers: {one @ other / np.linalg.norm(one) / np.linalg.norm(other):.2f}")

# %% [markdown]
# The same words, another answer (1 would be the same one). It is no error to leave them out, so nobody warns you.

# %% [markdown]
# ## Two texts at once
#
# Some tasks are about a *pair* of texts. Does this text answer that question? Do these two mean the same? Pass both to
# the tokenizer. How will the model know where the first one ends?

# %%
pair = tokenizer("Who wrote it?", "Ada did.")
single = tokenizer("Who wrote it?")

print("tokens:        ", *tokenizer.convert_ids_to_tokens(pair["input_ids"]))
print("token_type_ids:", *pair["token_type_ids"])
print("one text alone:", *single["token_type_ids"])

# %% [markdown]
# In two ways. A `[SEP]` stands between them, and `token_type_ids` numbers the texts: 0 for the first, 1 for the
# second. For each number BERT has a vector that it adds to the token's own. Does it matter to the model? Give it the
# same tokens, and call all of them 0.

# %%
ck.predict("6.2")

# %% tags=["pytorch"]
ids = torch.tensor([pair["input_ids"]])
types = torch.tensor([pair["token_type_ids"]])
with torch.no_grad():
    told = model(ids, token_type_ids=types).last_hidden_state.numpy()
    not_told = model(ids).last_hidden_state.numpy()

# %% tags=["tensorflow"]
ids = tf.constant([pair["input_ids"]])
types = tf.constant([pair["token_type_ids"]])
told = model(ids, token_type_ids=types).last_hidden_state.numpy()
not_told = model(ids).last_hidden_state.numpy()

# %%
ck.outcome("6.2", bool(np.allclose(told, not_told, atol=1e-3)))

# %% [markdown]
# Leave `token_type_ids` out and BERT takes every token for one of the first text. Not every architecture
# has them: the tokenizer of a checkpoint knows what its model takes, so let it make the inputs.

# %% [markdown]
# ## The example that fails
#
# Now the spot where many readers of the new version get stuck. Two sentences, already encoded, and one line to turn
# them into a tensor.

# %%
encoded_sequences = [
    [101, 1045, 1005, 2310, 2042, 3403, 2005, 1037, 17662, 12172, 2607, 2026, 2878, 2166, 1012, 102],
    [101, 1045, 5223, 2023, 2061, 2172, 999, 102],
]

# %%
ck.predict("6.3")

# %% tags=["pytorch", "folded"]
print("One tensor of two rows:")
try:
    torch.tensor(encoded_sequences)
except ValueError as error:
    print("ValueError:", error)

# %% tags=["tensorflow", "folded"]
print("One tensor of two rows:")
try:
    tf.constant(encoded_sequences)
except ValueError as error:
    print("ValueError:", error)

# %%
lengths = [len(row) for row in encoded_sequences]
print("The lengths of the rows:")
print(lengths)
ck.outcome("6.3", len(set(lengths)))

# %% [markdown]
# It is not your fault, and not a fault of your installation. A tensor has one number of columns, and
# these rows have two.
#
# Why so strict? A graphics processor is fast because it does the same step for thousands of numbers that lie in a
# block, row after row, each row as long as the others. Where a number lies in memory follows from its row and column,
# by a multiplication. With rows of different lengths there is nothing to multiply.

# %%
block = 10 * np.arange(12).reshape(3, 4)
row, column = 2, 1

print(block)
print("in memory at", row * 4 + column, "->", block.ravel()[row * 4 + column], "=", block[row, column])

# %% [markdown]
# What were the two texts? Decode them: you will need them for the repair.

# %%
texts = [tokenizer.decode(row, skip_special_tokens=True) for row in encoded_sequences]
for text in texts:
    print(text)

# %% [markdown]
# **First repair: padding.** Make the short row longer. The attention mask notes what was added. With `return_tensors`
# the tokenizer makes the tensors as well.

# %% tags=["pytorch"]
padded = tokenizer(texts, padding=True, return_tensors="pt")

# %% tags=["tensorflow"]
padded = tokenizer(texts, padding=True, return_tensors="tf")

# %%
print(tuple(padded["input_ids"].shape))
print("short row:", padded["input_ids"][1].numpy().tolist())
print("its mask: ", padded["attention_mask"][1].numpy().tolist())

# %% [markdown]
# **Second repair: truncation.** Make the long row shorter: whatever is beyond `max_length` is cut off. What will be
# lost? And does `[SEP]` survive?

# %% tags=["pytorch"]
cut = tokenizer(texts, truncation=True, max_length=8, return_tensors="pt")

# %% tags=["tensorflow"]
cut = tokenizer(texts, truncation=True, max_length=8, return_tensors="tf")

# %%
print(tuple(cut["input_ids"].shape))
for row in cut["input_ids"].numpy().tolist():
    print(tokenizer.decode(row))

# %% [markdown]
# Both are rectangular now, and both end in `[SEP]`. But padding keeps every word, and truncation throws words away:
# half of the first sentence is gone. So pad to make a batch, and cut only what the model cannot read.
#
# How much can it read? BERT has one vector for each position, and no more positions than rows in that table. Ask for
# more, and see.

# %%
limit = model.config.max_position_embeddings
long_text = "word " * 600
uncut = tokenizer(long_text, verbose=False)["input_ids"]
fitting = tokenizer(long_text, truncation=True, max_length=limit)["input_ids"]

print("positions:", limit, "| tokens:", len(uncut), "| after truncation:", len(fitting))

# %% tags=["pytorch"]
try:
    model(torch.tensor([uncut]))
except (IndexError, RuntimeError) as error:
    print("too long:", type(error).__name__)

# %% tags=["tensorflow"]
try:
    model(tf.constant([uncut]))
except (ValueError, tf.errors.InvalidArgumentError) as error:
    print("too long:", type(error).__name__)

# %% [markdown]
# Does the padded batch give the same answer as each text alone? It should, thanks to the mask. Compare the second
# text, the one that was padded.

# %% tags=["pytorch"]
with torch.no_grad():
    in_batch = model(**padded).last_hidden_state[1, :8].numpy()
    alone = model(**tokenizer(texts[1], return_tensors="pt")).last_hidden_state[0].numpy()

# %% tags=["tensorflow"]
in_batch = model(**padded).last_hidden_state[1, :8].numpy()
alone = model(**tokenizer(texts[1], return_tensors="tf")).last_hidden_state[0].numpy()

# %%
print(in_batch.shape, alone.shape)
print("largest difference below 0.0001:", bool(abs(in_batch - alone).max() < 1e-4))

# %% [markdown]
# `model(**padded)` hands over everything that the tokenizer made, each under its own name: `input_ids`,
# `token_type_ids` and `attention_mask`. The two stars are Python's way to turn a dictionary into named arguments.
#
# Try it with the two texts. Change the padding and the length, and watch the rows.

# %%
ck.TensorBuilder(texts, tokenizer, config=model.config, padding="longest")

# %% [markdown]
# ## Share it
#
# A *Hub* is a place on the web where people keep models, one *repository* for each. With `push_to_hub` you upload a
# model there, and anybody can load it by its name.
#
# The real Hub wants an account, and what you upload there is public. So you practise on a small Hub that the course
# runs on your own computer. It answers the same requests. Inside `with hub:` your libraries talk to it.
#
# Before you run it: which files will be there?

# %%
hub = ck.LocalHub()

with hub:
    model.push_to_hub("ada/my-first-bert")
    tokenizer.push_to_hub("ada/my-first-bert")

print(hub)

# %% tags=["differs-in-5"] because="transformers 5 writes fewer tokenizer files, and other minor entries into them."
for name, size in hub.files("ada/my-first-bert").items():
    print(f"{size:>12,} bytes  {name}")

# %% [markdown]
# The config and the weights you know from lesson 4. The tokenizer brought files of its own, its vocabulary among them:
# without it the IDs would mean nothing. And there is a `README.md`. That is the model card. The library wrote the
# headings below, and it does not know what belongs under them: what you trained the model on, and what it is good for.
# Fill that in before you share a model.

# %%
card = hub.read("ada/my-first-bert", "README.md")
print([line for line in card.splitlines() if line.startswith("## ")][:3])
print(hub.commits("ada/my-first-bert"))

# %% [markdown]
# Each push is a *commit*, as in git: the older state stays, and can be asked for with `revision`.
#
# Now be somebody else, who has nothing but the name. (What you load inside `with hub:` stays out of your own cache.)

# %% tags=["pytorch"]
with hub:
    loaded = AutoModel.from_pretrained("ada/my-first-bert")

with torch.no_grad():
    theirs = loaded(**padded).last_hidden_state.numpy()
    yours = model(**padded).last_hidden_state.numpy()

# %% tags=["tensorflow"]
with hub:
    loaded = TFAutoModel.from_pretrained("ada/my-first-bert")

theirs = loaded(**padded).last_hidden_state.numpy()
yours = model(**padded).last_hidden_state.numpy()

# %%
print(type(loaded).__name__, "gives the same answer:", bool((theirs == yours).all()))

# %% [markdown]
# On the real Hub the lines are the same, without the `with`. First you say who you are:
#
# ```python
# from huggingface_hub import notebook_login
#
# notebook_login()
# model.push_to_hub("my-first-bert")
# ```
#
# The name of your account is put in front. Pass `private=True` if only you shall see it.

# %% [markdown]
# ## Your turn
#
# Write your answer in the cell below each task, in place of the three dots, and run it. You may try as often as you
# like. A wrong answer gets a hint of its own. (Nothing leaves this computer.)

# %%
ck.exercise("6.1")

# %%
ck.exercise("6.2")

# %%
ck.exercise("6.3")

# %% [markdown]
# One to play with: encode a word that you know and one that you invented, and decode them again. Is anything lost?

# %%
for word in ("tokenizing", "flumpish"):
    row = tokenizer(word, add_special_tokens=False)["input_ids"]
    print(tokenizer.convert_ids_to_tokens(row), "->", tokenizer.decode(row))

# %% [markdown]
# <details><summary>Solution</summary>
#
# Nothing is lost. A word that the vocabulary lacks is cut into pieces that it has, down to single letters if need
# be. Only a character that is in no piece becomes `[UNK]`, and that one cannot be decoded.
#
# </details>

# %% [markdown]
# Five questions to end with. Each choice is answered at once.

# %%
ck.quiz("6")

# %% [markdown]
# ## Words of this lesson
#
# | word | what it means |
# |---|---|
# | encode, decode | from text to input IDs, and back |
# | special token | a token with a task of its own, such as `[CLS]`, `[SEP]`, `[PAD]`, `[MASK]`, `[UNK]` |
# | `token_type_ids` | 0 for tokens of the first text, 1 for those of the second |
# | padding | making short rows longer, with a mask that says what was added |
# | truncation | making long rows shorter, by throwing tokens away |
# | batch | several texts in one tensor, one row each |
# | Hub, repository, commit | where models are shared, the place of one of them, one of its states |

# %% [markdown]
# ## Recap
#
# - Decoding undoes encoding, but for what the vocabulary cannot say, such as capitals in an uncased one.
# - Rows of different lengths make no tensor. Padding keeps every word, truncation does not.
# - `token_type_ids` tell BERT which of two texts a token is from.
# - No text may have more tokens than the model has positions.
# - `push_to_hub` shares config, weights and tokenizer under one name. The model card is up to you.
#
# That was the chapter, old and new. You can build a model, load one, save it, share it, feed it, and read its answer.
#
# Start over with [lesson 1](01_config.ipynb), or read this lesson in {{other}}.
