"""What a receiver of webhooks does, with the library of Standard Webhooks: it verifies what arrives."""

import json
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

address, email, password = sys.argv[1:]
arrivals: Queue[tuple[bytes, dict[str, str]]] = Queue()


class Receiver(BaseHTTPRequestHandler):
    """Accepts everything, and hands it on."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()
        arrivals.put((body, dict(self.headers)))

    def log_message(self, format: str, *args: Any) -> None:
        pass


def call(method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or b"null")


server = HTTPServer(("127.0.0.1", 0), Receiver)
Thread(target=server.serve_forever, daemon=True).start()
token = call("POST", "/v1/auth/sessions", {"email": email, "password": password})["access_token"]
url = f"http://127.0.0.1:{server.server_port}/"
webhook = call("POST", "/v1/webhooks", {"url": url, "events": ["topic.created"]}, token)
call("POST", "/v1/topics", {"name": "Leading lights"}, token)

body, headers = arrivals.get(timeout=60)
event = Webhook(webhook["secret"]).verify(body.decode(), headers)
assert (event["type"], event["data"]["slug"]) == ("topic.created", "leading-lights"), event
try:
    Webhook(webhook["secret"]).verify(body.decode() + " ", headers)
except WebhookVerificationError:
    pass
else:
    raise AssertionError("a changed body was accepted")
call("DELETE", f"/v1/webhooks/{webhook['id']}", token=token)
print("Python: a webhook was verified")
