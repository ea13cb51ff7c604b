# SPDX-License-Identifier: MIT
"""The records of manifest(5), checked as the page says: what test/engram-read finds in an engram."""
import re
from collections import namedtuple

MIB = 1 << 20

Record = namedtuple("Record", "path type link size data")


class Damaged(Exception):
    pass


def require(holds, text):
    if not holds:
        raise Damaged(text)


NUMBER = rb"(?:0|[1-9][0-9]*)"
TIME = rb"(?:-[1-9][0-9]*|" + NUMBER + rb")\.[0-9]{9}"
RECORD = re.compile(
    rb"path=(?P<path>/[^\0]*)\0type=(?:(?P<h>h)\0link=(?P<link>/[^\0]*)\0|(?P<type>[fdlcbps])\0"
    rb"mode=(?:0|[1-7][0-7]{0,3})\0uid=(?P<uid>N)\0gid=(?P<gid>N)\0"
    rb"mtime=T\0(?:atime=T\0)?(?:ctime=T\0)?(?:crtime=T\0)?"
    rb"(?:rdev=(?P<major>N):(?P<minor>N)\0)?(?:target=(?P<target>[^\0]+)\0)?(?:size=(?P<size>N)\0)?"
    rb"(?P<xattrs>(?:xattr=[^\0]+=(?:[0-9a-f]{2})*\0)*)(?P<extents>(?:extent=N\+N\0)*))\0"
    .replace(b"T", TIME).replace(b"N", NUMBER), re.DOTALL)


def check_path(path):
    require(path == b"/" or not {b"", b".", b".."} & set(path[1:].split(b"/")), f"path {path}")
    require(len(path) <= 65535, f"a path of {len(path)} bytes")


def sum_extents(text, size):
    """How much data they have, after a look whether they may be so."""
    total, end = 0, -1
    for field in text.split(b"\0")[:-1]:
        offset, length = map(int, field[7:].split(b"+"))
        require(offset > end and length > 0 and offset + length <= size, f"extent {offset}+{length}")
        total, end = total + length, offset + length
    return total


def parse_record(raw):
    match = RECORD.fullmatch(raw)
    require(match and len(raw) <= 64 * MIB, f"not a record: {raw[:200]}")
    found = match.groupdict()
    kind = (found["h"] or found["type"]).decode()
    for field, kinds in ("major", "cb"), ("target", "l"), ("size", "f"):
        require((found[field] is not None) == (kind in kinds), f"type {kind} and {field}")
    for field in "uid", "gid", "major", "minor":
        require(int(found[field] or 0) < 1 << 32, f"{field} {found[field]}")
    require(kind == "d" or found["path"] != b"/", f"a root of type {kind}")
    require(kind == "f" or not found["extents"], f"type {kind} with extents")
    require(len(found["target"] or b"") <= 65535, "a target that is too long")
    check_path(found["path"])
    check_path(found["link"] or b"/")
    names = [x[6:].rpartition(b"=")[0] for x in (found["xattrs"] or b"").split(b"\0")[:-1]]
    require(names == sorted(set(names)), "order of the attributes")
    for seconds in re.findall(rb"time=(-?[0-9]+)\.", raw):
        require(-(1 << 63) <= int(seconds) < 1 << 63, f"{seconds} seconds")
    size = int(found["size"] or 0)
    require(size < 1 << 63, f"size {size}")
    return Record(found["path"], kind, found["link"], size, sum_extents(found["extents"] or b"", size))


class Order:
    """Records come in their order, below directories, and links after what they name."""

    def __init__(self):
        self.last, self.types = None, {}

    def check(self, record):
        key = record.path.replace(b"/", b"\0")
        require(self.last is None or key > self.last, f"{record.path}: out of order")
        parent = record.path.rpartition(b"/")[0] or b"/"
        require(record.path == b"/" or self.types.get(parent) == "d",
                f"{record.path}: not in a directory")
        if record.type == "h":
            linked = self.types.get(record.link, "d")
            require(linked not in "dh", f"{record.path}: a link to {record.link}")
        self.last = key
        self.types[record.path] = record.type
