"""The fetching half, against a server of the test's own that answers as it is told."""
import base64, datetime, http.server, ipaddress, json, logging, pathlib, select, socket, ssl, subprocess, sys, tempfile
import threading, time, unittest, unittest.mock

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from latchkey_verifier import Policy, Refusal, Unavailable, Verifier
from latchkey_verifier.rule import Pace, read_keys
from latchkey_verifier.verifier import FetchFailure, PollFailure, printable

folder = pathlib.Path(__file__).resolve().parents[4] / "Tests" / "Vectors"
TOKENS, KEYS, SIGNED = (json.loads((folder / path).read_text())
                        for path in ("jws/access-tokens.json", "jws/keys.json", "revocation/signed.json"))
ISSUER, AUDIENCE, NOW = (TOKENS["rules"][name] for name in ("issuer", "audience", "now"))
GOOD = TOKENS["cases"][0]["input"]
CLAIMS = json.loads(base64.urlsafe_b64decode(GOOD.split(".")[1] + "=="))
UNKNOWN = next(case["input"] for case in TOKENS["cases"] if case["expected"] == "unknown_key")


def document(**change):
    return {"iss": ISSUER, "epoch": "a", "after": 0, "seq": 9, "now": NOW, "next_update": 1, "expires_in": 60,
            "entries": []} | change


REVOKED = document(seq=10, entries=[{"seq": 10, "kind": "session", "id": CLAIMS["sid"], "exp": NOW + 600}])


def signed(name):
    return next(case["input"] for case in SIGNED["cases"] if case["name"] == name)


def tls(test):
    """What a server at 127.0.0.1 needs for TLS, and the file that makes a client trust it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    day, today = datetime.timedelta(1), datetime.datetime.utcnow()
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(1).not_valid_before(today - day).not_valid_after(today + day)
                   .add_extension(address, critical=True).sign(key, hashes.SHA256()))
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    path = pathlib.Path(folder.name) / "both.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                     + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, str(path)


class Issuer:
    """A server whose keys, list and behaviour a test changes while a verifier asks."""

    def __init__(self):
        self.asked, self.keys, self.list, self.signed, self.fault = [], KEYS["jwks"], document(), "", None
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                if issuer.fault:
                    issuer.fault(self)
                elif self.path.startswith("/revocations.jwt?"):
                    self.answer(200, issuer.signed.encode())
                else:
                    self.answer(200, json.dumps(issuer.keys if "jwks" in self.path else issuer.list).encode())

            def answer(self, status, body=b"", fields={}, said=None):
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if said is None else said))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # verifiers that gave up are what the tests are about
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class VerifierTests(unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.issuer, self.moved = Issuer(), 0
        self.addCleanup(self.issuer.server.server_close)
        self.addCleanup(self.issuer.server.shutdown)

    def start(self, **change):
        verifier = Verifier(**({"issuer": ISSUER, "audience": AUDIENCE, "server": self.issuer.url,
                                "clock": lambda: NOW + self.moved} | change))
        self.addCleanup(verifier.close)
        return verifier

    def judge(self, verifier, token, policy=None):
        try:
            verifier.verify(token, policy)
            return "ok"
        except (jwt.InvalidTokenError, Unavailable) as error:
            return error.code

    def eventually(self, condition):
        """The limit only ends a test that hangs."""
        end = time.monotonic() + 120
        while not condition():
            self.assertLess(time.monotonic(), end, "nothing came of it")
            time.sleep(0.02)

    def test_a_good_token_is_accepted(self):
        verifier = self.start()
        self.assertEqual(verifier.verify(GOOD)["sub"], CLAIMS["sub"])
        self.assertEqual(self.judge(verifier, GOOD[:-4] + "AAAA"), "bad_signature")
        for junk in ("", "..", "junk", None, 5, {}, GOOD.encode(), "\u00e9.\u00e9.\u00e9", "\ud800"):
            self.assertEqual(self.judge(verifier, junk), "malformed")
        with self.assertRaises(Refusal) as caught:
            self.start(audience="https://billing.example").verify(GOOD)
        self.assertEqual(caught.exception.code, "wrong_audience")
        self.assertNotIn(GOOD[:20], str(caught.exception))

    def test_waits_that_bring_a_gap_are_not_asked_for_in_a_circle(self):
        def fault(handler):
            found = document(after=90, seq=90) if "wait=" in handler.path else self.issuer.list
            handler.answer(200, json.dumps(self.issuer.keys if "jwks" in handler.path else found).encode())
        self.issuer.fault = fault
        verifier = self.start()
        plain = lambda: [path for path in self.issuer.asked if "after=" in path and "wait=" not in path]
        self.eventually(lambda: plain() or len(self.issuer.asked) > 50)
        self.assertTrue(plain(), "polls of what is new replace the waits")
        self.assertEqual(self.judge(verifier, GOOD), "ok")

    def test_the_status_tells_how_old_the_list_is_and_what_is_held(self):
        verifier = self.start()
        status = verifier.status
        self.assertEqual(status["freshness"], "fresh")
        self.assertEqual(status["sequence"], self.issuer.list["seq"])
        self.assertEqual((status["entries"], status["keys"]), (len(verifier.list.marks), len(verifier.keys)))
        self.assertGreater(status["keys"], 0)
        self.issuer.fault = lambda handler: handler.answer(503, b"")
        self.moved = 3600
        self.eventually(lambda: verifier.status["freshness"] == "stale")

    def test_failures_are_logged_under_a_name_of_ones_own(self):
        logging.disable(logging.NOTSET)
        before = list(logging.getLogger().handlers)
        verifier = self.start()
        with self.assertLogs("latchkey_verifier", "WARNING") as logged:
            self.issuer.fault = lambda handler: handler.answer(503, b"")
            self.eventually(lambda: any("list" in line for line in logged.output))
        self.assertIn("trying again within", "".join(logged.output))
        self.assertEqual(logging.getLogger().handlers, before)
        verifier.close()

    def test_what_can_never_work_is_told_at_once(self):
        for change, message in (
            [({"consumer": text}, "consumer must be 1 to 64")
             for text in ("my orders", "", "o" * 65, "orders\n", "b\u00fccher")]
            + [({"issuer": text}, "issuer must be a URL: http")
               for text in ("localhost:8080", "localhost", "ftp://localhost")]
            + [({"server": "localhost:8080"}, "server must be a URL: http"),
               ({"server": "http://me:secret@localhost"}, "server must be a URL of host"),
               ({"policy": "ALLOW_ALWAYS"}, "policy must be one of Policy")]
        ):
            with self.assertRaisesRegex(ValueError, message):
                self.start(**change)
        with self.assertRaises(OSError):
            self.start(ca=__file__)
        self.assertEqual(self.issuer.asked, [])

    def test_it_does_not_start_on_another_list_on_none_or_without_keys(self):
        self.issuer.list = document(iss="https://evil.example.com")
        with self.assertRaisesRegex(Unavailable, "list_blind: wrong_issuer: the list's iss is 'https://evil"):
            self.start()
        self.issuer.list = {"error": "none"}
        with self.assertRaisesRegex(Unavailable, "list_blind: malformed"):
            self.start()
        self.issuer.keys = {"keys": []}
        with self.assertRaisesRegex(Unavailable, "list_blind: no_keys"):
            self.start()

    def test_a_verifier_that_has_keys_but_no_list_accepts_nothing(self):
        verifier = self.start()
        verifier.list.last = None
        for policy in Policy:
            self.assertEqual(self.judge(verifier, GOOD, policy), "list_blind")
        with self.assertRaises(ValueError):
            verifier.verify(GOOD, "ALLOW_WHEN_STALE")

    def test_a_revocation_arrives_and_stays_when_the_list_turns_stale(self):
        verifier = self.start()
        self.assertEqual(self.judge(verifier, GOOD), "ok")
        self.issuer.list = REVOKED
        self.eventually(lambda: self.judge(verifier, GOOD) == "revoked")
        self.issuer.fault = lambda request: request.answer(500)
        self.moved = 61
        self.assertEqual(self.judge(verifier, GOOD), "revoked")
        self.assertEqual(self.judge(verifier, GOOD, Policy.ALLOW_WHEN_STALE), "revoked")

    def test_a_stale_list_is_nobodys_fault(self):
        verifier = self.start()
        self.issuer.fault = lambda request: request.answer(503, fields={"Retry-After": "1"})
        self.moved = 61
        with self.assertRaises(Unavailable) as caught:
            verifier.verify(GOOD)
        self.assertEqual((caught.exception.code, caught.exception.retry_after), ("list_stale", 5))
        self.assertEqual(self.judge(verifier, GOOD, Policy.ALLOW_WHEN_STALE), "ok")
        self.assertEqual(self.judge(verifier, GOOD), "list_stale")
        self.assertEqual(self.judge(verifier, "junk"), "malformed")

    def test_key_names_that_are_made_up_cost_one_fetch(self):
        verifier = self.start()
        verifier.fetched -= 30
        before, began, verdicts = len([path for path in self.issuer.asked if "jwks" in path]), time.monotonic(), []
        threads = [threading.Thread(target=lambda: verdicts.append(self.judge(verifier, UNKNOWN))) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(verdicts, ["unknown_key"] * 100)
        fetches = len([path for path in self.issuer.asked if "jwks" in path]) - before
        self.assertGreaterEqual(fetches, 1)
        self.assertLessEqual(fetches, (time.monotonic() - began) // 30 + 1)

    def test_a_document_that_arrives_while_a_token_is_judged_lets_nothing_pass(self):
        verifier = self.start()
        verifier.close()
        match, self.moved = verifier.list.match, 61

        def late(claims, kid):
            found = match(claims, kid)
            verifier.list.apply(REVOKED | {"now": NOW + 61}, NOW + 61)
            return found
        verifier.list.match = late
        self.assertEqual(self.judge(verifier, GOOD), "list_stale")
        self.assertEqual(self.judge(verifier, GOOD), "revoked")

    def test_the_time_that_a_fetch_of_keys_takes_counts(self):
        verifier = self.start()
        verifier.close()

        def fetch(_):
            self.moved = 61
            verifier.keys = keys
        keys, verifier.keys, verifier.fetched, verifier.fetch_keys = verifier.keys, {}, -60, fetch
        self.assertEqual(self.judge(verifier, GOOD), "list_stale")

    def test_fetches_of_keys_come_one_after_the_other(self):
        verifier, begun, go_on, verdicts = self.start(), threading.Event(), threading.Event(), []
        verifier.close()
        old, new = {"keys": KEYS["jwks"]["keys"][1:]}, KEYS["jwks"]
        answers = [old, new]

        def get(*_):
            answer = answers.pop(0)
            if answer is old:
                begun.set()
                go_on.wait(60)
            return json.dumps(answer).encode()
        verifier.get = get
        first = threading.Thread(target=verifier.renew_keys)
        first.start()
        begun.wait(60)
        second = threading.Thread(target=verifier.renew_keys)
        second.start()
        second.join(0.2)
        go_on.set()
        first.join()
        second.join()
        self.assertEqual(self.judge(verifier, GOOD), "ok", "an older answer came over a newer one")

        begun.clear()
        go_on.clear()
        verifier.keys, answers[:] = read_keys(old), [old]
        old["keys"] = new["keys"]
        first = threading.Thread(target=verifier.renew_keys)
        first.start()
        begun.wait(60)
        second = threading.Thread(target=lambda: verdicts.append(self.judge(verifier, GOOD)))
        second.start()
        second.join(0.2)
        self.assertEqual(verdicts, [], "a token of a new key waits for the keys on their way")
        go_on.set()
        second.join()
        self.assertEqual(verdicts, ["ok"])

    def test_a_key_entry_brings_the_new_keys_and_without_any_nobody_is_to_blame(self):
        verifier = self.start()
        self.issuer.keys = {"keys": []}
        other = KEYS["jwks"]["keys"][1]["kid"]
        self.issuer.list = document(seq=10, entries=[{"seq": 10, "kind": "key", "id": other, "exp": NOW + 600}])
        self.eventually(lambda: self.judge(verifier, GOOD) == "no_keys")

    def test_what_is_no_list_changes_nothing(self):
        def too_long(request):
            request.answer(200, said=10**9)
            while True:
                request.wfile.write(b" " * 10**6)

        faults = {
            "a redirect": lambda request: request.answer(302, json.dumps(REVOKED).encode(),
                                                         {"Location": self.issuer.url + "/elsewhere"}),
            "203": lambda request: request.answer(203, json.dumps(REVOKED).encode()),
            "304": lambda request: request.answer(304),
            "HTML": lambda request: request.answer(200, b"<!DOCTYPE html>"),
            "a name twice": lambda request: request.answer(200, b'{"seq":10,' + json.dumps(REVOKED).encode()[1:]),
            "a body that is cut off": lambda request: request.answer(200, json.dumps(REVOKED).encode(), said=9999),
            "a body that is too long": too_long,
            "no HTTP": lambda request: request.wfile.write(b"hello\r\n\r\n"),
        }
        verifier = self.start()
        for name, fault in faults.items():
            self.issuer.fault = fault
            with self.subTest(name), self.assertRaises((FetchFailure, Refusal)):
                verifier.fetch_list("", 30)
        self.assertNotIn("/elsewhere", self.issuer.asked)
        self.assertEqual(self.judge(verifier, GOOD), "ok")

    def test_an_answer_has_one_length(self):
        def told(fields, body=b"[]"):
            def answer(request):
                request.wfile.write(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body)
            return answer

        length, chunked = b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n"
        verifier = self.start()
        verifier.close()
        verifier.closed.clear()
        for fields, body in ((length, b"[]"), (b"", b"[]"), (chunked, b"2\r\n[]\r\n0\r\n\r\n"),
                             (chunked, b"1;a=b\r\n[\r\n01 \r\n]\r\n0\r\nA: b\r\n\r\n")):
            self.issuer.fault = told(fields, body)
            with self.subTest(fields=fields, body=body):
                self.assertEqual(verifier.get("/", 30, 256), b"[]")
        for fields in (length + b"Content-Length: 3\r\n", length * 2, b"Content-Length: -5\r\n",
                       b"Content-Length: +2\r\n", b"Content-Length: 0x2\r\n", b"Content-Length: 2, 2\r\n",
                       chunked * 2):
            self.issuer.fault = told(fields)
            with self.subTest(fields), self.assertRaisesRegex(FetchFailure, "no single length"):
                verifier.get("/", 30, 256)
        self.issuer.fault = told(length + chunked, b"2\r\n[]\r\n0\r\n\r\n")
        with self.assertRaisesRegex(FetchFailure, "no single length"):
            verifier.get("/", 30, 256)
        one = b"1\r\n \r\n"
        for body, message in ((b"-1\r\n[]", "bad size"), (b"0x2\r\n[]\r\n0\r\n\r\n", "bad size"),
                              (b"0_2\r\n[]\r\n0\r\n\r\n", "bad size"), (b"+2\r\n[]\r\n0\r\n\r\n", "bad size"),
                              (b"2;" + b"a" * 300 + b"\r\n[]\r\n0\r\n\r\n", "bad size"), (one * 2, "bad size"),
                              (b"ff\r\n[]", "cut off"), (b"2\r\n[]0\r\n\r\n", "cut off"),
                              (one * 4 + b"0\r\n\r\n", "too many"), (b"ffffffff\r\n" + b" " * 9999, "too_large")):
            self.issuer.fault = told(chunked, body)
            with self.subTest(body), self.assertRaisesRegex((FetchFailure, Refusal), message):
                verifier.get("/", 30, 256)

    def hanging(self):
        """The address of a listener that has no place for one more, and therefore answers no connection."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(listener.close)
        for _ in range(2):
            client = socket.socket()
            self.addCleanup(client.close)
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        return socket.AF_INET, socket.SOCK_STREAM, 6, "", listener.getsockname()

    def test_all_addresses_of_a_name_share_the_time(self):
        verifier, found = self.start(), [self.hanging() for _ in range(8)]
        good = socket.AF_INET, socket.SOCK_STREAM, 6, "", self.issuer.server.server_address
        bad = -1, socket.SOCK_STREAM, 6, "", ("::1", 0)
        verifier.close()
        verifier.closed.clear()
        with unittest.mock.patch("socket.getaddrinfo", lambda *_, **__: found):
            began = time.monotonic()
            with self.assertRaisesRegex(FetchFailure, "within 0.5 s"):
                verifier.get("/", 0.5)
            self.assertLess(time.monotonic() - began, 3)
            found[1:] = bad, good
            self.assertIn(b"entries", verifier.get("/", 1.5))
            found[1:] = [self.hanging()]
            threading.Timer(0.2, verifier.close).start()
            began = time.monotonic()
            with self.assertRaises(FetchFailure):
                verifier.get("/", 60)
            self.assertLess(time.monotonic() - began, 20)
        self.eventually(lambda: not verifier.sockets)

    def test_an_answer_during_which_the_verifier_is_closed_does_not_count(self):
        def hold(request):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n[]")
            begun.set()
            held.wait(60)

        verifier, begun, held = self.start(), threading.Event(), threading.Event()
        self.addCleanup(held.set)
        verifier.close()
        verifier.closed.clear()
        self.issuer.fault = hold
        threading.Thread(target=lambda: (begun.wait(60), verifier.close())).start()
        with self.assertRaisesRegex(FetchFailure, "closed"):
            verifier.get("/", 60)

    def test_a_tls_socket_that_is_cut_reads_nothing_more(self):
        context, authority = tls(self)
        listener, cut = socket.create_server(("127.0.0.1", 0)), threading.Event()

        def serve():
            client, _ = listener.accept()
            plain = client.dup()
            with plain, context.wrap_socket(client, server_side=True) as secure:
                secure.sendall(b"Good\n")
                self.assertEqual(secure.recv(1), b"x")
                plain.sendall(b"Forged\n")
                cut.wait(60)
        server = threading.Thread(target=serve)
        server.start()
        self.addCleanup(server.join)
        self.addCleanup(cut.set)
        with listener, socket.create_connection(listener.getsockname()) as plain:
            trust = ssl.create_default_context(cafile=authority)
            with trust.wrap_socket(plain, server_hostname="127.0.0.1") as secure, secure.makefile("rb") as stream:
                self.assertEqual(stream.readline(), b"Good\n")
                secure.sendall(b"x")
                select.select([secure], [], [], 60)
                Verifier.cut(secure)
                try:
                    self.assertEqual(stream.read(), b"")
                except OSError:
                    pass  # as good: what came is no TLS

    def test_it_speaks_tls_with_an_authority_of_ones_own(self):
        context, authority = tls(self)
        self.issuer.server.socket = context.wrap_socket(self.issuer.server.socket, server_side=True)
        self.issuer.url = self.issuer.url.replace("http:", "https:")
        self.assertEqual(self.judge(self.start(ca=authority), GOOD), "ok")
        with self.assertRaisesRegex(Unavailable, "not trusted"):
            self.start()

    def test_what_the_server_says_is_made_fit_for_a_log(self):
        verifier = self.start()
        self.issuer.fault = lambda request: request.wfile.write(b"\x1b[2K\rall is well\x9b31m" + b"A" * 60000 + b"\n")
        with self.assertRaisesRegex(FetchFailure, "all is well[?]31mA+") as caught:
            verifier.get("/", 30)
        for error in (str(caught.exception), printable("\x1b" + "A" * 10**5)):
            self.assertLess(len(error), 400)
            self.assertRegex(error, "^[ -~]+$")
        verifier.close()
        verifier.fetch_list = unittest.mock.Mock(side_effect=KeyError("\n" + "A" * 10**5))
        with self.assertRaisesRegex(PollFailure, "^[ -~]{9,300}$"):
            verifier.pace = Pace()
            verifier.poll()

    def test_an_answer_that_drips_is_given_up(self):
        def drip(request):
            request.answer(200, said=1000)
            for _ in range(1000):
                request.wfile.write(b" ")
                time.sleep(0.02)

        verifier = self.start()
        self.issuer.fault = drip
        with self.assertRaisesRegex(FetchFailure, "within 0.5 s"):
            verifier.get("/revocations", 0.5)

    def test_a_signed_list_is_believed_for_its_signature_alone(self):
        self.issuer.signed = signed("empty list")
        verifier = self.start(signed_list=True)
        self.assertEqual(self.judge(verifier, GOOD), "ok")
        self.issuer.signed = signed("good ES256")
        self.eventually(lambda: self.judge(verifier, GOOD) == "revoked")
        for name in ("entries taken out", "typ at+jwt", "kid unknown", "plain JSON", "expired", "alg none"):
            self.issuer.signed = signed(name)
            with self.subTest(name), self.assertRaisesRegex(Unavailable, "list_blind"):
                self.start(signed_list=True)

    def test_close_ends_the_polling_even_within_a_poll(self):
        verifier, held = self.start(), threading.Event()
        self.addCleanup(held.set)
        self.issuer.fault = lambda request: held.wait(600)
        count = len(self.issuer.asked)
        self.eventually(lambda: len(self.issuer.asked) > count)
        verifier.close()
        self.eventually(lambda: not verifier.sockets)
        with self.assertRaisesRegex(FetchFailure, "closed"):
            verifier.get("/revocations", 5)
        self.assertEqual(self.judge(verifier, GOOD), "ok")
        self.moved = 61
        self.assertEqual(self.judge(verifier, GOOD), "list_stale")

    def test_a_program_that_has_nothing_else_to_do_ends_without_close(self):
        program = """if True:
            import sys
            from latchkey_verifier import Verifier
            issuer, audience, server, now, token = sys.argv[1:]
            print(Verifier(issuer, audience, server=server, clock=lambda: int(now)).verify(token)["sub"])"""
        run = subprocess.run([sys.executable, "-c", program, ISSUER, AUDIENCE, self.issuer.url, str(NOW), GOOD],
                             capture_output=True, text=True, cwd=pathlib.Path(__file__).parents[1])
        self.assertEqual((run.returncode, run.stdout), (0, CLAIMS["sub"] + "\n"), run.stderr)
