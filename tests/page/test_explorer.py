"""What all explorers share: a payload that carries numbers safely, and an element around the static face."""

import base64
import json
import re
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.views.page.explorer import pack


def unpacked(packed):
    raw = zlib.decompress(base64.b64decode(packed))
    length = int.from_bytes(raw[:4], "little")
    start = 4 + length

    def revive(value):
        if set(value) != {"$array"}:
            return value
        offset, dtype, shape = value["$array"]
        assert (start + offset) % 8 == 0  # or the page's typed arrays refuse it
        count = int(np.prod(shape))
        return np.frombuffer(raw, np.dtype(dtype).newbyteorder("<"), count, start + offset).reshape(shape)

    return json.loads(raw[4:start], object_hook=revive)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 5)])
def test_arrays_arrive_as_they_were(dtype, shape):
    array = (np.arange(np.prod(shape, dtype=int)) * 3).astype(dtype).reshape(shape)
    found = unpacked(pack({"a": array, "b": array[::-1] if shape else array}))

    np.testing.assert_array_equal(found["a"], array)
    np.testing.assert_array_equal(found["b"], array[::-1] if shape else array)
    assert found["a"].dtype == array.dtype


@given(st.dictionaries(st.text(max_size=9).filter(lambda key: key != "$array"), st.text() | st.integers() | st.none()))
def test_text_of_any_kind_arrives_and_cannot_leave_its_script(data):
    packed = pack(data)

    assert unpacked(packed) == data
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", packed)


def test_what_json_cannot_say_is_refused():
    with pytest.raises(TypeError, match="cannot be sent to a page"):
        pack({"a": object()})
    with pytest.raises(ValueError, match="not JSON compliant"):
        pack({"a": float("nan")})
