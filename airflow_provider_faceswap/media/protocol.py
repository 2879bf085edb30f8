"""
What passes between the child that decodes and its parent, over a pair of sockets.

The parent sends the job as JSON. The child then asks for parts of the file, each of which the parent
sends, and at last answers with JSON.
"""

from __future__ import annotations

import struct

REQUEST = struct.Struct(">cQI")
"""From the child: the kind, an offset, a size. An answer follows its own head."""
REPLY = struct.Struct(">qI")
"""From the parent: the file's size or -1, and how many bytes follow."""
READ, ANSWER = b"r", b"a"
MAX_READ = 1024**2
MAX_NUMBER = 4096
"""Bytes of an answer without pictures."""
MAX_ANSWER = 96 * 1024**2
"""Bytes of an answer with pictures."""
