"""One AWS account as a fleet sees it: GetFederationToken with a quota that all callers share, and STS GetCallerIdentity.

Each answer is counted, and tells by the access key whose it is, so that a token that reaches another user shows.
"""

import asyncio
import json
import re
import threading
import time
from email.utils import formatdate


class Account:
    def __init__(self, rate=2.0, burst=5.0, lifetime=900.0):
        self.rate, self.burst, self.lifetime = rate, burst, lifetime
        self.level, self.filled = burst, time.monotonic()
        self.calls = []  # (when, user, status)
        self.delay = 0.0
        self.port = None
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def count(self, status=None, since=0.0):
        return sum(1 for when, _, code in self.calls if when >= since and status in (None, code))

    def _run(self, ready):
        async def main():
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2048)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            async with server:
                await server.serve_forever()

        asyncio.run(main())

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if length := re.search(rb"(?i)content-length: *(\d+)", head):
                    await reader.readexactly(int(length.group(1)))
                user = re.search(rb"Credential=([^/]+)/", head)
                user = user.group(1).decode() if user else "?"
                if head.startswith(b"POST"):
                    answer = self._identity(user)
                else:
                    answer = self._token(user)
                    if self.delay:
                        await asyncio.sleep(self.delay)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _identity(self, user):
        body = ('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
                f"<Arn>arn:aws:sts::123456789012:assumed-role/Agent/{user}</Arn><UserId>{user}</UserId>"
                "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
        return self._answer(200, body, "text/xml")

    def _token(self, user):
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.filled) * self.rate)
        self.filled = now
        if self.level < 1:
            self.calls.append((now, user, 429))
            return self._answer(429, json.dumps({"message": "Rate exceeded"}), fields="x-amzn-ErrorType: ThrottlingException\r\n")
        self.level -= 1
        self.calls.append((now, user, 200))
        wall = time.time()
        return self._answer(200, json.dumps({
            "Credentials": {"AccessToken": f"{user}-{len(self.calls)}-{round(wall + self.lifetime, 3)}",
                            "AccessTokenExpiration": round(wall + self.lifetime, 3),
                            "RefreshToken": "y" * 600, "RefreshTokenExpiration": round(wall + 43200, 3)},
            "SignInUrl": f"https://x.my.connect.aws/auth/sign-in?n={len(self.calls)}",
            "UserArn": f"arn:aws:connect:us-west-2:123456789012:instance/i/agent/{user}", "UserId": user}))

    @staticmethod
    def _answer(status, body, media="application/json", fields=""):
        body = body.encode()
        return (f"HTTP/1.1 {status} X\r\nDate: {formatdate(usegmt=True)}\r\nContent-Type: {media}\r\nx-amzn-RequestId: r\r\n"
                f"{fields}Content-Length: {len(body)}\r\n\r\n").encode() + body
