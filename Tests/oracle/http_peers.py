"""Tells how many requests two other servers accept of what came over a connection.

Reads a file of one connection's bytes a line, in hexadecimal, and the path of nginx; prints for each how many requests
h11 and how many nginx took, as `2 1`, up to the first that they refused.
"""

import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import h11

# As a proxy nginx reads each body to its end before it answers.
NGINX = """
daemon off;
pid {directory}/pid;
error_log {directory}/log;
events {{ }}
http {{
  access_log off;
  client_max_body_size 64k;
  large_client_header_buffers 8 40k;
  client_body_temp_path {directory};
  proxy_temp_path {directory};
  fastcgi_temp_path {directory};
  uwsgi_temp_path {directory};
  scgi_temp_path {directory};
  server {{
    listen unix:{directory}/front;
    location / {{ proxy_pass http://unix:{directory}/back; proxy_ignore_client_abort on; }}
  }}
  server {{
    listen unix:{directory}/back;
    large_client_header_buffers 8 80k;
    location / {{ return 200 taken; }}
  }}
}}
"""


def taken_by_h11(sent):
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=64 * 1024)
    connection.receive_data(sent)
    count = 0
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
                return count
            if isinstance(event, h11.EndOfMessage):
                count += 1
                # Not 200, which would make a tunnel of a CONNECT.
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return count
                connection.start_next_cycle()
    except h11.RemoteProtocolError:
        return count


def taken_by_nginx(path, sent):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        answer = b""
        try:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            while received := client.recv(65536):
                answer += received
        except ConnectionError:
            pass
    return len(re.findall(rb"HTTP/1\.1 200 ", answer))


def main():
    connections = [bytes.fromhex(line) for line in pathlib.Path(sys.argv[1]).read_text().split("\n")]
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory).chmod(0o777)
        configuration = pathlib.Path(directory, "nginx.conf")
        configuration.write_text(NGINX.format(directory=directory))
        nginx = subprocess.Popen([sys.argv[2], "-c", configuration], stderr=subprocess.DEVNULL)
        try:
            while not pathlib.Path(directory, "back").exists() and nginx.poll() is None:
                time.sleep(0.01)
            for sent in connections:
                print(taken_by_h11(sent), taken_by_nginx(f"{directory}/front", sent))
        finally:
            nginx.terminate()
            nginx.wait()


main()
