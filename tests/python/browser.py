# SPDX-License-Identifier: GPL-2.0-or-later
"""Chromium without a window, by its debugging protocol over two pipes."""

import fcntl
import json
import os
import select
import shutil
import tempfile
import unittest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE = 60
"""Seconds for an answer; against hanging, not a measurement."""


class Browser:
    """One page of a browser. What it complains of is in :attr:`complaints`."""

    def __init__(self, test):
        """:raises unittest.SkipTest: there is no browser here"""
        program = next(filter(None, map(shutil.which, _NAMES)), None)
        if program is None:
            raise unittest.SkipTest("no Chromium here")
        self.complaints = []
        folder = tempfile.mkdtemp()
        test.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # The protocol wants them as descriptors 3 and 4, which must not be in the way of each other.
        high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 20) for one in (theirs_in, theirs_out)]
        actions = [(os.POSIX_SPAWN_DUP2, high[0], 3), (os.POSIX_SPAWN_DUP2, high[1], 4)]
        actions += [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        words = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder}", "--remote-debugging-pipe", "about:blank"]
        self._pid = os.posix_spawn(program, [program, *words], os.environ, file_actions=actions)
        test.addCleanup(self._end)
        for one in (theirs_in, theirs_out, *high):
            os.close(one)
        self._rest = b""
        self._number = 0
        self._session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page"):
            self.ask(f"{domain}.enable")

    def _end(self):
        # It ends when nobody speaks to it any more.
        os.close(self._out)
        os.close(self._in)
        os.waitpid(self._pid, 0)

    def _message(self):
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], _PATIENCE)
            data = os.read(self._in, 1 << 20) if ready else b""
            if not data:
                raise AssertionError("the browser does not answer")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        message = json.loads(line)
        method, about = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown" or (method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning")):
            self.complaints.append(about)
        if method == "Log.entryAdded":
            self.complaints.append(about["entry"])
        return message

    def ask(self, method, **parameters):
        """Send a command; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, path):
        """Show a file, and wait until it is there."""
        self.ask("Page.navigate", url=f"file://{path}")
        while self._message().get("method") != "Page.loadEventFired":
            pass

    def value(self, script):
        """Of an expression of JavaScript."""
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")
