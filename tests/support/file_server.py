"""Serve the bytes of one file on loopback in good and bad ways, for the tests of the download.

    file_server.py FILE

Prints its port on the first line of stdout and serves until stdin is closed. The path's first part says how:

    /good        ranges, strong ETag              /no-ranges    always the whole file, no ETag
    /dated       ranges, date of change only      /changing     ranges, another ETag each time
    /cut         ranges; every answer is cut after 100,000 bytes of its body
    /cut-plain   as /cut, without ranges          /stall        sends 1,000 bytes, then nothing
    /flaky       status 503 the first two times   /missing      404
    /redirect    to /good                         /loop         to itself
    /to-file     redirects to file:///            /unknown      the whole file, without its length
    /lying       answers a range with another one
    /log         what was asked for so far: one line "PATH RANGE IF-RANGE" each
"""
import http.server
import sys
import threading
import time

CONTENT = open(sys.argv[1], "rb").read()
CUT = 100_000
log = []
changes = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b"", length=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None and length != len(body):
            self.close_connection = True

    def file(self, validators, ranges=True, cut=None, shift=0):
        """The file, or the range asked for if the validator still holds."""
        begin = 0
        asked = self.headers.get("Range") if ranges else None
        condition = self.headers.get("If-Range")
        if asked and (condition is None or condition in validators.values()):
            begin = int(asked.removeprefix("bytes=").split("-")[0])
            if begin >= len(CONTENT):
                return self.answer(416, {"Content-Range": f"bytes */{len(CONTENT)}"})
            begin += shift
            headers = validators | {"Content-Range": f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}"}
            status = 206
        else:
            headers, status = validators, 200
        body = CONTENT[begin:]
        return self.answer(status, headers, body[:cut], len(body))

    def do_GET(self):
        global changes
        how = self.path.split("?")[0].split("/")[1]
        if how != "log":
            log.append(" ".join([self.path, self.headers.get("Range", "-"), self.headers.get("If-Range", "-")]))
        etag = {"ETag": '"one"'}
        if how == "good":
            self.file(etag)
        elif how == "dated":
            self.file({"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "ETag": 'W/"weak"'})
        elif how == "no-ranges":
            self.file({}, ranges=False)
        elif how == "changing":
            changes += 1
            self.file({"ETag": f'"{changes}"'}, cut=CUT if changes == 1 else None)
        elif how == "cut":
            self.file(etag, cut=CUT)
        elif how == "cut-plain":
            self.file({}, ranges=False, cut=CUT)
        elif how == "lying":
            self.file(etag, cut=CUT, shift=7)
        elif how == "flaky":
            if sum(line.startswith("/flaky") for line in log) <= 2:
                self.answer(503, {}, b"busy")
            else:
                self.file(etag)
        elif how == "stall":
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:1000])
            self.wfile.flush()
            time.sleep(30)
        elif how == "unknown":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(CONTENT)
            self.close_connection = True
        elif how == "redirect":
            self.answer(302, {"Location": "/good"}, b"elsewhere")
        elif how == "loop":
            self.answer(302, {"Location": "/loop"})
        elif how == "to-file":
            self.answer(302, {"Location": f"file://{sys.argv[1]}"})
        elif how == "log":
            self.answer(200, {}, "".join(line + "\n" for line in log).encode())
        else:
            self.answer(404, {}, b"no such thing")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that go away are what is tested


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
