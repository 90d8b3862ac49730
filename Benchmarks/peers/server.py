"""Answers from a dictionary, on the server of Python's standard library."""

import http.server
import os
import pathlib
import sys

host, _, port = sys.argv[1].partition(":")
answers = {"/v1/instances/demo/token": pathlib.Path(sys.argv[2]).read_bytes()}
token = f"Bearer {os.environ['TOKEN']}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one write.
    wbufsize = -1

    def do_GET(self):
        body = answers[self.path] if self.headers["Authorization"] == token else b""
        self.send_response(200 if body else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024


Server((host, int(port)), Handler).serve_forever()
