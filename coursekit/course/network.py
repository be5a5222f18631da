"""Cut the network for a moment, to see who asks for it."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator


class Connections:
    """What was asked for while the network was cut.

    Attributes
    ----------
    count
        How many connections were asked for. None of them was made.
    """

    def __init__(self) -> None:
        self.count = 0

    def _refuse(self, *_: object) -> None:
        self.count += 1
        raise OSError("the network is cut: this happens inside `with ck.no_network()`")


@contextmanager
def no_network() -> Iterator[Connections]:
    """Refuse every new connection of this Python inside a ``with`` block, and count how many were asked for.

    Yields
    ------
    Connections
        ``connections.count`` says how many there were.
    """
    connections = Connections()
    with (
        patch.object(socket.socket, "connect", connections._refuse),  # noqa: SLF001  (a method for this one place)
        patch.object(socket.socket, "connect_ex", connections._refuse),  # noqa: SLF001
        patch.object(socket, "getaddrinfo", connections._refuse),  # noqa: SLF001  (looking up a name asks somebody, too)
    ):
        yield connections
