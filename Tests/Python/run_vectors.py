"""Runs every vector that concerns a verifier against Scripts/latchkey_rule.py: prints what differs and a count.

A pattern for other languages; Tests/Vectors/README.md tells the formats. Exit status 1 when anything differs."""
import json, pathlib, sys, threading

tests = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(tests.parent / "Scripts"))
from latchkey_rule import Refusal, RevocationList, read, read_keys, strict
from verifier import Unavailable, Verifier

ran = differences = 0


def load(path):
    return json.loads((tests / "Vectors" / path).read_text())


def same(name, found, expected):
    global ran, differences
    ran += 1
    if found != expected:
        differences += 1
        print(f"{name}: {found!r}, expected {expected!r}")


def accepted(act):
    try:
        act()
        return True
    except Exception:  # whatever is raised, nothing was believed
        return False


def reason(act):  # of a refusal, as far as this implementation tells them apart
    try:
        act()
    except Refusal as error:
        return error.code


def tokens():
    file, keys = load("jws/access-tokens.json"), read_keys(load("jws/keys.json")["jwks"])
    rules = file["rules"]
    for case in file["cases"]:
        judge = lambda: read(case["input"], keys.get, rules["issuer"], rules["audience"], rules["now"])
        same(case["name"], accepted(judge), case["expected"] == "ok")


def key_sets():
    for case in load("jws/key-sets.json")["cases"]:
        def kids():
            return sorted(read_keys(strict(case["input"].encode())))
        found = kids() if accepted(kids) else None
        same(case["name"], found, case["expected"])


def withdrawn():  # an empty key set leaves no key in force, which is nobody's fault
    file, verifier = load("jws/access-tokens.json"), Verifier.__new__(Verifier)
    rules, good = file["rules"], file["cases"][0]["input"]
    verifier.issuer, verifier.audience, verifier.clock = rules["issuer"], rules["audience"], lambda: rules["now"]
    verifier.list, verifier.lock, verifier.policy = RevocationList(rules["issuer"]), threading.Lock(), None
    said = []
    for keys in (load("jws/keys.json")["jwks"], {"keys": []}):
        verifier.get = lambda *request: keys
        verifier.fetch_keys()
        try:
            verifier.verify(good)
        except (Refusal, Unavailable) as error:
            said.append(error.code)
    same("keys, then none", said, ["list_stale", "no_keys"])  # no list was ever loaded


def documents():
    for case in load("revocation/documents.json")["cases"]:
        def judge():
            document = strict(case["input"].encode())
            known = RevocationList(document["iss"])
            known.last = document["epoch"], document["after"], document["now"], 1, 0  # so that a delta is no gap
            known.apply(document, document["now"])
        same(case["name"], accepted(judge), case["expected"] == "ok")


def columns():  # a form that this implementation does not read, so that it must refuse it
    for case in load("revocation/columns.json")["cases"]:
        document = strict(case["input"].encode())
        known = RevocationList(document["iss"])
        known.last = document["epoch"], document["after"], document["now"], 1, 0
        good = case["expected"] is not None and "columns" not in document
        same(case["name"], accepted(lambda: known.apply(document, document["now"])), good)


def matching():
    for case in load("revocation/matching.json")["cases"]:
        known = RevocationList("https://auth.example.com")
        known.apply({"iss": known.issuer, "epoch": "a", "after": 0, "seq": 99, "now": 1795420800, "next_update": 5,
                     "expires_in": 60, "entries": case["entries"]}, 1795420800)
        same(case["name"], known.match(case["token"], case["token"]["kid"]) is not None, case["expected"] is not None)


def sequences():
    file = load("revocation/sequences.json")
    for case in file["cases"]:
        known = RevocationList(file["issuer"])
        for step in case["steps"]:
            said = reason(lambda: known.apply(step["document"], step["received_at"]))
            same(case["name"], said, None if step["expected"] in ("snapshot", "delta") else step["expected"])
            same(case["name"], known.query or None, step["next"])
        for instant, expected in case["at"]:
            same(case["name"], known.freshness(instant), expected)


def verdicts():
    file = load("revocation/verdicts.json")
    for case in file["cases"]:
        known = RevocationList(file["issuer"])
        for number, step in enumerate(case["steps"], 1):
            name = f"{case['name']}, step {number}"
            if "document" in step or "body" in step:
                body = step["body"] if "body" in step else json.dumps(step["document"])
                took = accepted(lambda: known.apply(strict(body.encode()), step["at"]))
                same(name, took, step["expected"] in ("snapshot", "delta"))
            if step.get("prune"):
                known.prune(step["at"], every=0)
            same(name, known.query or None, step["next"])
            same(name, known.freshness(step["at"]), step["freshness"])
            for token, verdict in step["verdicts"].items():
                claims = file["tokens"][token]
                revoked = known.match(claims, claims["kid"]) is not None
                same(f"{name}, {token}", "revoked" if revoked else "accepted", verdict)


for group in (tokens, key_sets, withdrawn, documents, columns, matching, sequences, verdicts):
    group()
print(f"{ran} checks, {differences} differences")
sys.exit(differences > 0)
