# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON-RPC 2.0 as the Model Context Protocol has it on stdio: a message a line, requests answered one by one, cancellation, progress.

One thread reads, so that a cancellation is seen while a request is worked on; the main thread works, and is interrupted as by Ctrl-C.
"""

from __future__ import annotations

import _thread
import json
import queue
import sys
import threading
import time

from pykd.session.document import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Revisions of the protocol that are spoken, the newest first."""
PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
RESOURCE_NOT_FOUND = -32002
MAX_LINE = 1 << 22
"""Characters of a message that is taken"""
STACK = 16 << 20
"""Bytes of the reading thread's stack, on which the parser of JSON goes as deep as on the main one; musl's are small"""
PACE = 0.5
"""Seconds between two notes of progress"""


class RpcError(Exception):
    """What a request is answered with in place of a result."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Call:
    """A request under way, for whoever works on it."""

    def __init__(self, send: Callable[[dict[str, Any]], None], token: object) -> None:
        self._send = send
        self._token = token
        self._next = time.monotonic() + PACE

    def at(self, done: int, message: str) -> None:
        """So much of it is done: told to who wants to know."""
        now = time.monotonic()
        if self._token is None or now < self._next:
            return
        self._next = now + PACE
        self._send({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": self._token, "progress": done, "message": message}})


class Connection:
    """The client on the other end of two files."""

    def __init__(self, answer: Callable[[str, dict[str, Any], Call], dict[str, Any]], source: TextIO, target: TextIO) -> None:
        """
        :param answer: the result of a method with its parameters. :raises RpcError:
        """
        self._answer = answer
        self._source = source
        self._target = target
        self._requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._current: object = None
        """The id of the request that is worked on."""
        self._cancelled: set[object] = set()
        """Ids of requests that wait and need no answer."""

    def serve(self) -> None:
        """Answer requests until the input ends."""
        threading.stack_size(STACK)
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            try:
                message = self._requests.get()
            except KeyboardInterrupt:
                return  # by the user, not the client
            if message is None:
                return
            self._work(message)

    def _send(self, message: dict[str, Any]) -> None:
        self._target.write(encode(message) + "\n")
        self._target.flush()

    def _fail(self, id: object, code: int, text: str) -> None:
        self._send({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}})

    def _read(self) -> None:
        try:
            while line := self._source.readline(MAX_LINE):
                if line.strip():
                    self._take(line)
        finally:
            self._requests.put(None)

    def _take(self, line: str) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        for one in message if isinstance(message, list) else [message]:
            if isinstance(one, dict) and one.get("method") == "notifications/cancelled":
                self._cancel(one.get("params"))
            else:
                self._requests.put(one if isinstance(one, dict) else {})

    def _cancel(self, params: object) -> None:
        id = params.get("requestId") if isinstance(params, dict) else None
        if not isinstance(id, (str, int)):
            return
        with self._lock:
            if id == self._current:
                _thread.interrupt_main()
            else:
                self._cancelled.add(id)

    def _work(self, message: dict[str, Any]) -> None:
        method, id, params = message.get("method"), message.get("id"), message.get("params", {})
        if not isinstance(method, str) or message.get("jsonrpc") != "2.0" or not isinstance(params, dict) or not isinstance(id, (str, int, type(None))):
            if "result" not in message and "error" not in message:  # else it answers what we never asked
                self._fail(id if isinstance(id, (str, int)) else None, INVALID_REQUEST if message else PARSE_ERROR, "no request of JSON-RPC 2.0")
            return
        if id is None:
            return  # a notification: there is none that changes anything here
        meta = params.get("_meta")
        call = Call(self._send, meta.get("progressToken") if isinstance(meta, dict) else None)
        cancelled = False
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": id}
        try:
            with self._lock:
                self._current = id
                cancelled = id in self._cancelled
            if not cancelled:
                reply["result"] = self._answer(method, params, call)
        except KeyboardInterrupt:
            cancelled = True
        except RpcError as error:
            reply["error"] = {"code": error.code, "message": str(error)}
        except Exception as error:
            reply["error"] = {"code": INTERNAL, "message": f"internal error: {type(error).__name__}: {error}"}
        while self._current is not None or id in self._cancelled:
            try:
                with self._lock:
                    self._current = None
                    self._cancelled.discard(id)
            except KeyboardInterrupt:
                cancelled = True
        if not cancelled:
            self._send(reply)


def connection(answer: Callable[[str, dict[str, Any], Call], dict[str, Any]]) -> Connection:
    """The client that has started us. What else is printed from now on goes to standard error, which is no part of the protocol."""
    target, sys.stdout = sys.stdout, sys.stderr
    return Connection(answer, sys.stdin, target)
