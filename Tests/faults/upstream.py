"""A stand-in for Amazon Connect that fails in every way a network service can, and on demand."""

import calendar
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse

from clock import Clock

HOST = "upstream.test"
# How far a signature's date may be off, in seconds: AWS's five minutes.
LARGEST_SKEW = 300


class Certificates:
    """An authority of our own and what it signed."""

    def __init__(self, directory):
        self.directory = directory
        self.authority = directory / "ca.pem"
        # Made a day ago, so that a clock that is set back does not come before them.
        clock = Clock(directory / "yesterday")
        clock.set(-86400)
        self.environment = os.environ | clock.environment
        self._openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=faults -days 3")
        self._openssl("req -x509 -newkey rsa:2048 -nodes -keyout wrong.key -out wrong.pem -days 3 -subj /CN=other "
                      f"-addext subjectAltName=DNS:{HOST}")
        self._sign("good", HOST, 3)
        self._sign("expired", HOST, -1)
        self._sign("elsewhere", "connect.example.com", 3)

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        return context

    def _sign(self, name, host, days):
        self._openssl(f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr "
                      f"-subj /CN={name} -addext subjectAltName=DNS:{host}")
        self._openssl(f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} "
                      f"-copy_extensions copy -out {name}.pem")

    def _openssl(self, arguments):
        subprocess.run(["openssl", *arguments.split()], cwd=self.directory, env=self.environment, check=True,
                       capture_output=True)


# The faults of the matrix, in the order in which they are printed.
FAULTS = [
    "refuses", "hangs at connect", "hangs at TLS", "hangs at first byte", "hangs in mid-body", "drips", "resets",
    "429", "429 with Retry-After", "500 for a minute", "wrong JSON", "HTML", "5 MB", "expired token", "expired token, dated 1970",
    "wrong certificate", "expired certificate", "certificate for another host", "DNS gone",
]

# Those that give a token whose life is over.
EXPIRED = ("expired token", "expired token, dated 1970")

CERTIFICATES = {
    "wrong certificate": "wrong", "expired certificate": "expired", "certificate for another host": "elsewhere",
}


class Upstream:
    """Listens on a port of 127.0.0.1 that it keeps; `fault` says how it fails, `None` that it does not."""

    def __init__(self, certificates, hosts_file, lifetime=900):
        self.lifetime = lifetime
        self.hosts_file = hosts_file
        self.contexts = {name: certificates.context(name) for name in ("good", "wrong", "expired", "elsewhere")}
        self.fault = None
        # How long each answer takes, in seconds.
        self.pause = 0
        self.calls = 0
        # Calls whose signature was too old or too new.
        self.misdated = 0
        self.lock = threading.Lock()
        self.connections = set()
        self.fillers = []
        self.port = 0
        self.set_fault(None)

    def set_fault(self, fault):
        """Ends every connection, so that the next call meets the fault whatever was kept open."""
        self.fault = fault
        self.hosts_file.write_text("" if fault == "DNS gone" else f"127.0.0.1 {HOST}\n")
        self._close()
        if fault == "refuses":
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(0 if fault == "hangs at connect" else 512)
        self.port = listener.getsockname()[1]
        self.listener = listener
        if fault == "hangs at connect":
            # With the queue full the kernel answers no further connection.
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", self.port))
                self.fillers.append(filler)
            return
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _close(self):
        if getattr(self, "listener", None):
            # Wakes the thread in accept, which close alone does not.
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
        with self.lock:
            ending = list(self.connections) + self.fillers
            self.connections, self.fillers = set(), []
        for connection in ending:
            # Its own thread closes it: the number of a descriptor that TLS still uses may be another's by then.
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        fault = self.fault
        if fault == "hangs at TLS":
            return
        try:
            context = self.contexts[CERTIFICATES.get(fault, "good")]
            with context.wrap_socket(connection, server_side=True) as secure:
                with self.lock:
                    self.connections.add(secure)
                received = b""
                while fault == self.fault:
                    while b"\r\n\r\n" not in received:
                        part = secure.recv(65536)
                        if not part:
                            return
                        received += part
                    head, _, received = received.partition(b"\r\n\r\n")
                    if not self._answer(secure, fault, head.decode()):
                        return
        except OSError:
            pass

    def _answer(self, secure, fault, head):
        """Answers one call; false when the connection has to be left as it is."""
        with self.lock:
            self.calls += 1
            call = self.calls
        time.sleep(self.pause)
        if not fault and abs(self._signed_at(head) - time.time()) > LARGEST_SKEW:
            self.misdated += 1
            secure.sendall(self._error("403 Forbidden", "InvalidSignatureException"))
            return True
        instance = urllib.parse.unquote(re.match(r"GET /user/federate/(\S+) ", head)[1])
        token = self._token(instance, call, -60 if fault in EXPIRED else self.lifetime)
        match fault:
            case "hangs at first byte":
                time.sleep(3600)
            case "hangs in mid-body":
                secure.sendall(self._response("200 OK", token)[:-50])
                time.sleep(3600)
            case "drips":
                response = self._response("200 OK", token)
                secure.sendall(response[:-len(token)])
                for byte in token:
                    if self.fault != fault:
                        return False
                    secure.sendall(bytes([byte]))
                    time.sleep(0.5)
            case "expired token, dated 1970":
                secure.sendall(self._response("200 OK", token, now=0))
            case "resets":
                secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case "429" | "429 with Retry-After":
                fields = "Retry-After: 1\r\n" if "Retry" in fault else ""
                secure.sendall(self._error("429 Too Many Requests", "TooManyRequestsException", fields))
            case "500 for a minute":
                secure.sendall(self._error("500 Internal Server Error", "InternalServiceException"))
            case "wrong JSON":
                secure.sendall(self._response("200 OK", b'{"Credentials":{"AccessToken":'))
            case "HTML":
                secure.sendall(self._response("200 OK", b"<html>Please sign in to the network.</html>", "text/html"))
            case "5 MB":
                secure.sendall(self._response("200 OK", b'{"SignInUrl":"' + b"x" * 5_000_000 + b'"}'))
            case _:
                secure.sendall(self._response("200 OK", token))
        return True

    @staticmethod
    def _signed_at(head):
        date = re.search(r"^x-amz-date: (\S+)", head, re.IGNORECASE | re.MULTILINE)[1]
        return calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))

    @staticmethod
    def _token(instance, call, lifetime):
        now = time.time()
        return json.dumps({
            "Credentials": {
                "AccessToken": f"access:{instance}:{call}", "AccessTokenExpiration": now + lifetime,
                "RefreshToken": f"refresh:{instance}:{call}", "RefreshTokenExpiration": now + lifetime + 3600,
            },
            "SignInUrl": "https://example.com/", "UserArn": "arn:aws:connect:us-east-1:1:user", "UserId": "user",
        }).encode()

    @staticmethod
    def _response(status, body, media_type="application/json", fields="", now=None):
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))
        head = f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        return f"{head}{fields}\r\n".encode() + body

    @classmethod
    def _error(cls, status, code, fields=""):
        return cls._response(status, b'{"message":"no"}', fields=f"x-amzn-ErrorType: {code}\r\n{fields}")
