"""frame.py against the layout that schemas/frame.h states."""

import frame
import pytest
import xxhash


def test_layout():
    encoded = frame.encode(b"hello")
    assert len(encoded) == 128
    assert encoded[:8] == b"MARQUEE1"
    assert int.from_bytes(encoded[8:16], "little") == 5
    assert int.from_bytes(encoded[16:24], "little") == xxhash.xxh3_64_intdigest(b"hello")
    assert encoded[24:64] == bytes(40)
    assert encoded[64:] == b"hello" + bytes(59)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65])
def test_round_trip_of_several_frames(size):
    data = frame.encode(b"x" * size) + frame.encode(b"second")
    assert [bytes(payload) for payload in frame.payloads(data, "f")] == [b"x" * size, b"second"]


def test_every_cut_and_every_flipped_byte_before_the_padding_is_refused():
    data = frame.encode(b"payload")
    for end in range(1, 64 + 7):
        with pytest.raises(ValueError, match="^f: "):
            list(frame.payloads(data[:end], "f"))
    for at in range(64 + 7):
        damaged = bytearray(data)
        damaged[at] ^= 1
        with pytest.raises(ValueError, match="^f: "):
            list(frame.payloads(bytes(damaged), "f"))
