"""What the vectors leave out: limits of size and number, and signatures that take a private key of the test's own."""
import base64, json, tracemalloc, unittest

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from latchkey_verifier.rule import Refusal, RevocationList, read, read_keys, strict, thumbprint

from .test_vectors import load

RULES = load("jws/access-tokens.json")["rules"]
CLAIMS = json.loads(base64.urlsafe_b64decode(load("jws/access-tokens.json")["cases"][0]["input"].split(".")[1] + "=="))


def encode(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class RuleTests(unittest.TestCase):
    def test_a_signature_without_its_zeros_in_front_is_refused(self):
        private = rsa.generate_private_key(65537, 2048)
        modulus = private.public_key().public_numbers().n.to_bytes(256, "big")
        jwk = {"kty": "RSA", "alg": "PS256", "n": encode(modulus), "e": "AQAB"}
        jwk["kid"] = thumbprint(jwk)
        keys, header = read_keys({"keys": [jwk]}), {"typ": "at+jwt", "alg": "PS256", "kid": jwk["kid"]}
        signed = ".".join(encode(json.dumps(part).encode()) for part in (header, CLAIMS))
        signature = b"-"
        while signature[0]:  # one signature of 256 begins with a zero
            signature = private.sign(signed.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())

        def judge(bytes):
            read(signed + "." + encode(bytes), keys.get, RULES["issuer"], RULES["audience"], RULES["now"])
        judge(signature)
        for wrong in (signature[1:], b"\0" + signature):
            with self.assertRaisesRegex(Refusal, "bad_signature"):
                judge(wrong)

    def test_entries_of_one_subject_make_one_mark(self):
        known, now = RevocationList("i"), 10**9
        known.apply({"iss": "i", "epoch": "a", "after": 0, "seq": 9, "now": now, "next_update": 5, "expires_in": 60,
                     "entries": [{"seq": 1, "kind": "all", "iat_before": now - 10, "exp": now + 9},
                                 {"seq": 2, "kind": "all", "iat_before": now - 30, "exp": now + 600}]}, now)
        self.assertEqual(known.marks, {("all", None): (now - 10, now + 600)})

    def test_json_is_bounded_by_what_it_grows_to(self):
        for text, values, containers in ((b"[1,2,3]", 4, 1), (b'{"a":[{}],"b":{"c":"[,{\\\\"}}', 6, 4), (b"5", 1, 0),
                                         (b'{"a":"b","c":"d"}', 3, 1), (b"[[],[]]", 5, 3)):
            strict(text, 8, values, containers)
            for less in ((values - 1, containers), (values, containers - 1)):
                with self.subTest(text=text, less=less), self.assertRaisesRegex(Refusal, "too_large"):
                    strict(text, 8, *less)

    def test_escapes_take_no_memory_of_their_own(self):
        raw = b'"' + b"\\n" * 2**19 + b'"'
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        strict(raw)
        self.assertLess(tracemalloc.get_traced_memory()[1], 8 * len(raw))

    def test_an_unknown_kind_is_not_quoted(self):
        for kind in ("k" * 1000, ["all"], None, 5):
            document = {"iss": "i", "epoch": "a", "after": 0, "seq": 9, "now": 1, "next_update": 5, "expires_in": 60,
                        "entries": [{"seq": 1, "kind": kind, "id": "x", "exp": 1}]}
            with self.subTest(kind), self.assertRaisesRegex(Refusal, "^malformed: kind$"):
                RevocationList("i").apply(document, 1)

    def test_key_ops_are_strings(self):
        key = load("jws/keys.json")["jwks"]["keys"][0]
        for operations, count in ((["verify"] * 257, 1), (["sign", "verify"], 1), (["verify", 5], 0),
                                  ([[], "verify"], 0), (["verify", None], 0), ([], 0), (["sign"], 0), ("verify", 0)):
            with self.subTest(operations):
                self.assertEqual(len(read_keys({"keys": [key | {"key_ops": operations}]})), count)
