# SPDX-License-Identifier: GPL-2.0-or-later
"""The command sockets: against what the guest of the sample dump said in /proc/net, and what only the whole machine tells."""

import os
import unittest

from test_net_facts import Guest as Facts

import dumps
from pykd.core.errors import CommandError, UsageError
from pykd.session.session import Session


class Sockets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Facts.setUpClass()
        cls.truth = Facts.files
        cls.session = Session(dumps.opened(os.path.join(dumps.ROOT, "tests", "sample", "vmcore")))

    def rows(self, options=""):
        return list(self.session.rows(f"sockets {options}"))

    def test_tcp(self):
        """State, queues, user, inode of each, by its ends; in the guest's namespace."""
        states = {1: "ESTABLISHED", 2: "SYN_SENT", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN"}
        said = set()
        for line in self.truth["tcp"].splitlines()[1:]:
            words = line.split()
            ends = tuple(self.end(word) for word in words[1:3])
            said.add((*ends, states[int(words[3], 16)], int(words[7]), int(words[9])))
        net = next(row["net"] for row in self.rows("-t"))
        found = {(row["local"], row["remote"], row["state"], row.get("uid", 0), row.get("inode", 0)) for row in self.rows(f"-t --net {net:x}") if row["name"] == "tcp"}
        self.assertEqual(said, found)

    def end(self, word):
        address, port = word.split(":")
        return ".".join(str(byte) for byte in int(address, 16).to_bytes(4, "little")) + f":{int(port, 16) or '*'}"

    def test_owners_and_those_without(self):
        rows = self.rows("-t")
        orphans = [row for row in rows if row.get("orphan")]
        self.assertEqual([("LAST_ACK", [])], [(row["state"], row["users"]) for row in orphans])
        self.assertEqual(orphans, self.rows("--orphan"))
        waiting = [row for row in rows if row.get("accept_queue")]
        (listening,) = {row["accept_queue"] for row in waiting}
        queue = next(row for row in rows if row["sock"] == listening)
        self.assertEqual(("LISTEN", len(waiting)), (queue["state"], queue["recv_q"]))
        for row in rows:
            self.assertTrue(row["users"] or row in orphans or row in waiting or row["state"] == "TIME_WAIT", row)

    def test_those_in_no_table(self):
        found = {(row["name"], row["local"], row["users"][0]["comm"]) for row in self.rows("--other") if row["family"] == "INET"}
        self.assertEqual({("tcp", "0.0.0.0:*", "kd-tcp"), ("tcp", "127.0.0.1:5011", "kd-tcp")}, found)

    def test_unix_peers(self):
        rows = {row["sock"]: row for row in self.rows("-x")}
        for row in rows.values():
            if row["peer"] in rows and row["state"] == "CONNECTED":
                self.assertEqual(row["peer_inode"], rows[row["peer"]]["inode"])

    def test_filters(self):
        self.assertEqual({"LISTEN"}, {row["state"] for row in self.rows("-tl")})
        self.assertEqual({"TIME_WAIT"}, {row["state"] for row in self.rows("--state time_wait")})
        self.assertTrue(all(row["recv_q"] or row["send_q"] for row in self.rows("-q")))
        self.assertEqual({"kd-udp"}, {user["comm"] for row in self.rows("-u") for user in row["users"]})
        self.assertEqual(self.rows("--pid 188"), [row for row in self.rows() if any(user["pid"] == 188 for user in row["users"])])
        self.assertEqual({5010}, {5010} & {port for row in self.rows("--port 5010") for port in (row["local_port"], row["remote_port"])})
        for words, error in (("--state nonsense", CommandError), ("--pid x", CommandError), ("-lc", UsageError)):
            with self.assertRaises(error):
                self.rows(words)

    def test_text(self):
        found = self.session.capture("sockets -tim")[0]
        self.assertRegex(found, r"(?m)^tcp6     LISTEN +0 +128 \[::\]:5012 +\[::\]:\* +kd-tcp\(\d+\):28$")
        self.assertRegex(found, r"timer:\(persist,[0-9.]+sec,0\)")
        self.assertIn("skmem:(r", found)
        self.assertRegex(found, r"33 sockets: 33 tcp; 1 orphaned")


if __name__ == "__main__":
    unittest.main()
