# SPDX-License-Identifier: MIT
"""One zstd frame as RFC 8878 has it and as engram(5) wants it, for test/engram_reader.py."""
import subprocess

from manifest_record import require


def frame_header(frame):
    """The content size that the header of a zstd frame tells, and where the header ends."""
    require(len(frame) >= 14 and frame[:4] == b"\x28\xb5\x2f\xfd", "no zstd frame")
    descriptor = frame[4]
    single = descriptor >> 5 & 1
    require(descriptor & 0x0F == 0x04, f"a frame header descriptor of {descriptor:#x}")
    size = (single, 2, 4, 8)[descriptor >> 6]
    require(size > 0, "a frame without a content size")
    start = 6 - single
    exponent, mantissa = (0, 0) if single else (frame[5] >> 3, frame[5] & 7)
    window = (8 + mantissa) << (7 + exponent)
    require(window <= 64 << 20, f"a window of {window} bytes")
    content = int.from_bytes(frame[start:start + size], "little") + (256 if size == 2 else 0)
    return content, start + size


def unpack(frame, content, what):
    """The content of what is just one zstd frame."""
    claimed, at = frame_header(frame)
    require(claimed == content, f"{what}: a frame of {claimed} bytes, not {content}")
    last = False
    while not last:
        require(len(frame) - at >= 3, f"{what}: its frame has no end")
        header = int.from_bytes(frame[at:at + 3], "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        at += 3 + (1 if kind == 1 else size)
    require(at + 4 == len(frame), f"{what}: not just one frame")
    done = subprocess.run(["zstd", "-dcq"], input=frame, capture_output=True, check=False)
    require(done.returncode == 0 and len(done.stdout) == content, f"{what}: {done.stderr}")
    return done.stdout
