"""Whatever is passed to OutputExplorer and TensorBuilder: facts or a CourseError, in bounded time and memory."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import coursekit as ck

QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])

SHAPES = st.lists(st.integers(0, 5), max_size=5).map(tuple)
DTYPES = st.sampled_from(["float32", "float64", "float16", "int64", "bool", "complex64", "uint8", "U3", "O"])


@st.composite
def arrays(draw):
    shape, dtype = draw(SHAPES), draw(DTYPES)
    fill = draw(st.sampled_from([0, 1, 2.5, -1.0, np.nan, np.inf, 1e308, 1e-320]))
    with np.errstate(all="ignore"):
        if dtype == "bool" or np.dtype(dtype).kind in "iu":
            return np.full(shape, int(np.nan_to_num(fill, posinf=1) % 7), dtype=dtype)
        return np.full(shape, str(fill) if dtype == "U3" else fill, dtype=dtype)


NAMES = st.sampled_from(
    [
        "last_hidden_state",
        "hidden_states",
        "attentions",
        "logits",
        "loss",
        "cross_attentions",
        "decoder_attentions",
        "encoder_last_hidden_state",
        "past_key_values",
        "sequences",
        "scores",
        "start_logits",
        "end_logits",
        "x",
        "\ud800",
    ]
)
FIELDS = st.recursive(arrays(), lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
OUTPUTS = st.one_of(FIELDS, st.dictionaries(NAMES, FIELDS, max_size=4), st.lists(FIELDS, max_size=4).map(tuple))
NONSENSE = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**70), st.floats(), st.text(max_size=4), st.binary(max_size=3), arrays(),
    st.lists(st.integers(-1, 9), max_size=4), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from([object(), int, np.random.default_rng(0), "\udc80", {1}, range(3), [[]], [[1], [1, 2]], [["a"]]]),
)  # fmt: skip


@QUICK
@given(output=OUTPUTS, ids=st.one_of(st.none(), NONSENSE), mask=st.one_of(st.none(), NONSENSE))
def test_any_output_is_shown_or_refused(output, ids, mask):
    try:
        view = ck.OutputExplorer(output, ids, attention_mask=mask)
    except ck.CourseError:
        return
    view.summary().encode()
    view.to_html().encode()


@QUICK
@given(data=st.data())
def test_any_argument_of_the_explorer_is_taken_or_refused(data):
    names = ["input_ids", "tokenizer", "attention_mask", "config", "sequences", "layers", "heads", "picture", "side"]
    chosen = data.draw(st.lists(st.sampled_from([*names, "step"]), min_size=1, max_size=2, unique=True))
    arguments = {name: data.draw(NONSENSE) for name in chosen}
    output = {"last_hidden_state": np.ones((2, 3, 4), np.float32), "attentions": (np.full((2, 1, 3, 3), 1 / 3),)}
    try:
        view = ck.OutputExplorer(output, **arguments)
    except ck.CourseError:
        return
    assert view.to_html()


@QUICK
@given(picture=st.one_of(st.just("head"), st.just("layers"), NONSENSE), layer=NONSENSE, head=NONSENSE, tokens=NONSENSE)
def test_any_figure_is_drawn_or_refused(picture, layer, head, tokens):
    view = ck.OutputExplorer({"attentions": (np.full((2, 1, 3, 3), 1 / 3),)}, [[1, 2, 3]] * 2)

    for arguments in ({"layer": layer}, {"head": head}, {"sequence": layer}, {"tokens": tokens}):
        with pytest.raises(ck.CourseError):  # nothing of it is a number that is there
            view.plot("tokens" if isinstance(picture, str) and picture == "head" else picture, **arguments)


@QUICK
@given(data=st.data())
def test_any_argument_of_the_builder_is_taken_or_refused(tokenizer, data):
    names = ["config", "other", "framework", "padding", "truncation", "length"]
    chosen = data.draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    arguments = {name: data.draw(NONSENSE) for name in chosen}
    sequences = data.draw(
        st.one_of(NONSENSE, st.lists(st.text(max_size=5), max_size=3), st.lists(st.tuples(st.text(), st.text())))
    )
    try:
        view = ck.TensorBuilder(sequences, data.draw(st.sampled_from([None, tokenizer])), **arguments)
    except ck.CourseError:
        return
    view.summary().encode()
    view.to_html().encode()


LARGE = {
    "rows × length": "ck.TensorBuilder([[1, 2]] * 32, padding='fixed', length=10**6, framework='pytorch')",
    "one long row": "ck.TensorBuilder([[1] * 100_000, *[[1]] * 1000], padding='longest', framework='pytorch')",
    "many sequences": "ck.OutputExplorer({'last_hidden_state': np.ones((20_000, 16, 8), np.float32)}).to_html()",
    "contains itself": "loop = [np.ones((2, 3, 4))]; loop += [loop] * 100; ck.OutputExplorer(loop)",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process this way")
@pytest.mark.parametrize("case", LARGE)
def test_what_costs_more_than_it_weighs_is_bounded(case):
    pytest.importorskip("torch", reason="the child process makes its outputs with PyTorch")
    program = f"""
        import resource
        import numpy as np
        import coursekit as ck
        from coursekit.frameworks import FRAMEWORKS
        FRAMEWORKS["pytorch"].tensor  # imported before memory is bounded
        import torch
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 1_500_000_000,) * 2)
        try:
            {LARGE[case]}
        except ck.CourseError as error:
            print("refused:", error.what)
    """

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert "refused" in done.stdout or case == "many sequences"
