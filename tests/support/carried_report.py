"""What a report carries, read back in Python from the file alone."""

from __future__ import annotations

import base64
import json
import re
import zlib
from array import array
from itertools import accumulate, pairwise

CODES = {"u8": "B", "u16": "H", "u32": "I", "f64": "d"}


class Carried:
    def __init__(self, file):
        text = file.read_text(encoding="utf-8")
        blobs = {
            name: zlib.decompress(base64.b64decode(octets))
            for name, octets in re.findall(r'id="blob-(\w+)" data-form="deflate">([^<]*)</script>', text)
        }
        self.about = json.loads(blobs["journey"])
        self.tables = {name: self._table(layout, blobs[name]) for name, layout in self.about["tables"].items()}
        self.blobs = blobs

    @staticmethod
    def _table(layout, octets):
        columns = {}
        for column in layout["columns"]:
            values = array(CODES[column["type"]])
            size = values.itemsize * layout["rows"]
            assert column["at"] % 8 == 0
            values.frombytes(octets[column["at"] : column["at"] + size])
            columns[column["name"]] = list(accumulate(values)) if column.get("differences") else list(values)
        return columns

    def events(self):
        """The events as lines of the trace have them."""
        strings, columns = self.about["strings"], self.tables["events"]
        at = 0
        for row in range(self.about["tables"]["events"]["rows"]):
            n, size = row + 1, columns["data"][row]
            layer, what = strings["kinds"][columns["kind"][row]].split(" ")
            event = {
                "n": n,
                "t": int(columns["t"][row]),
                "host": strings["hosts"][columns["host"][row]],
                "layer": layer,
                "what": what,
                "cause": n - columns["back"][row] if columns["back"][row] else 0,
                "connection": strings["connections"][columns["connection"][row]],
                "why": strings["whys"][columns["why"][row]],
                "frame": columns["frame"][row],
                "data": json.loads(self.blobs["data"][at : at + size] or b"{}"),
            }
            at += size
            yield {name: value for name, value in event.items() if value not in (0, "", {}) or name in ("n", "t")}

    def frames(self):
        """The octets of all frames, in the order of their numbers."""
        frames = self.tables["frames"]
        payloads = pieces(self.blobs["octets"], self.tables["payloads"]["length"])
        heads = pieces(self.blobs["heads"], frames["head_length"])
        return [head + payloads[payload] for head, payload in zip(heads, frames["payload"], strict=True)]


def pieces(octets, lengths):
    return [octets[begin:end] for begin, end in pairwise([0, *accumulate(lengths)])]
