"""Clients by the thousand in a process of their own, whose descriptors are its own too.

Run as a program: crowd.py KIND COUNT PORT SOURCE, with what each sends as JSON on standard input. It prints how many
are open once all have sent what they have (of a flood: have been told off), keeps its sockets until standard input ends, and then
prints as JSON what became of them: `{"408": [count, seconds of the first, seconds of the last]}`.
"""

import collections
import json
import pathlib
import resource
import selectors
import socket
import subprocess
import sys
import threading
import time

# Linux's, which Python does not name: the port is chosen at connect, for source and destination together.
IP_BIND_ADDRESS_NO_PORT = 24


class Crowd:
    """The program, seen from the test."""

    def __init__(self, kind, count, port, source, request="", user=None):
        program = [sys.executable, pathlib.Path(__file__), kind, str(count), str(port), source]
        if user:
            program = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] + program
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def wait(self):
        """Returns how many are open, once all are connected."""
        return int(self.process.stdout.readline())

    def end(self):
        """Hangs up, and says what became of them."""
        self.process.stdin.close()
        ends = json.loads(self.process.stdout.readline())
        self.process.wait()
        return ends


class Client:
    def __init__(self, kind, port, source, request):
        self.kind = kind
        self.unsent = request
        self.is_connected = False
        self.end = None
        self.socket = socket.socket()
        self.socket.setblocking(False)
        if kind == "readers":
            # The least that the kernel gives.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        self.socket.bind((source, 0))
        self.started = time.monotonic()
        self.socket.connect_ex(("127.0.0.1", port))

    def writable(self):
        """Sends what can be sent; whether that was all."""
        if not self.is_connected:
            self.is_connected = True
            self.started = time.monotonic()
        if self.unsent:
            self.unsent = self.unsent[self.socket.send(self.unsent):]
        return not self.unsent

    def readable(self):
        received = self.socket.recv(4096)
        self.ended(received[9:12].decode() if received.startswith(b"HTTP/1.1 ") else "closed")

    def drip(self):
        """A byte now and then."""
        try:
            if self.kind == "senders":
                self.socket.send(b"a")
            else:
                self.socket.recv(1)
        except BlockingIOError:
            pass
        except OSError as error:
            self.ended(type(error).__name__)

    def ended(self, end):
        if not self.end:
            self.end = (end, time.monotonic() - self.started)


def run(kind, count, port, source):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    request = json.loads(sys.stdin.readline()).encode()
    is_ending = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_ending.set()), daemon=True).start()
    selector = selectors.EpollSelector()
    clients, is_announced = [], False
    next_drip = time.monotonic() + 1
    while not is_ending.is_set():
        for _ in range(min(200, count - len(clients))):
            client = Client(kind, port, source, request)
            clients.append(client)
            selector.register(client.socket, selectors.EVENT_WRITE, client)
        for key, _ in selector.select(timeout=0.05):
            client = key.data
            try:
                if error := client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(error, "")
                if key.events == selectors.EVENT_WRITE:
                    # Of one that hardly reads only the end is reported.
                    if client.writable():
                        selector.modify(client.socket, 0 if kind == "readers" else selectors.EVENT_READ, client)
                else:
                    client.readable()
            except OSError as error:
                client.ended(type(error).__name__)
            if client.end:
                selector.unregister(client.socket)
        if kind in ("senders", "readers") and time.monotonic() > next_drip:
            next_drip += 1
            for client in clients:
                if not client.end:
                    client.drip()
        if not is_announced and len(clients) == count:
            is_announced = all(
                client.end if kind == "flood" else client.end or client.is_connected and not client.unsent
                for client in clients)
            if is_announced:
                print(sum(client.socket.fileno() >= 0 for client in clients), flush=True)
    ends = collections.defaultdict(list)
    for client in clients:
        end, seconds = client.end or ("open", 0)
        ends[end].append(seconds)
    print(json.dumps({end: [len(times), min(times), max(times)] for end, times in ends.items()}), flush=True)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
