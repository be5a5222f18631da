# %% [markdown]
# # 5. From sentences to output
#
# {{badges}}
#
# When you are done, you can
#
# - turn sentences into input IDs and input IDs into a tensor,
# - say why a tensor must be rectangular, and repair sequences that are not,
# - call the model and read what it gives back,
# - explain why input IDs are worthless with another vocabulary.
#
# This takes about ten minutes. You read the {{framework}} track. The same lesson in {{other}}.

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
# ## From sentences to numbers
#
# A model computes with numbers, and you have sentences. Here are the three of the chapter:

# %%
sequences = ["Hello!", "Cool.", "Nice!"]

# %% [markdown]
# The *tokenizer* cuts each sentence into tokens and looks every token up in its vocabulary. What it finds there is
# the *input ID*: the number of a row in the word table that you saw in lesson 1. How many IDs do you expect for
# *Hello!*?

# %%
for sequence in sequences:
    ids = tokenizer(sequence)["input_ids"]
    print(ids, tokenizer.convert_ids_to_tokens(ids))

# %% [markdown]
# Four: the word, the punctuation mark, and two that you did not write. `[CLS]` opens every text and `[SEP]` closes
# it. BERT was trained with them, so it expects them.
#
# Here are the numbers that the chapter prints:

# %%
encoded_sequences = [
    [101, 7592, 999, 102],
    [101, 4658, 1012, 102],
    [101, 3835, 999, 102],
]

print("the tokenizer gives the same:", tokenizer(sequences)["input_ids"] == encoded_sequences)

# %% [markdown]
# With the offline BERT, whose outputs are printed here, they are the same. With `bert-base-cased` they are not. You
# will see why at the end of this lesson. Until then you go on with the chapter's numbers.

# %% [markdown]
# ## From a list of lists to a tensor
#
# What you have is a Python list of lists. The model wants a *tensor*: a block of numbers of one kind, with a fixed
# shape. There are 3 lists of 4 numbers. Which shape will it be?

# %% tags=["pytorch"]
model_inputs = torch.tensor(encoded_sequences)

# %% tags=["tensorflow"]
model_inputs = tf.constant(encoded_sequences)

# %%
print(tuple(model_inputs.shape), model_inputs.dtype)

# %% [markdown]
# (3, 4): three sequences in the *batch*, four tokens in each. And whole numbers, since they are row numbers.

# %% [markdown] tags=["tensorflow"]
# A TensorFlow tensor like this one is *eager*: its values are there at once, and `.numpy()` hands them to you as an
# array.

# %% tags=["tensorflow"]
print(model_inputs.numpy())

# %% [markdown]
# ## When it is not rectangular
#
# You were lucky: all three sequences have four tokens. Make one longer.

# %%
ragged = [
    [101, 7592, 999, 102],
    [101, 2200, 4658, 1012, 102],
    [101, 3835, 999, 102],
]

# %% tags=["pytorch"]
try:
    torch.tensor(ragged)
except ValueError as error:
    print(error)

# %% tags=["tensorflow"]
try:
    tf.constant(ragged)
except ValueError as error:
    print(error)

# %% [markdown]
# A tensor has rows of one length. These lists do not, so there is no shape for them.
#
# The repair is *padding*: fill the short rows up with an ID that stands for nothing. BERT has one for it.

# %%
width = max(len(row) for row in ragged)
padded = [row + [tokenizer.pad_token_id] * (width - len(row)) for row in ragged]

print("padding token:", tokenizer.pad_token, "with ID", tokenizer.pad_token_id)
for row in padded:
    print(row)

# %% [markdown]
# Rectangular again: 3 rows of 5. But does the model know that the zeros mean nothing? Compare *Hello!* alone with
# *Hello!* and its padding. Look at the vector of the first token.


# %% tags=["pytorch"]
def first_vector(rows, mask=None):
    mask = None if mask is None else torch.tensor(mask)
    with torch.no_grad():
        hidden = model(torch.tensor(rows), attention_mask=mask).last_hidden_state
    return hidden[0, 0].numpy()  # (width,)


# %% tags=["tensorflow"]
def first_vector(rows, mask=None):
    mask = None if mask is None else tf.constant(mask)
    hidden = model(tf.constant(rows), attention_mask=mask).last_hidden_state
    return hidden[0, 0].numpy()  # (width,)


# %%
alone = first_vector([[101, 7592, 999, 102]])
with_padding = first_vector(padded)

print("alone:       ", alone[:4].round(3))
print("with padding:", with_padding[:4].round(3))

# %% [markdown]
# It does not know. One zero at the end has changed the answer: attention looked at the padding as if it were a word.
#
# So you have to say which tokens count. The *attention mask* has the shape of the input: 1 for a token to look at, 0
# for one to leave out.

# %%
mask = [[1] * len(row) + [0] * (width - len(row)) for row in ragged]
for row in mask:
    print(row)

with_mask = first_vector(padded, mask)
print("alone:       ", alone[:4].round(3))
print("with mask:   ", with_mask[:4].round(3))
print("largest difference below 0.0001:", bool(abs(alone - with_mask).max() < 1e-4))

# %% [markdown]
# Repaired. You will seldom do this by hand: the tokenizer pads and makes the mask, if you ask it to.

# %%
batch = tokenizer(["Hello!", "Very cool.", "Nice!"], padding=True)
for name in ("input_ids", "attention_mask"):
    print(name)
    for row in batch[name]:
        print("  ", row)

# %% [markdown]
# Now with sentences of your own. Edit the text, one sentence on each line, and watch the tensor. Set padding to
# *none*, and read what the framework says. Cut the long ones.

# %%
builder = ck.TensorBuilder(["Hello!", "Very cool.", "Nice!"], tokenizer, config=model.config, padding="longest")
builder

# %% [markdown]
# `builder.tensor` is the tensor that you see, and `builder.inputs` has the mask as well. They go into the model
# further down.

# %% [markdown]
# ## Call the model
#
# Back to the three sequences of the chapter. With the tensor in hand, using the model is one call.

# %% tags=["pytorch"]
with torch.no_grad():  # you are not training, so PyTorch need not take notes for it
    output = model(model_inputs)

# %% tags=["tensorflow"]
output = model(model_inputs)

# %%
print(type(output).__name__)
for name, value in output.items():
    print(f"{name:18}", tuple(value.shape))

# %% [markdown]
# You gave nothing but input IDs, and that is enough. Two fields come back:
#
# - `last_hidden_state` has one vector for each token: 3 sequences × 4 tokens × the width of the model.
# - `pooler_output` has one vector for each sequence, made from the first token, `[CLS]`.
#
# You reach a field by its name, or by its position. Both are the same thing.

# %% tags=["pytorch"]
by_name = output.last_hidden_state.numpy()
by_position = output[0].numpy()

# %% tags=["tensorflow"]
by_name = output.last_hidden_state.numpy()
by_position = output[0].numpy()

# %%
print("the same:", (by_name == by_position).all())
print("Hello:", by_name[0, 1, :4].round(4))

# %% [markdown]
# These are the first numbers of what the model makes of *Hello* in *Hello!* They are not a prediction yet. A head
# turns them into one, as you saw with the `[MASK]` in lesson 2.
#
# There is an exclamation mark in the first and in the third sequence, with the same ID, 999, in the same place. Does
# it get the same vector in both?

# %%
one, other = by_name[0, 2], by_name[2, 2]
print("in Hello!", one[:4].round(2))
print("in Nice! ", other[:4].round(2))

# %% [markdown]
# It does not. The word table gave both the same row. Then every layer mixed in what stands around it. A vector stands
# for a token *in its context*, and that is what makes a Transformer worth its price.
#
# You can ask for more: the vectors after every layer, and how much each token looked at each other token.

# %% tags=["pytorch"]
with torch.no_grad():
    full = model(model_inputs, output_hidden_states=True)

# %% tags=["tensorflow"]
full = model(model_inputs, output_hidden_states=True)

# %%
print("layers:", model.config.num_hidden_layers)
print("hidden states:", len(full.hidden_states), "times", tuple(full.hidden_states[0].shape))

# %% [markdown]
# One more than there are layers: the first entry is what enters the first layer.
#
# Numbers like these are easier to see than to read. Take the sentences from the builder above: if you changed them,
# you see yours.

# %% [markdown] tags=["pytorch"]
# Attention weights need one more thing in PyTorch. Its fastest way to compute attention never writes them down, so
# you ask for the plain one: `attn_implementation="eager"`.

# %% tags=["pytorch"]
with torch.no_grad():
    seen = AutoModel.from_pretrained(checkpoint, attn_implementation="eager")(
        **builder.inputs,
        output_hidden_states=True,
        output_attentions=True,
    )

# %% tags=["tensorflow"]
seen = model(**builder.inputs, output_hidden_states=True, output_attentions=True)

# %%
ck.OutputExplorer(seen, builder.inputs, tokenizer, config=model.config)

# %% [markdown]
# Start with the table on top: each number of each shape comes from the config or from your batch. Then look for three
# things. In *Hidden states*, move from layer to layer: the vectors of one token change little by little. In
# *Attention*, find a head that looks at the token before, or one that looks at `[SEP]` only. And padding gets no
# attention at all, because of the mask.

# %% [markdown]
# ## IDs belong to one vocabulary
#
# Now the riddle from the beginning. There are two kinds of BERT. *Uncased* ones make all letters small first. *Cased*
# ones keep *Hello* and *hello* apart, so they have another vocabulary, and every word has another number.
#
# The chapter loads `bert-base-cased`, but its numbers are from the uncased vocabulary. In the cased one *Hello!* is
# `[101, 8667, 106, 102]`. Only the two special tokens have the same IDs in both.
#
# So what does a model make of IDs from another vocabulary? Play it through: the same words as in your tokenizer, but
# each one 8,000 rows further down. What would be read?

# %%
special = tokenizer.all_special_ids

for row in tokenizer(sequences)["input_ids"]:
    moved = [number if number in special else number + 8000 for number in row]
    print("meant:", *tokenizer.convert_ids_to_tokens(row))
    print("read: ", *tokenizer.convert_ids_to_tokens(moved))

# %% [markdown]
# No error: each number is a valid row. The model answers as confidently as ever, to a text that nobody wrote. That is
# what happens in the chapter. The rule is short: load tokenizer and model from the same checkpoint, always.
#
# An error you get only when the number is too large. How large may it be?

# %%
print("rows in the word table:", model.config.vocab_size)
print("words in the tokenizer:", len(tokenizer))
print("fit:", len(tokenizer) <= model.config.vocab_size)

# %% [markdown]
# ## Your turn
#
# **1.** Write sentences of your own, of different lengths, and look at their tokens. Which of your words are cut into
# pieces? Pieces that continue a word start with `##`.

# %%
mine = ["Transformers are unbelievably useful.", "Nice!"]

for row in tokenizer(mine, padding=True)["input_ids"]:
    print(tokenizer.convert_ids_to_tokens(row))

# %% [markdown]
# **2.** You have a batch of 8 sentences, the longest has 12 tokens. What shape has the attention mask? And
# `last_hidden_state`, with the offline BERT?
#
# <details><summary>Solution</summary>
#
# The mask is like the input: (8, 12). `last_hidden_state` is (8, 12, 384), and with `bert-base-cased` (8, 12, 768).
#
# </details>

# %% [markdown]
# ## Recap
#
# - A tokenizer turns text into input IDs: row numbers in the word table of one checkpoint.
# - A tensor is rectangular. Padding makes it so, and the attention mask says what to leave out.
# - The model needs the input IDs. It gives back `last_hidden_state`, one vector for each token in its context, and
#   `pooler_output`, one for each sequence.
# - IDs of another vocabulary raise no error. They only mean something else.
#
# That was the chapter. You can build a model, load one, save it, feed it, and read its answer.
#
# Start over with [lesson 1](01_config.ipynb), or read this lesson in {{other}}.
