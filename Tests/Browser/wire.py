"""A TCP proxy between a client and the server, for cutting the line at a chosen place."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

PIECE = 16_384

Pieces = Callable[[bytes], bool]
"""Whether this is the beginning of the request that is meant."""


@dataclass(eq=False)
class Line:
    """One connection."""

    client: socket.socket
    server: socket.socket
    muted: bool = False

    def end(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):  # its peer may have been faster
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Wire:
    """Passes octets both ways until it is told otherwise. Every change takes effect for open connections too."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._state = threading.Condition()
        self._lines: set[Line] = set()
        self._open = True
        self._holding: Pieces | None = None
        self._muting: Pieces | None = None
        self._cut_after: int | None = None
        self.held = 0
        """Requests that were kept from the server."""
        self.unanswered = 0
        """Answers that were kept from the client."""
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def hold(self, request: Pieces) -> None:
        """Keeps such a request, and all after it, from the server until `mend`."""
        with self._state:
            self._holding = request

    def silence(self, request: Pieces) -> None:
        """Such a request gets through, its answer does not until `mend`."""
        with self._state:
            self._muting = request

    def cut_after(self, count: int) -> None:
        """Cuts by itself once one connection has brought so many octets."""
        with self._state:
            self._cut_after = count

    def cut(self) -> None:
        """As when the cable is pulled: what is open breaks, what is held is lost, and nothing new gets through."""
        with self._state:
            self._open = False
            self.cuts += 1
            lines = list(self._lines)
            self._lines.clear()
            self._state.notify_all()
        for line in lines:
            line.end()

    def mend(self) -> None:
        with self._state:
            self._open, self._cut_after, self._holding, self._muting = True, None, None, None
            self._state.notify_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                client.close()
                continue
            line = Line(client, socket.create_connection(("127.0.0.1", self._target)))
            with self._state:
                self._lines.add(line)
            for carry in (self._carry_requests, self._carry_answers):
                threading.Thread(target=self._run, args=(carry, line), daemon=True).start()

    def _run(self, carry: Callable[[Line], None], line: Line) -> None:
        try:
            carry(line)
        except OSError:
            # One end is gone, or the wire was cut: the other end learns of it now.
            pass
        finally:
            with self._state:
                self._lines.discard(line)
            line.end()

    def _carry_requests(self, line: Line) -> None:
        while piece := line.client.recv(PIECE):
            with self._state:
                if self._holding is not None and self._holding(piece):
                    self.held += 1
                    self._state.wait_for(lambda: self._holding is None or line not in self._lines)
                self._check(line)
                line.muted = line.muted or (self._muting is not None and self._muting(piece))
            line.server.sendall(piece)

    def _carry_answers(self, line: Line) -> None:
        passed = 0
        while piece := line.server.recv(PIECE):
            with self._state:
                if line.muted and self._muting is not None:
                    self.unanswered += 1
                    self._state.wait_for(lambda: self._muting is None or line not in self._lines)
                self._check(line)
            line.client.sendall(piece)
            passed += len(piece)
            if self._cut_after is not None and passed >= self._cut_after:
                self._cut_after = None
                self.cut()

    def _check(self, line: Line) -> None:
        if line not in self._lines:
            raise OSError("cut")
