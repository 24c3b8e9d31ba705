"""Frames: how messages and models lie in a file (schemas/frame.h)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import xxhash

MAGIC = b"MARQUEE1"
HEADER_BYTES = 64
_HEADER = struct.Struct("<8sQQ40s")


def encode(payload: bytes) -> bytes:
    """Put a payload into one frame: header, payload, zeros up to a multiple of 64."""
    header = _HEADER.pack(MAGIC, len(payload), xxhash.xxh3_64_intdigest(payload), bytes(40))
    return header + payload + bytes(-len(payload) % HEADER_BYTES)


def payloads(data: bytes, name: str) -> Iterator[memoryview]:
    """Yield the payload of each frame.

    Errors: ValueError, with the offset, if a frame is damaged.
    """
    view = memoryview(data)
    offset = 0
    while offset < len(view):
        if offset + HEADER_BYTES > len(view):
            raise ValueError(f"{name}: the file ends inside the frame header at byte {offset}")
        magic, length, checksum, reserved = _HEADER.unpack_from(view, offset)
        if magic != MAGIC or any(reserved):
            raise ValueError(f"{name}: no Marquee frame at byte {offset}")
        payload = view[offset + HEADER_BYTES : offset + HEADER_BYTES + length]
        if len(payload) != length or xxhash.xxh3_64_intdigest(payload) != checksum:
            raise ValueError(
                f"{name}: the frame at byte {offset} is cut or damaged; write the file anew"
            )
        yield payload
        offset += HEADER_BYTES + length + -length % HEADER_BYTES
