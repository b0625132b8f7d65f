"""Every vector that concerns a verifier. Tests/Vectors/README.md tells their form."""
import base64, json, pathlib, unittest

from latchkey_verifier.rule import (
    LEEWAY, Refusal, RevocationList, holds, read, read_key, read_keys, read_signed_list, strict, thumbprint)

folder = pathlib.Path(__file__).resolve().parents[4] / "Tests" / "Vectors"


def load(path):
    return json.loads((folder / path).read_text())


KEYS = read_keys(load("jws/keys.json")["jwks"])


def refusal(act):
    """The code of a refusal, "malformed" for what else is raised on the way, None when nothing is."""
    try:
        act()
    except Refusal as error:
        return error.code
    except Exception:  # of decoders: nothing was believed
        return "malformed"


def known_before(document):
    """A list that knows all that a document's delta builds on, so that none is a gap."""
    known = RevocationList(document["iss"])
    known.last = document["epoch"], document["after"], document["now"], 1, 0
    return known


def with_entries(entries, now):
    known = RevocationList("https://auth.example.com")
    known.apply({"iss": known.issuer, "epoch": "a", "after": 0, "seq": 99999, "now": now, "next_update": 5,
                 "expires_in": 60, "entries": entries}, now)
    return known


class Vectors(unittest.TestCase):
    def each(self, path, check):
        """Runs `check` on every case of a file, names all that differ, and tells how many ran."""
        file, ran, wrong = load(path), 0, []
        for case in file["cases"]:
            ran += 1
            try:
                check(case, file)
            except AssertionError as error:
                wrong.append(f"{case['name']}: {error}")
        print(f"{path}: {ran} vectors, {len(wrong)} differ")
        self.assertEqual(wrong, [])

    def test_access_tokens(self):
        def check(case, file):
            rules = file["rules"]
            self.assertEqual(rules["skew"], LEEWAY)
            found = refusal(lambda: read(case["input"], KEYS.get, rules["issuer"], rules["audience"], rules["now"]))
            self.assertEqual(found is None, case["expected"] == "ok", found)
        self.each("jws/access-tokens.json", check)

    def test_signatures(self):
        def check(case, _):
            jwk, (signed, _, signature) = case["jwk"], case["input"].rpartition(".")
            key = read_key(jwk, jwk.get("alg") or {"EC": "ES256", "OKP": "EdDSA"}[jwk["kty"]])
            raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
            self.assertEqual(holds(key, signed.encode(), raw), case["expected"])
        self.each("jws/signatures.json", check)

    def test_thumbprints(self):
        self.each("jws/thumbprints.json", lambda case, _: self.assertEqual(thumbprint(case["jwk"]), case["expected"]))

    def test_key_sets(self):
        def check(case, _):
            try:
                found = sorted(read_keys(strict(case["input"].encode())))
            except Exception:  # of decoders: the set is refused
                found = None
            if found is not None or not case.get("may_refuse"):
                self.assertEqual(found, case["expected"])
        self.each("jws/key-sets.json", check)

    def test_documents(self):
        def check(case, _):
            def judge():
                document = strict(case["input"].encode())
                known_before(document).apply(document, document["now"])
            found = refusal(judge)
            self.assertEqual(found is None, case["expected"] == "ok", found)
        self.each("revocation/documents.json", check)

    def test_columns(self):
        """The denser form is not read here, so that every document that has it must be refused."""
        def check(case, _):
            document = strict(case["input"].encode())
            known = known_before(document)
            found = refusal(lambda: known.apply(document, document["now"]))
            self.assertEqual(found is None, case["expected"] is not None and "columns" not in document, found)
            self.assertEqual(len(known.marks), 0 if found else len(case["expected"]))
        self.each("revocation/columns.json", check)

    def test_signed(self):
        def check(case, file):
            now = file["rules"]["now"]
            known = with_entries(case["known"], now) if case["known"] else RevocationList("https://auth.example.com")
            found = refusal(lambda: read_signed_list(case["input"], KEYS.get, known, now))
            self.assertEqual(found is None, case["expected"] == "ok", found)
        self.each("revocation/signed.json", check)

    def test_matching(self):
        def check(case, _):
            found = with_entries(case["entries"], 1795420800).match(case["token"], case["token"]["kid"])
            self.assertEqual(found is not None, case["expected"] is not None)
        self.each("revocation/matching.json", check)

    def test_sequences(self):
        def check(case, file):
            known = RevocationList(file["issuer"])
            for step in case["steps"]:
                found = refusal(lambda: known.apply(step["document"], step["received_at"]))
                self.assertEqual(found, None if step["expected"] in ("snapshot", "delta") else step["expected"])
                self.assertEqual(known.query or None, step["next"])
            for instant, expected in case["at"]:
                self.assertEqual(known.freshness(instant), expected)
        self.each("revocation/sequences.json", check)

    def test_verdicts(self):
        def check(case, file):
            known = RevocationList(file["issuer"])
            for step in case["steps"]:
                if "document" in step or "body" in step:
                    body = step["body"] if "body" in step else json.dumps(step["document"])
                    found = refusal(lambda: known.apply(strict(body.encode()), step["at"]))
                    self.assertEqual(found is None, step["expected"] in ("snapshot", "delta"), found)
                if step.get("prune"):
                    known.prune(step["at"], every=0)
                self.assertEqual(known.query or None, step["next"])
                self.assertEqual(known.freshness(step["at"]), step["freshness"])
                for token, verdict in step["verdicts"].items():
                    claims = file["tokens"][token]
                    revoked = known.match(claims, claims["kid"]) is not None
                    self.assertEqual("revoked" if revoked else "accepted", verdict, token)
        self.each("revocation/verdicts.json", check)
