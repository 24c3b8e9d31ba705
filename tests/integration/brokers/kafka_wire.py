"""Ask a Kafka broker what it knows, by hand over a socket: waiting for brokers must not cost a JVM a question.

Two requests of Kafka's protocol (https://kafka.apache.org/protocol): Metadata, version 7, and DescribeQuorum, version 0.
"""
import dataclasses
import socket
import struct

METADATA, DESCRIBE_QUORUM = 3, 55
NO_ERROR, UNKNOWN_TOPIC = 0, 3


@dataclasses.dataclass(frozen=True)
class Partition:
    leader: int | None
    replicas: tuple[int, ...]
    isr: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What one broker knows: ids of the registered and unfenced brokers, and partitions by (topic, number)."""

    brokers: frozenset[int]
    partitions: dict[tuple[str, int], Partition]


class _Reader:
    """Read big-endian values off an answer, one after the other."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, layout: str):
        values = struct.unpack_from(">" + layout, self.data, self.at)
        self.at += struct.calcsize(">" + layout)
        return values[0] if len(values) == 1 else values

    def string(self) -> str | None:
        length = self.take("h")
        return None if length < 0 else self.take(f"{length}s").decode()

    def array(self, element) -> list:
        return [element() for _ in range(self.take("i"))]

    def integers(self) -> tuple[int, ...]:
        return tuple(self.array(lambda: self.take("i")))

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


def _ask(port: int, key: int, version: int, rest: bytes, timeout: float) -> _Reader:
    """Send one request to 127.0.0.1:port; its answer, past the correlation id. *Errors:* OSError."""
    client = b"marquee-brokers"
    body = struct.pack(">hhih", key, version, 1, len(client)) + client + rest
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        with connection.makefile("rb") as stream:
            size = stream.read(4)
            answer = stream.read(struct.unpack(">i", size)[0]) if len(size) == 4 else b""
    if len(answer) < 4:
        raise ConnectionError(f"127.0.0.1:{port} closed the connection without an answer")
    reader = _Reader(answer)
    reader.take("i")
    return reader


def metadata(port: int, timeout: float = 5) -> Metadata:
    """Ask the broker at this port for brokers and all topics. *Errors:* OSError."""
    all_topics, auto_create = -1, False
    reader = _ask(port, METADATA, 7, struct.pack(">i?", all_topics, auto_create), timeout)
    partitions = {}

    def broker() -> int:
        node = reader.take("i")
        reader.string()  # host
        reader.take("i")  # port
        reader.string()  # rack
        return node

    def topic() -> None:
        reader.take("h")  # error
        name = reader.string()
        reader.take("?")  # internal
        reader.array(lambda: partition(name))

    def partition(name: str) -> None:
        _error, number, leader, _epoch = reader.take("hiii")
        replicas, isr = reader.integers(), reader.integers()
        reader.integers()  # offline
        partitions[name, number] = Partition(leader if leader >= 0 else None, replicas, isr)

    reader.take("i")  # throttled for
    brokers = frozenset(reader.array(broker))
    reader.string()  # cluster
    reader.take("i")  # "controller": under KRaft just any living broker, so of no use
    reader.array(topic)
    return Metadata(brokers, partitions)


def controller(port: int, timeout: float = 5) -> int | None:
    """Ask, through the broker at this port, the active controller who it is. None: there is none now. *Errors:* OSError."""

    def compact(text: bytes) -> bytes:
        return bytes([len(text) + 1]) + text

    no_tags = b"\0"
    partition = struct.pack(">i", 0) + no_tags
    topic = compact(b"__cluster_metadata") + b"\2" + partition + no_tags
    reader = _ask(port, DESCRIBE_QUORUM, 0, no_tags + b"\2" + topic + no_tags, timeout)
    reader.varint()  # tags
    if reader.take("h") != NO_ERROR or reader.varint() < 2:
        return None
    reader.take(f"{reader.varint() - 1}s")  # the topic's name
    if reader.varint() < 2:
        return None
    _number, error, leader = reader.take("ihi")
    return leader if error == NO_ERROR and leader >= 0 else None
