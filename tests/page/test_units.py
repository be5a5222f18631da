"""Sizes are written as disks and the Hub write them."""

import pytest

from coursekit.views.page.units import bytes_text


@pytest.mark.parametrize(
    ("nbytes", "written"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (466_247, "466 kB"),
        (437_951_328, "438.0 MB"),
        (2_500_000_000, "2.5 GB"),
        (3_200_000_000_000_000, "3200.0 TB"),
    ],
)
def test_a_size_is_written_for_a_reader(nbytes, written):
    assert bytes_text(nbytes) == written
