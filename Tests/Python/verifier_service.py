"""A service that takes a bearer token and answers 200 with its claims, 401 with the reason against the token, or 503
with the reason why it cannot tell, by Scripts/verifiers/python. `?policy=ALLOW_WHEN_STALE` is for one call.

verifier_service.py ISSUER AUDIENCE PORT [SERVER [CA]]. `PUT /clock` with a number of seconds moves its clock.
`GET /fetch` tells whether the list can be read within a second (200 or 502); what stands behind `?` goes to the server.
SIGNED_LIST=yes in the environment asks for the signed list."""
import http.server, json, os, pathlib, sys, time, urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts" / "verifiers" / "python"))
from latchkey_verifier import Policy, Refusal, Unavailable, Verifier

issuer, audience, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
server, ca = (sys.argv[4:] + [None, None])[:2]
moved = 0
try:
    consumer = "python".ljust(64, "-")  # the longest that there is
    verifier = Verifier(issuer, audience, consumer, clock=lambda: time.time() + moved, server=server, ca=ca,
                        signed_list=os.environ.get("SIGNED_LIST") == "yes")
except Unavailable as error:
    sys.exit(str(error))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, retry_after=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", str(retry_after))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.path.startswith("/fetch"):
            try:
                return self.answer(200, json.loads(verifier.get(self.path.replace("/fetch", "/revocations"), 1)))
            except Exception as error:
                return self.answer(502, {"reason": str(error)})
        policy = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("policy")
        try:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self.answer(200, verifier.verify(token, Policy[policy[0]] if policy else None))
        except Unavailable as error:
            self.answer(503, {"reason": error.code, "detail": str(error)}, error.retry_after)
        except Refusal as error:
            self.answer(401, {"reason": error.code, "detail": str(error)})

    def do_PUT(self):
        global moved
        moved = float(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, {})

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
