# %% [markdown]
# # 2. A new model knows nothing
#
# {{badges}}
#
# When you are done, you can
#
# - show that the weights of a new model are random,
# - get the same random weights twice,
# - tell gibberish from an answer, although both have the right shape,
# - explain with a few numbers why nobody trains BERT on a laptop.
#
# This takes about {{minutes}} minutes. You read the {{framework}} track. The same lesson in {{other}}.

# %% [markdown]
# ## A model out of the box
#
# You build the model of lesson 1 again, with two layers instead of twelve. Two show as much, and they are built in a
# moment.

# %% tags=["pytorch"]
from transformers import BertConfig, BertModel

config = BertConfig(num_hidden_layers=2)
model = BertModel(config)

# %% tags=["tensorflow"]
import tensorflow as tf
from transformers import BertConfig, TFBertModel

config = BertConfig(num_hidden_layers=2)
model = TFBertModel(config)
_ = model(tf.constant([[101, 102]]))  # the first call makes the weights

# %% [markdown]
# Nobody told it anything about language. So what stands in its word table? Look at the first numbers of one row. Row
# 7592 belongs to the word *hello* in the vocabulary that you will use in lesson 5.
#
# NumPy can show you the numbers of a tensor, so you ask for them as a NumPy array.

# %% [markdown] tags=["pytorch"]
# PyTorch keeps a record of what is done with a weight, because training needs it. `.detach()` gives you the numbers
# without that record.

# %% tags=["pytorch"]
table = model.embeddings.word_embeddings.weight.detach().numpy()

# %% tags=["tensorflow"]
table = model.bert.embeddings.weight.numpy()

# %%
print(table.shape)
print(table[7592, :5].round(3))

# %% [markdown]
# Small numbers around zero. Is there a pattern in them? Take all 23 million numbers of the table: their mean and
# their spread (the standard deviation).

# %%
print(f"mean:              {abs(table.mean()):.4f}")
print(f"spread:            {table.std():.4f}")
print(f"initializer_range: {config.initializer_range}")

# %% [markdown] tags=["pytorch"]
# The config has an entry for it. The numbers were drawn from a bell curve around zero, and `initializer_range` is its
# spread. All of them? Look at row 0. It belongs to `[PAD]`, a token that stands for nothing and fills up short texts.

# %% [markdown] tags=["tensorflow"]
# The config has an entry for it. The numbers were drawn from a bell curve around zero with the spread of
# `initializer_range`. The measured spread is a little smaller: TensorFlow throws away what lies more than two spreads
# from zero, and draws again. All of them? Look at row 0. It belongs to `[PAD]`, a token that stands for nothing and
# fills up short texts.

# %%
print("row of [PAD]:", table[0, :5].round(3))
print("all zero:    ", bool((table[0] == 0).all()))

# %% [markdown] tags=["pytorch"]
# All but that one. PyTorch sets the row of `[PAD]` to zero: the number of nothing.

# %% [markdown] tags=["tensorflow"]
# All of them, that one too. (PyTorch would have set the row of `[PAD]` to zero.)

# %% [markdown]
# ## Two models, one config
#
# Build two models from the same config. Will they be equal?
#
# From here on the vectors are narrow, too: 128 numbers instead of 768. What you will see does not depend on the width.

# %%
ck.predict("2.1")

# %% tags=["pytorch"]
small = BertConfig(hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512)
first = BertModel(small)
second = BertModel(small)

first_table = first.embeddings.word_embeddings.weight.detach().numpy()
second_table = second.embeddings.word_embeddings.weight.detach().numpy()

# %% tags=["tensorflow"]
small = BertConfig(hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512)
first = TFBertModel(small)
second = TFBertModel(small)
_ = first(tf.constant([[101, 102]])), second(tf.constant([[101, 102]]))

first_table = first.bert.embeddings.weight.numpy()
second_table = second.bert.embeddings.weight.numpy()

# %%
print("The two tables:")
print(first_table.shape, second_table.shape)
print("first: ", first_table[7592, :5].round(3))
print("second:", second_table[7592, :5].round(3))
ck.outcome("2.1", bool((first_table == second_table).all()))

# %% [markdown]
# One word table is not the whole model. Compare all tensors of both models at once. In a running notebook, click one
# to see how its numbers are spread, and a small picture of it.

# %%
ck.WeightComparison(first=first, second=second)

# %% [markdown]
# Where numbers were drawn, the two models have the same bell curve and another noise in the picture. But some tensors
# are identical in both. Which ones? Filter for them.
#
# They are the ones that are not random. Look at a bias (a number that a layer adds) and at a scale (a number that a
# layer multiplies with), in both models.

# %%
ck.predict("2.2")

# %% tags=["pytorch"]
biases = [m.encoder.layer[0].intermediate.dense.bias.detach().numpy() for m in (first, second)]
scales = [m.embeddings.LayerNorm.weight.detach().numpy() for m in (first, second)]

# %% tags=["tensorflow"]
biases = [m.bert.encoder.layer[0].intermediate.dense.bias.numpy() for m in (first, second)]
scales = [m.bert.embeddings.LayerNorm.gamma.numpy() for m in (first, second)]

# %%
print("All numbers that are in them:")
print("biases:", [set(bias.tolist()) for bias in biases])
print("scales:", [set(scale.tolist()) for scale in scales])
ck.outcome("2.2", biases[0].max())

# %% [markdown]
# All biases start at 0 and all scales at 1: "add nothing, stretch nothing". Training moves them later.

# %% [markdown]
# ## The same dice twice
#
# Random numbers in a computer come from a formula that starts at a *seed*. The same seed gives the same numbers.
# Predict what will be equal before you run the cells.

# %%
ck.predict("2.3")

# %% tags=["pytorch"]
import torch

torch.manual_seed(42)
third = BertModel(small)

torch.manual_seed(42)
fourth = BertModel(small)

third_table = third.embeddings.word_embeddings.weight.detach().numpy()
fourth_table = fourth.embeddings.word_embeddings.weight.detach().numpy()

# %% tags=["tensorflow"]
tf.keras.utils.set_random_seed(42)
third = TFBertModel(small)
_ = third(tf.constant([[101, 102]]))

tf.keras.utils.set_random_seed(42)
fourth = TFBertModel(small)
_ = fourth(tf.constant([[101, 102]]))

third_table = third.bert.embeddings.weight.numpy()
fourth_table = fourth.bert.embeddings.weight.numpy()

# %%
second_third = bool((second_table == third_table).all())
third_fourth = bool((third_table == fourth_table).all())
ck.outcome("2.3", [second_third, third_fourth])

# %% [markdown]
# A seed makes an experiment repeatable. It does not make the model any wiser. `ck.setup` sets one too, at the top of
# every lesson: that is why you see the numbers that are printed here.

# %% [markdown]
# ## It runs. Does it know anything?
#
# Give the model some input and look at what comes out.

# %% tags=["pytorch"]
with torch.no_grad():
    output = third(torch.tensor([[101, 7592, 999, 102]]))

vectors = output.last_hidden_state.numpy()

# %% tags=["tensorflow"]
output = third(tf.constant([[101, 7592, 999, 102]]))

vectors = output.last_hidden_state.numpy()

# %%
print(vectors.shape)
print(f"smallest {vectors.min():.0f}, largest {vectors.max():.0f}")

# %% [markdown]
# No error, no warning. One text, four tokens, 128 numbers for each: that is the shape that a trained model gives,
# too, and the numbers have a healthy size. From the shape alone you cannot tell that this is gibberish.
#
# So ask for something that you can read. Give BERT another last layer that turns each vector into a guess at a word.
# Hide a word behind `[MASK]`, and let the model fill the gap.
#
# You need a *tokenizer* for that: it turns text into numbers and numbers into words (more in lesson 5). It comes from
# a checkpoint. The line below fetches its list of words, and no trained weights.
#
# Three things in the next cells are new. The last layer gives one number for each word of the vocabulary: the higher,
# the better it fits. These raw numbers are called *logits*. *Softmax* turns them into chances between 0 and 1 that add
# up to 1. And `model(**inputs)` hands over a whole dictionary of inputs, each under its own name.

# %%
from transformers import AutoTokenizer

checkpoint = ck.checkpoint("bert-base-cased")
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
print(f"{tokenizer.vocab_size:,} words and pieces of words")

# %% tags=["pytorch"]
from transformers import BertForMaskedLM


def build(seed):
    torch.manual_seed(seed)
    sizes = {**small.to_dict(), "vocab_size": tokenizer.vocab_size}
    # A new model is set for training, where dropout is on. eval ends that.
    return BertForMaskedLM(BertConfig(**sizes)).eval()


def scores(model, text):
    inputs = tokenizer(text, return_tensors="pt")
    gap = inputs["input_ids"][0].tolist().index(tokenizer.mask_token_id)
    with torch.no_grad():
        return model(**inputs).logits[0, gap].softmax(-1).numpy()  # (vocab_size,)


# %% tags=["tensorflow"]
from transformers import TFBertForMaskedLM


def build(seed):
    tf.keras.utils.set_random_seed(seed)
    sizes = {**small.to_dict(), "vocab_size": tokenizer.vocab_size}
    return TFBertForMaskedLM(BertConfig(**sizes))


def scores(model, text):
    inputs = tokenizer(text, return_tensors="tf")
    gap = inputs["input_ids"][0].numpy().tolist().index(tokenizer.mask_token_id)
    logits = model(**inputs).logits[0, gap]
    return tf.nn.softmax(logits).numpy()  # (vocab_size,)


# %% [markdown]
# What is the capital of France? Ask two models that differ in nothing but their seed.

# %% tags=["differs-in-5"] because="transformers 5 draws random weights in another order."
for seed in (0, 1):
    guesses = scores(build(seed), "The capital of France is [MASK].")
    best = guesses.argsort()[::-1][:5]
    print(f"seed {seed}:", ", ".join(tokenizer.convert_ids_to_tokens(best.tolist())))

# %% [markdown]
# This is gibberish, and now you can see it. Two signs give it away. The words do not fit. And they change with the
# dice: what depends on the seed is not knowledge.
#
# You can also look inside. Run both models on two sentences, and compare what they make of the same words.

# %% tags=["pytorch"]
inputs = tokenizer(["The cat sleeps.", "The kitten naps."], padding=True, return_tensors="pt")
runs = {}
for seed in (0, 1):
    with torch.no_grad():
        runs[f"seed_{seed}"] = build(seed).bert(**inputs, output_hidden_states=True)

# %% tags=["tensorflow"]
inputs = tokenizer(["The cat sleeps.", "The kitten naps."], padding=True, return_tensors="tf")
runs = {}
for seed in (0, 1):
    runs[f"seed_{seed}"] = build(seed).bert(**inputs, output_hidden_states=True)

# %% tags=["differs-in-5"] because="transformers 5 draws random weights in another order."
ck.OutputExplorer(**runs, input_ids=inputs, tokenizer=tokenizer)

# %% [markdown]
# Every row is a token, every column one of its numbers. The same token looks different on the two sides: another seed,
# another answer.
#
# Open *Tokens alike* and compare the tokens of the two sentences. *Cat* and *kitten* are alike, which looks like
# knowledge. But so are any two tokens that stand in the same place, whatever they mean. See for yourself: *kitten* is
# the third token of its sentence, after `[CLS]` and *the*, and *naps* begins in the fourth place.

# %% tags=["differs-in-5"] because="transformers 5 draws random weights in another order."
import numpy as np


def alike(one, other):
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


cats, kittens = runs["seed_0"].last_hidden_state.numpy()  # (tokens, width) each
print(f"cat and kitten, both in place 3:  {alike(cats[2], kittens[2]):.2f}")
print(f"cat and naps, places 3 and 4:     {alike(cats[2], kittens[3]):.2f}")
print(f"sleeps and naps, both in place 4: {alike(cats[3], kittens[3]):.2f}")
print(f"cat and sleeps, places 3 and 4:   {alike(cats[2], cats[3]):.2f}")

# %% [markdown]
# The place decides, not the meaning. The model adds the same numbers to all tokens in one place, and it has nothing
# better to go by.
#
# There is a third sign, which needs no reading. How sure is the model of its best guess? And how sure would it be if
# every word got the same chance?

# %% tags=["differs-in-5"] because="transformers 5 draws random weights in another order."
print(f"equal chances: {1 / tokenizer.vocab_size:.3%}")
print(f"best guess:    {guesses.max():.3%}")

# %% [markdown]
# The best of all guesses gets hardly more than its share. The model spreads its bets over the whole vocabulary.
#
# And a trained model? Real training takes days, as you will see below. But you can watch a very small one. Show the
# model five sentences, hide the last word of each, and push every weight a tiny step towards the right answer, a
# hundred times. Guess: how sure will it be then?

# %% tags=["pytorch"]
capitals = {"France": "paris", "Italy": "rome", "Spain": "madrid", "Egypt": "cairo", "Russia": "moscow"}
student = build(0)
inputs = tokenizer([f"The capital of {country} is [MASK]." for country in capitals], return_tensors="pt")
answers = torch.tensor(tokenizer.convert_tokens_to_ids(list(capitals.values())))
gaps = inputs["input_ids"] == tokenizer.mask_token_id


def _step():
    loss = torch.nn.functional.cross_entropy(student(**inputs).logits[gaps], answers)
    loss.backward()
    with torch.no_grad():
        for weight in student.parameters():
            if weight.grad is not None:
                weight.sub_(0.002 * weight.grad.sign())  # a tiny step, up or down
                weight.grad = None


for _ in range(100):
    _step()

# %% tags=["tensorflow"]
capitals = {"France": "paris", "Italy": "rome", "Spain": "madrid", "Egypt": "cairo", "Russia": "moscow"}
student = build(0)
inputs = tokenizer([f"The capital of {country} is [MASK]." for country in capitals], return_tensors="tf")
answers = tokenizer.convert_tokens_to_ids(list(capitals.values()))
gaps = inputs["input_ids"] == tokenizer.mask_token_id


@tf.function
def _step():
    with tf.GradientTape() as tape:
        logits = tf.boolean_mask(student(inputs).logits, gaps)
        loss = tf.keras.losses.sparse_categorical_crossentropy(answers, logits, from_logits=True)
    used = [weight for weight in student.trainable_weights if "pooler" not in weight.name]
    for weight, slope in zip(used, tape.gradient(loss, used), strict=True):
        weight.assign_sub(0.002 * tf.sign(tf.convert_to_tensor(slope)))  # a tiny step, up or down


for _ in range(100):
    _step()

# %%
for country in capitals:
    guesses = scores(student, f"The capital of {country} is [MASK].")
    print(f"{country:7} {tokenizer.convert_ids_to_tokens([int(guesses.argmax())])[0]:7} sure: {guesses.max() > 0.9}")

# %% [markdown]
# Now nearly all of its chances go to one word. That is the third sign: a trained model puts most on a few words, a new
# one on none. (To be sure is not to be right. Ask this student for the capital of Japan: it has read five sentences.)

# %% [markdown]
# ## What training would cost
#
# Training would turn these random numbers into useful ones. How long does that take? The
# [BERT paper](https://arxiv.org/abs/1810.04805) says what its authors did: a million steps with 256 texts each, 128
# tokens long in the first 900,000 steps and 512 tokens long in the rest.
#
# A rule of thumb ([Kaplan and others](https://arxiv.org/abs/2001.08361)) says what one token costs: about 6
# operations for each parameter in a layer. Tables do not count, since looking up a row is no work. In lesson 1 you
# found 7,087,872 parameters in one layer of BERT. Say that your laptop does a hundred billion operations per second.

# %%
ck.predict("2.4")

# %%
tokens = 256 * (900_000 * 128 + 100_000 * 512)
in_layers = 12 * 7_087_872
operations = 6 * in_layers * tokens
seconds = operations / 100e9

print("What it takes:")
print(f"tokens read: {tokens / 1e9:.0f} billion")
print(f"operations:  {operations:.1e}")
ck.outcome("2.4", round(seconds / (365 * 24 * 3600), 1))

# %% [markdown]
# And that is for one run without a mistake. The authors used 16 TPU chips for four days.
#
# Energy is part of the price. [Strubell and others](https://arxiv.org/abs/1906.02243) estimated what one training of
# this model on 64 graphics processors emits: 1,438 pounds of CO₂. In the same table, one passenger's flight between
# New York and San Francisco stands at 1,984 pounds.

# %%
print(f"{1438 * 0.4536:.0f} kg of CO₂, or {1438 / 1984:.0%} of the flight")

# %% [markdown]
# What comes out of all this work is a file. BERT has 109,482,240 parameters, as you saw in lesson 1, and each takes 4
# bytes.

# %%
print(f"{109_482_240 * 4 / 1e6:.0f} MB")

# %% [markdown]
# This is why people share checkpoints. Somebody paid for the training once. You download a file, in a minute or so,
# and start from there. That is lesson 3.

# %% [markdown]
# ## Your turn
#
# Write your answer in the cell below each task, in place of the three dots, and run it. You may try as often as you
# like. A wrong answer gets a hint of its own. (Nothing leaves this computer.)

# %%
ck.exercise("2.1")

# %%
ck.exercise("2.2")

# %%
ck.exercise("2.3")

# %%
ck.exercise("2.4")

# %% [markdown]
# One to think about: could you find a seed whose best guess is *Paris*? About how many seeds would you have to try?
#
# <details><summary>Solution</summary>
#
# You could, after some tens of thousands of tries: every word of the vocabulary has about the same chance to come
# first. And the lucky model would know nothing about Italy. Being right once by luck is not knowledge either. Ask
# more than one question.
#
# </details>

# %% [markdown]
# Five questions to end with. Each choice is answered at once.

# %%
ck.quiz("2")

# %% [markdown]
# ## Words of this lesson
#
# | word | what it means |
# |---|---|
# | initialize | give a new model its first weights, at random |
# | bias, scale | a number that a layer adds, one that it multiplies with |
# | seed | where a formula for random numbers starts; the same seed gives the same numbers |
# | tokenizer | turns text into numbers and numbers into text |
# | logits | the raw numbers of a last layer, one for each possible answer |
# | softmax | turns logits into chances that add up to 1 |
# | `**inputs` | hands over a dictionary as named arguments |
# | `.detach()` | PyTorch: the numbers of a weight, without the record that training needs |
# | gibberish | what a model says that was not trained |

# %% [markdown]
# ## Recap
#
# - A config fixes shapes. The numbers of a new model are random, spread by `initializer_range` around zero. Biases
#   start at 0 and scales at 1.
# - The same seed gives the same model. Another seed gives another one.
# - A random model answers without an error, in the right shape. You have to look at what it says.
# - Gibberish shows in three ways: it does not fit, it changes with the seed, and the model is sure of nothing.
# - Training costs years of a laptop's time. Its result is one file, and files can be shared.
#
# **Next:** {{next}}
