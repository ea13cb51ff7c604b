# SPDX-License-Identifier: MIT
"""Engrams as engram(5) says, and nothing else: the second reader, for test/engram-read."""
import hashlib
import struct
from collections import namedtuple
from itertools import islice

from manifest_record import MIB, Damaged, Order, parse_record, require
from zstd_frame import unpack

FEATURE_BASE = 1 << 0
MOST_BASES = 16
MAGIC = {"header": 0x184D2A50, "leaf": 0x184D2A51, "tables": 0x184D2A52, "footer": 0x184D2A53}
PROFILES = "kernel libraries binaries config runtime archive database media balanced".split()

# What a header and a footer share, and then what only a footer has.
Common = namedtuple("Common", "signature version zero required optional")
Footer = namedtuple("Footer", "tables entries bytes chunks blocks leaves base_bytes "
                    "tables_sha256 tree_sha256 sha256")
Block = namedtuple("Block", "place stored content profile sha256")
Leaf = namedtuple("Leaf", "place stored content entries sha256")
Chunk = namedtuple("Chunk", "engram block start length sha256")
Base = namedtuple("Base", "sha256 length runs name")


class Entry(namedtuple("Entry", "raw record runs sha256")):
    def chunks(self):
        """The numbers of its chunks, in order."""
        return [number for first, count in self.runs for number in range(first, first + count)]


class Unsupported(Exception):
    pass


class Missing(Exception):
    pass


def sha256(data):
    return hashlib.sha256(data).digest()


def skippable(data, kind, offset, end):
    """The payload of the skippable frame that fills a place."""
    require(end - offset >= 8, f"{kind}: no room for a frame at {offset}")
    magic, length = struct.unpack_from("<II", data, offset)
    require(magic == MAGIC[kind], f"{kind}: magic number {magic:#x}")
    require(length == end - offset - 8, f"{kind}: {length} bytes of payload in {end - offset}")
    return data[offset + 8:end]


class Engram:
    """An engram, all of it read and checked; among `others`, the data of files, it finds its bases."""

    def __init__(self, data, others=(), depth=0):
        require(depth <= MOST_BASES, f"more than {MOST_BASES} bases")
        self.data, self.others, self.depth = data, others, depth
        self.read_ends()
        self.read_tables()
        self.leaf_content = [self.stored(leaf, f"leaf {i}") for i, leaf in enumerate(self.leaves)]
        self.block_content = [self.stored(block, f"block {i}") for i, block in enumerate(self.blocks)]
        for i, chunk in enumerate(self.chunks):
            require(sha256(self.chunk_data(i)) == chunk.sha256, f"chunk {i}: SHA-256")
        self.read_entries()
        self.check_files()

    def read_ends(self):
        data = self.data
        require(len(data) >= 40 + 8 + 176, f"only {len(data)} bytes")
        self.common = Common(*struct.unpack("<8sIIQQ", skippable(data, "header", 0, 40)))
        require(self.common.signature == b"engram\r\n", "signature")
        footer = skippable(data, "footer", len(data) - 176, len(data))
        self.footer = Footer(*struct.unpack("<QQQIIII32s32s32s", footer[32:]))
        require(sha256(data[-176:-32]) == self.footer.sha256, "footer: SHA-256")
        require(footer[:32] == data[8:40], "header and footer do not belong together")
        if self.common.version != 1 or self.common.required & ~FEATURE_BASE:
            raise Unsupported(f"version {self.common.version}, "
                              f"required features {self.common.required:#x}")
        require(self.common.zero == 0, "a zero that is none")
        require((self.common.required == 0) == (self.footer.base_bytes == 0), "base: no section")

    def read_tables(self):
        footer, end = self.footer, len(self.data) - 176
        require(40 <= footer.tables <= end - 8, f"tables at {footer.tables}")
        tables = skippable(self.data, "tables", footer.tables, end)
        require(sha256(tables) == footer.tables_sha256, "tables: SHA-256")
        leaves = 44 * footer.blocks
        base = leaves + 44 * footer.leaves
        chunks = base + footer.base_bytes
        require(chunks <= len(tables), f"tables: only {len(tables)} bytes")
        self.blocks, place = self.rows(Block, tables[:leaves], 40)
        self.leaves, place = self.rows(Leaf, tables[leaves:base], place)
        require(place == footer.tables, f"the last leaf ends at {place}")
        self.check_rows()
        self.base = self.read_base(tables[base:chunks]) if footer.base_bytes else None
        self.own_chunks = self.read_chunks(tables[chunks:])
        self.chunks = self.number_chunks()

    def check_rows(self):
        for i, block in enumerate(self.blocks):
            require(1 <= block.content <= 32 * MIB, f"block {i}: {block.content} bytes of content")
            most = block.content + block.content // 256 + 64
            require(block.stored <= most, f"block {i}: {block.stored} bytes stored")
            require(block.profile < len(PROFILES), f"block {i}: profile {block.profile}")
        for i, leaf in enumerate(self.leaves):
            require(1 <= leaf.content <= 64 * MIB, f"leaf {i}: {leaf.content} bytes of content")
            most = 8 + leaf.content + leaf.content // 256 + 64
            require(leaf.stored <= most, f"leaf {i}: {leaf.stored} bytes stored")
            require(leaf.entries > 0, f"leaf {i}: no entries")
            require(leaf.content <= MIB or leaf.entries == 1, f"leaf {i}: {leaf.entries} entries")
        require(sum(leaf.entries for leaf in self.leaves) == self.footer.entries, "number of entries")

    @staticmethod
    def rows(kind, table, place):
        rows = []
        for row in struct.iter_unpack("<III32s", table):
            rows.append(kind(place, *row))
            place += row[0]
        return rows, place

    def read_chunks(self, table):
        require(len(table) % 40 == 0, f"tables: {len(table)} bytes of chunks")
        chunks, filled = [], [0] * len(self.blocks)
        for i, (block, length, digest) in enumerate(struct.iter_unpack("<II32s", table)):
            require(block < len(self.blocks), f"row {i} of the chunks: block {block}")
            require(1 <= length <= MIB, f"row {i} of the chunks: {length} bytes")
            chunks.append(Chunk(self, block, filled[block], length, digest))
            filled[block] += length
        require(filled == [block.content for block in self.blocks], "chunks do not fill their blocks")
        return chunks

    def read_base(self, section):
        require(len(section) >= 48, f"base: only {len(section)} bytes")
        digest, length, count, name_length = struct.unpack_from("<32sQII", section)
        end = 48 + 12 * count
        require(len(section) == end + -(-name_length // 4) * 4, f"base: {len(section)} bytes")
        name, zeros = section[end:end + name_length], section[end + name_length:]
        require(1 <= name_length <= 255 and not set(b"/\0") & set(name), f"base: {name}")
        require(name not in (b".", b".."), f"base: {name}")
        require(not any(zeros), "base: bytes after its name")
        return Base(digest, length, list(struct.iter_unpack("<III", section[48:end])), name)

    def find_base(self):
        for data in self.others:
            if data[-32:] == self.base.sha256 and len(data) == self.base.length:
                return Engram(data, self.others, self.depth + 1)
        raise Missing(f"its base {self.base.name} is none of the files")

    def number_chunks(self):
        """All chunks in order: the base's where its runs say so, and rows of the table between them."""
        chunks, own = [], iter(self.own_chunks)
        if self.base:
            theirs, after = self.find_base().chunks, None
            for first, count, there in self.base.runs:
                require(count > 0 and first >= len(chunks), f"base: run {first}+{count}")
                require(there + count <= len(theirs), f"base: run {first}+{count} is {there} on")
                require((first, there) != after, "base: two runs that are one")
                chunks += islice(own, first - len(chunks))
                require(first == len(chunks), f"base: run {first}+{count} comes after all rows")
                chunks += theirs[there:there + count]
                after = first + count, there + count
            used = sum(count for _, count, _ in self.base.runs)
            require(used <= len(theirs), f"base: {used} chunks of {len(theirs)}")
        chunks += own
        require(len(chunks) == self.footer.chunks, f"{len(chunks)} chunks")
        return chunks

    def stored(self, row, what):
        """The content of a block or a leaf."""
        end = row.place + row.stored
        frame = self.data[row.place:end]
        require(sha256(frame) == row.sha256, f"{what}: SHA-256")
        if isinstance(row, Leaf):
            frame = skippable(self.data, "leaf", row.place, end)
        return unpack(frame, row.content, what)

    def chunk_data(self, i):
        chunk = self.chunks[i]
        return chunk.engram.block_content[chunk.block][chunk.start:chunk.start + chunk.length]

    # ---- entries ----

    def read_entries(self):
        self.entries, order = [], Order()
        for i, (leaf, content) in enumerate(zip(self.leaves, self.leaf_content)):
            at = 0
            for _ in range(leaf.entries):
                entry, at = self.read_entry(content, at)
                order.check(entry.record)
                self.entries.append(entry)
            require(at == len(content), f"leaf {i}: {len(content) - at} bytes after its last entry")

    def read_entry(self, content, at):
        require(len(content) - at >= 8, "no room for an entry")
        length, count = struct.unpack_from("<II", content, at)
        runs_at = at + 8 + length
        end = runs_at + 8 * count
        require(end <= len(content), f"an entry that ends at {end}")
        raw = content[at + 8:runs_at]
        record = parse_record(raw)
        runs = list(struct.iter_unpack("<II", content[runs_at:end]))
        numbers = self.run_chunks(record, runs)
        digest = None
        if len(numbers) > 1:
            require(len(content) - end >= 32, "no room for a file's SHA-256")
            digest, end = content[end:end + 32], end + 32
        elif record.type == "f":
            digest = self.chunks[numbers[0]].sha256 if numbers else sha256(b"")
        return Entry(raw, record, runs, digest), end

    def run_chunks(self, record, runs):
        """The numbers of a file's chunks, which are to make up its data."""
        left, numbers, previous_end = record.data, [], None
        for first, count in runs:
            require(count > 0 and first != previous_end, f"{record.path}: run {first}+{count}")
            previous_end = first + count
            require(previous_end <= len(self.chunks), f"{record.path}: run {first}+{count}")
            for number in range(first, previous_end):
                left -= self.chunks[number].length
                require(left >= 0, f"{record.path}: chunks of more than its data")
                numbers.append(number)
        require(left == 0, f"{record.path}: {left} bytes without a chunk")
        return numbers

    def file_data(self, entry):
        return b"".join(map(self.chunk_data, entry.chunks()))

    def check_files(self):
        """What goes over all files: digests, cost, the numbers of the chunks, the sums."""
        tree, total, seen = hashlib.sha256(), 0, 0
        for entry in self.entries:
            tree.update(entry.raw + (entry.sha256 or b""))
            total += entry.record.data
            path = entry.record.path
            require(entry.sha256 in (None, sha256(self.file_data(entry))), f"{path}: SHA-256")
            cost, previous = 0, None
            for number in entry.chunks():
                require(number <= seen, f"{path}: chunk {number} comes before {seen}")
                seen = max(seen, number + 1)
                engram, block = self.chunks[number][:2]
                if (engram, block) != previous:
                    cost += engram.blocks[block].content
                previous = engram, block
            require(cost <= 32 * (entry.record.data + MIB), f"{path}: costs {cost}")
        require(seen == len(self.chunks), f"chunks from {seen} on are no file's")
        require(total == self.footer.bytes, f"{total} bytes of data")
        require(tree.digest() == self.footer.tree_sha256, "tree digest")

    def write_manifest(self, out):
        out.write(b"manifest=1\0data=inline\0\0")
        for entry in self.entries:
            out.write(entry.raw + self.file_data(entry))
        out.write(b"end=%d\0bytes=%d\0\0" % (len(self.entries), self.footer.bytes))
