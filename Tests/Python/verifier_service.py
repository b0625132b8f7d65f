"""A service that takes a bearer token and answers 200 with its claims or 401 with the reason, by Scripts/verifier.py.

verifier_service.py ISSUER AUDIENCE PORT. `PUT /clock` with a number of seconds moves its clock, `GET /fetch` tells
whether the list can be read within a second (200 or 502)."""
import http.server, json, pathlib, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "Scripts"))
import jwt
from verifier import Verifier

issuer, audience, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
moved = 0
verifier = Verifier(issuer, audience, "python", clock=lambda: time.time() + moved)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.path == "/fetch":
            try:
                return self.answer(200, verifier.get("/revocations", 1))
            except Exception as error:
                return self.answer(502, {"reason": str(error)})
        try:
            claims = verifier.verify(self.headers.get("Authorization", "").removeprefix("Bearer "))
            self.answer(200, claims)
        except jwt.InvalidTokenError as error:
            self.answer(401, {"reason": str(error)})

    def do_PUT(self):
        global moved
        moved = float(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, {})

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
