# SPDX-License-Identifier: GPL-2.0-or-later
"""Networking: addresses as text, and the network namespace that helpers look at."""

from __future__ import annotations

import re
import socket
import struct
from socket import htonl, ntohl, ntohs

from pykdump.API import *
