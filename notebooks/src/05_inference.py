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
# - say where in the model two equal tokens begin to differ, and why,
# - explain why input IDs are worthless with another vocabulary.
#
# This takes about {{minutes}} minutes. You read the {{framework}} track. The same lesson in {{other}}.

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
# the *input ID*: the number of a row in the word table that you saw in lesson 1.

# %%
ck.predict("5.1")

# %%
print("The three sentences:")
for sequence in sequences:
    ids = tokenizer(sequence)["input_ids"]
    print(ids, tokenizer.convert_ids_to_tokens(ids))
ck.outcome("5.1", len(tokenizer(sequences[0])["input_ids"]))

# %% [markdown]
# Two of them you did not write. `[CLS]` opens every text and `[SEP]` closes
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

# %%
ck.predict("5.2")


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

print("The first numbers of that vector:")
print("alone:       ", alone[:4].round(3))
print("with padding:", with_padding[:4].round(3))
ck.outcome("5.2", bool(abs(alone - with_padding).max() > 1e-3))

# %% [markdown]
# It does not know: attention looked at the padding as if it were a word.
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
# Repaired. There is a second way to make rows equal: cut the long ones. That is *truncation*, and it throws words away;
# lesson 6 compares the two.
#
# You will seldom do this by hand: the tokenizer pads and makes the mask, if you ask it to.

# %%
batch = tokenizer(["Hello!", "Very cool.", "Nice!"], padding=True)
for name in ("input_ids", "attention_mask"):
    print(name)
    for row in batch[name]:
        print("  ", row)

# %% [markdown]
# It can also *cast* its lists to tensors, with `return_tensors`. Then the whole way from text to tensor is one line.

# %% tags=["pytorch"]
cast = tokenizer(["Hello!", "Very cool.", "Nice!"], padding=True, return_tensors="pt")

# %% tags=["tensorflow"]
cast = tokenizer(["Hello!", "Very cool.", "Nice!"], padding=True, return_tensors="tf")

# %%
print(type(cast["input_ids"]).__name__, tuple(cast["input_ids"].shape))
print("the numbers of before:", cast["input_ids"].numpy().tolist() == batch["input_ids"])

# %% [markdown]
# Now with sentences of your own. In a running notebook, edit the text, one sentence on each line, and watch the tensor.
# Set padding to *none*, and read what the framework says. Cut the long ones.

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
# - `pooler_output` has one vector for each sequence. The *pooler*, the last block of the map in lesson 1, makes it from
#   the first token, `[CLS]`.
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
# These are the first numbers of what the model makes of *Hello* in *Hello!* They are not a prediction yet. One more
# layer turns them into one, as you saw with the `[MASK]` in lesson 2. Such a last layer is called a *task head*. (It
# has nothing to do with the attention heads, which are inside the layers.)
#
# There is an exclamation mark in the first and in the third sequence, with the same ID, 999, in the same place.

# %%
ck.predict("5.3")

# %%
one, other = by_name[0, 2], by_name[2, 2]
print("The first numbers of its vector:")
print("in Hello!", one[:4].round(2))
print("in Nice! ", other[:4].round(2))
ck.outcome("5.3", bool(abs(one - other).max() < 1e-3))

# %% [markdown]
# Where do the two begin to differ? Ask for more than the last vectors: for the *hidden states*, the
# vectors before the first layer and after each one.

# %%
ck.predict("5.4")

# %% tags=["pytorch"]
with torch.no_grad():
    full = model(model_inputs, output_hidden_states=True)

# %% tags=["tensorflow"]
full = model(model_inputs, output_hidden_states=True)

# %%
import numpy as np


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


states = [state.numpy() for state in full.hidden_states]
print("The two marks, from state to state:")
print(model.config.num_hidden_layers, "layers,", len(states), "times", states[0].shape)
for layer, state in enumerate(states):
    print(f"after layer {layer}: cosine {cosine(state[0, 2], state[2, 2]):.2f}")
ck.outcome("5.4", len(states))

# %% [markdown]
# One state more than there are layers: number 0 is what enters the first layer. There the two marks are equal, cosine
# 1.00: the word table gave both the same row, and the position table too, since both stand in place 2. From layer 1 on
# they differ, because attention mixes in the other tokens, and these are not the same. A vector stands for a token *in
# its context*, and that is what makes a Transformer worth its price.

# %% [markdown]
# ## Watch one call happen
#
# You can watch that mixing. The view follows one token through the model, with the model's own numbers. It opens at the
# first exclamation mark and the attention of layer 1. Which token do you think the mark looks at most?
#
# In JupyterLab, choose another head, another token or another step; the arrow keys walk along.

# %%
view = ck.ForwardPass(model, model_inputs, tokenizer, step="layer 1 attention", token=2)
view

# %% [markdown]
# Under each step stands the line of NumPy that computes it. Do it once by hand: the *query* of the mark times the *key*
# of every token, made into shares that add up to one, and with these shares the *values* are mixed. Is that what the
# model went on with?

# %%
step = view.step("layer 1 attention")
scores = step.query[0, 2] @ step.key[0].T * step.scale  # in the first attention head
shares = np.exp(scores - scores.max())
shares = shares / shares.sum()

for token, share in zip(tokenizer.convert_ids_to_tokens(encoded_sequences[0]), shares, strict=True):
    print(f"{token:8}{share:.2f}")
print("what the model went on with:", np.allclose(shares @ step.value[0], step.context[0, 2], atol=1e-5))

# %% [markdown]
# ## One word, two meanings
#
# A word with two meanings shows it best. Take the *bank* of a river and the *bank* that lends money, two sentences of
# each. Compare the vectors of *bank*, layer by layer. What do you expect for two rivers? And for river and money?

# %%
banks = [
    "The bank of the river is green.",
    "The bank of the lake is muddy.",
    "The bank lends money to firms.",
    "The bank sells loans to firms.",
]

# %% tags=["pytorch"]
bank_inputs = tokenizer(banks, padding=True, return_tensors="pt")
with torch.no_grad():
    bank_states = model(**bank_inputs, output_hidden_states=True).hidden_states

# %% tags=["tensorflow"]
bank_inputs = tokenizer(banks, padding=True, return_tensors="tf")
bank_states = model(**bank_inputs, output_hidden_states=True).hidden_states

# %%
import matplotlib.pyplot as plt

place = bank_inputs["input_ids"][0].numpy().tolist().index(tokenizer.convert_tokens_to_ids("bank"))
river, lake, lends, loans = np.stack([state.numpy() for state in bank_states])[:, :, place].swapaxes(0, 1)

pairs = {"river and lake": (river, lake), "money and money": (lends, loans), "river and money": (river, lends)}
for label, (one, other) in pairs.items():
    values = [cosine(a, b) for a, b in zip(one, other, strict=True)]
    print(f"{label:15}", *(f"{value:.2f}" for value in values))
    plt.plot(values, marker="o", label=label)
plt.xlabel("layer")
plt.ylabel("cosine of the two vectors of bank")
plt.legend()
plt.show()

# %% [markdown]
# All three lines start at 1: one row of the word table, one position. Where the meaning is the same they stay up. Where
# it is not, the line falls: the layers have told the two banks apart.
#
# How much does a layer change a vector at all? Compare each token's vector with the one a layer before.

# %%
for layer in range(1, len(states)):
    steps = [cosine(a, b) for a, b in zip(states[layer - 1][0], states[layer][0], strict=True)]
    print(f"layer {layer}: cosine to the layer before from {min(steps):.2f} to {max(steps):.2f}")

# %% [markdown]
# Some hardly turn, others turn a lot.
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
# Start with the table on top: each number of each shape comes from the config or from your batch. Then look for two
# things in *Attention*. Is there a head that looks at the token before? And where do most heads look? Choose some, in
# different layers, before you open the answer.
#
# <details><summary>Answer</summary>
#
# In the offline BERT the third head of layer 1 looks at the token before, with nearly all of its attention. And most
# heads look at `[CLS]` most: a head that has nothing to add in a sentence parks its attention there. The next cell
# counts both.
#
# </details>

# %%
attention = np.stack([weights.numpy() for weights in seen.attentions])  # (layers, batch, heads, query, key)
counts = builder.inputs["attention_mask"].numpy()
length = int(counts[0].sum())
first_text = attention[:, 0, :, :length, :length]

before = np.stack([first_text[:, :, q, q - 1] for q in range(1, length)]).mean(axis=0)  # (layers, heads)
layer, head = np.unravel_index(before.argmax(), before.shape)
print(f"looks at the token before: layer {layer + 1}, head number {head + 1} of it, with {before.max():.0%}")

to_first = first_text.mean(axis=2).argmax(axis=-1) == 0
print(f"look at [CLS] most: {to_first.sum()} of {to_first.size} heads")
print(f"attention to padding, at most: {attention.transpose(1, 4, 0, 2, 3)[counts == 0].max(initial=0):.0f}")

# %% [markdown]
# And padding gets no attention at all, because of the mask.

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
meant = tokenizer("A cat sleeps on the sofa.")["input_ids"]
read = [number if number in special else (number + 8000) % len(tokenizer) for number in meant]

for one, other in zip(tokenizer.convert_ids_to_tokens(meant), tokenizer.convert_ids_to_tokens(read), strict=True):
    print(f"meant {one:8} read {other}")

# %% [markdown]
# No error: each number is a valid row. The model answers as calmly as ever, to a text that nobody wrote. That is what
# happens in the chapter. How far off is the answer? Make the IDs wrong one by one, and compare with the true sentence.


# %% tags=["pytorch"]
def mean_vector(row):
    with torch.no_grad():
        return model(torch.tensor([row])).last_hidden_state[0].mean(dim=0).numpy()


# %% tags=["tensorflow"]
def mean_vector(row):
    return tf.reduce_mean(model(tf.constant([row])).last_hidden_state[0], axis=0).numpy()


# %%
truth = mean_vector(meant)
for wrong in range(len(meant) - 1):
    row = read[: wrong + 1] + meant[wrong + 1 :]
    print(f"{cosine(truth, mean_vector(row)):5.2f}  {tokenizer.decode(row, skip_special_tokens=True)}")

# %% [markdown]
# With a few wrong IDs nothing of the meaning is left, and still there is no error. So how do you notice? *Decode* the
# IDs with the model's own tokenizer and read them, as you just did: `tokenizer.decode(row)`. And do not let it come so
# far: load tokenizer and model from the same checkpoint, always.
#
# An error you get only when the number is too large. How large may it be?

# %%
print("rows in the word table:", model.config.vocab_size)
print("words in the tokenizer:", len(tokenizer))
print("fit:", len(tokenizer) <= model.config.vocab_size)

# %% tags=["pytorch"]
try:
    model(torch.tensor([[101, model.config.vocab_size, 102]]))
except IndexError as error:
    print("IndexError:", error)

# %% tags=["tensorflow"]
try:
    model(tf.constant([[101, model.config.vocab_size, 102]]))
except (ValueError, tf.errors.InvalidArgumentError) as error:
    print(f"{type(error).__name__}: the number is too large:", str(model.config.vocab_size) in str(error))

# %% [markdown]
# The rows are counted from 0, so the first number without a row is the number of rows itself.

# %% [markdown]
# ## Your turn
#
# Write your answer in the cell below each task, in place of the three dots, and run it. You may try as often as you
# like. A wrong answer gets a hint of its own. (Nothing leaves this computer.)

# %%
ck.exercise("5.1")

# %%
ck.exercise("5.2")

# %%
ck.exercise("5.3")

# %%
ck.exercise("5.4")

# %% [markdown]
# One to play with: write sentences of your own, of different lengths, and look at their tokens. Which of your words are
# cut into pieces? Pieces that continue a word start with `##`.

# %%
yours = ["Transformers are unbelievably useful.", "Nice!"]

for row in tokenizer(yours, padding=True)["input_ids"]:
    print(tokenizer.convert_ids_to_tokens(row))

# %% [markdown]
# Five questions to end with. Each choice is answered at once.

# %%
ck.quiz("5")

# %% [markdown]
# ## Words of this lesson
#
# | word | what it means |
# |---|---|
# | input ID | the number of a token: its row in the word table |
# | tensor | a block of numbers of one kind, with a fixed shape |
# | batch | several sequences in one tensor |
# | padding, attention mask | what fills up short rows; what says that it is to be left out |
# | truncation | cutting long rows |
# | hidden states | the vectors before the first layer and after each one |
# | `last_hidden_state` | the vectors after the last layer, one for each token |
# | `pooler_output` | one vector for each sequence, made from that of `[CLS]` |
# | task head | a last layer that turns vectors into an answer |
# | attention head | a part of a layer; it decides which tokens look at which |
# | decode | from IDs back to text |

# %% [markdown]
# ## Recap
#
# - A tokenizer turns text into input IDs: row numbers in the word table of one checkpoint.
# - A tensor is rectangular. Padding makes it so, and the attention mask says what to leave out.
# - The model needs the input IDs. It gives back `last_hidden_state`, one vector for each token in its context, and
#   `pooler_output`, one for each sequence.
# - Two equal tokens in the same place enter the first layer as equal vectors. From there on their context changes them.
# - IDs of another vocabulary raise no error. They only mean something else: decode them to see it.
#
# **Next:** {{next}}
