"""A proxy between verifiers and the server that fails as it is told: faulty_proxy.py PORT UPSTREAM_PORT.

`PUT /fault` with one of pass, html, not-modified, redirect, drip, truncated, no-waits (503 to every long poll) sets what
becomes of answers; `GET /fetched` tells how often the keys were asked for, and how many long polls and plain ones came
since the fault was set."""
import http.client, http.server, json, sys, time

port, upstream = int(sys.argv[1]), int(sys.argv[2])
fault, fetched, waits, polls = "pass", 0, 0, 0


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body, kind="application/json", fields={}, said=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if said is None else said))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        global fetched, waits, polls
        if self.path == "/fetched":
            return self.answer(200, json.dumps({"times": fetched, "waits": waits, "polls": polls}).encode())
        fetched += "jwks.json" in self.path
        waits += "wait=" in self.path
        polls += "/revocations" in self.path and "wait=" not in self.path
        if fault == "no-waits" and "wait=" in self.path:
            return self.answer(503, b"{}", fields={"Retry-After": "1"})
        if fault == "html":
            return self.answer(200, b"<!DOCTYPE html><title>Sign in to the network</title>", "text/html")
        if fault == "not-modified":
            return self.answer(304, b"")
        if fault == "redirect":
            return self.answer(302, b"", fields={"Location": f"http://127.0.0.1:{upstream}{self.path}"})
        connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=70)
        connection.request("GET", self.path, headers={"Host": self.headers["Host"]})
        reply = connection.getresponse()
        body = reply.read()
        if fault == "truncated":
            return self.answer(reply.status, body[:-10], said=len(body))
        if fault != "drip":
            return self.answer(reply.status, body)
        self.answer(reply.status, body[:1], said=len(body))
        for byte in body[1:]:
            time.sleep(0.5)
            self.wfile.write(bytes([byte]))

    def do_PUT(self):
        global fault, waits, polls
        waits = polls = 0
        fault = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(200, b"{}")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):  # readers that gave up are what it is for
        pass


Server(("127.0.0.1", port), Handler).serve_forever()
