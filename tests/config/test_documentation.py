"""The parser finds an attribute's text in docstrings of both generations."""

from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig

from coursekit.facts.config.documentation import documentation, entries

HAND_WRITTEN = """
    Build a thing.

    Args:
        hidden_size (`int`, *optional*, defaults to 768):
            Dimensionality of the [`BertModel`] layers,
            and of the pooler.
        act (`str` or `Callable`, *optional*,
            defaults to `"gelu"`):
            The activation (a function or a string).

            - `"gelu"` is one.
        first, second (`int`): Two at once.

    Examples:

    ```python
    >>> config = Config(hidden_size=3)
    ```"""


def test_names_types_and_texts_of_a_docstring():
    found = entries(HAND_WRITTEN)

    assert list(found) == ["hidden_size", "act", "first", "second"]
    assert found["hidden_size"].text == "Dimensionality of the BertModel layers, and of the pooler."
    assert found["hidden_size"].type == "int, optional, defaults to 768"
    assert found["act"].text == 'The activation (a function or a string). - "gelu" is one.'
    assert found["second"].text == "Two at once."


def test_a_class_is_asked_before_its_base():
    found = documentation(BertConfig)

    assert "vocabulary" in found["vocab_size"].text.lower()
    assert "hidden-states" in found["output_hidden_states"].text  # of the base class


@given(st.text(alphabet=st.sampled_from("ab_ (`*):,\n-/\t>é"), max_size=200))
def test_any_text_is_read_without_an_error(text):
    for name, entry in entries(text).items():
        assert name
        assert entry.text
