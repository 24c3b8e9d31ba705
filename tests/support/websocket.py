"""websocket.py — a WebSocket's client side, of the standard library alone."""

import base64
import os
import socket
import struct
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    """The server answered the handshake with something else: status and body."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Closed(Exception):
    """The other side has closed."""


class WebSocket:
    """An open connection. `receive_buffer` makes a slow one: so many bytes the system takes unread."""

    def __init__(self, url, headers=None, timeout=10, receive_buffer=None):
        parts = urlsplit(url)
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((parts.hostname, parts.port))
        lines = [
            f"GET {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        ]
        headers = {"Host": parts.netloc, **(headers or {})}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.received = b""
        head = self._until(b"\r\n\r\n").decode()
        status = int(head.split()[1])
        if status != 101:
            raise Refused(status, self._rest().decode(errors="replace"))

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Closed
        self.received += data

    def _until(self, end):
        while end not in self.received:
            self._more()
        head, self.received = self.received.split(end, 1)
        return head

    def _rest(self):
        try:
            while True:
                self._more()
        except (Closed, OSError):
            return self.received

    def _take(self, size):
        while len(self.received) < size:
            self._more()
        taken, self.received = self.received[:size], self.received[size:]
        return taken

    def send(self, payload, opcode=TEXT):
        payload = payload.encode() if isinstance(payload, str) else payload
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        # A mask of zeros is a mask.
        self.socket.sendall(head + bytes(4) + payload)

    def receive(self):
        """The next message's bytes. Raises Closed, or socket.timeout."""
        message = b""
        while True:
            first, second = self._take(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self._take(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._take(8))
            payload = self._take(size)
            opcode = first & 0x0F
            if opcode == CLOSE:
                raise Closed
            if opcode == PING:
                self.send(payload, PONG)
            elif opcode != PONG:
                message += payload
                if first & 0x80:
                    return message

    def close(self):
        self.socket.close()
