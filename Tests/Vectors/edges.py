"""Adds the cases at the edges of the rule to the files beside it: just inside a limit, and just outside.

    python3 -m venv venv && venv/bin/pip install 'cryptography==45.0.3'
    venv/bin/python edges.py

A case whose name is in its file already stays as it is, since every signature of ES256 and PS256 is another one. Texts are
put together here by hand and by Python's own json, never by Latchkey's writer; so were the cases that are not listed here.
"""
import base64, hashlib, json, pathlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

folder = pathlib.Path(__file__).parent
NOW, END, MOST = 1795420800, 253402300799, 2**63 - 1
ISSUER, AUDIENCE = "https://auth.example.com", "https://api.example.com"
USER, SESSION = "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f", "01931c2e-8e5b-7d4c-8a32-"
KEYS = json.loads((folder / "jws/keys.json").read_text())
PRIVATE = {key["alg"]: (key["kid"], serialization.load_pem_private_key(key["private_key_pem"].encode(), None))
           for key in KEYS["keys"]}


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def text(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def put(path, cases, head=None):
    file = folder / path
    content = json.loads(file.read_text()) if file.exists() else head | {"cases": []}
    names = {case["name"] for case in content["cases"]}
    assert len({case["name"] for case in cases}) == len(cases)
    content["cases"] += [case for case in cases if case["name"] not in names]
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def sign(header, payload, algorithm="ES256"):
    """A JWS of two texts."""
    signed = b64(header.encode()) + "." + b64(payload.encode("utf-8", "surrogatepass"))
    key = PRIVATE[algorithm][1]
    if algorithm == "EdDSA":
        return signed + "." + b64(key.sign(signed.encode()))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return signed + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def inside(members, more):
    """The text of an object with members that are written as they are."""
    return text(members)[:-1] + "," + more + "}"


def nested(depth):
    return "[" * depth + "]" * depth


# Texts of JSON that stand behind a name that nobody knows, and whether they may.
JSON = [
    ("a raw tab in a string", '"x":"a\tb"', False), ("a raw 0x1F in a string", '"x":"a\x1fb"', False),
    ("a raw line feed in a name", '"a\nb":1', False), ("a raw 0x7F in a string", '"x":"a\x7fb"', True),
    ("an escaped NUL in a name, two levels down", '"x":[{"a\\u0000":1}]', False),
    ("a lone high surrogate in a name", '"\\ud83d":1', False),
    ("a lone low surrogate, two levels down", '"x":[{"a":"\\ude00"}]', False),
    ("two high surrogates and a low one", '"x":"\\ud83d\\ud83d\\ude00"', False),
    ("a high surrogate and a letter", '"x":"\\ud83d\\u0041"', False), ("two low surrogates", '"x":"\\ude00\\ude00"', False),
    ("an escape with a letter beyond f", '"x":"\\u004g"', False),
    ("surrogates apart by an escaped backslash", '"x":"\\ud83d\\\\\\ude00"', False),
    ("a pair of surrogates", '"x":"\\ud83d\\ude00"', True), ("a backslash in front of u0000", '"x":"\\\\u0000"', True),
    ("a name twice, two levels down", '"x":[{"a":1,"a":1}]', False),
    ("a name twice, once escaped, two levels down", '"x":[{"a":1,"\\u0061":1}]', False),
    ("two names that only Unicode calls the same", '"\u00e9":1,"e\u0301":1', True),
    ("an unknown escape", '"x":"\\x41"', False), ("an escape of three digits", '"x":"\\u041"', False),
    ("a comma at the end", '"x":1,', False), ("a number with a zero in front", '"x":01', False),
    ("a number with a plus", '"x":+1', False), ("a number that ends in a dot", '"x":1.', False),
    ("a number that begins with a dot", '"x":.5', False), ("Infinity", '"x":-Infinity', False),
    ("a comment", '"x":1/**/', False), ("a no-break space", '"x":\u00a01', False),
    ("white space of all four sorts", '"x" \t\r\n: \t\r\n1 \t\r\n', True), ("null behind an unknown name", '"x":null', True),
    ("brackets in a string", '"x":"[[[[[[[[[[{{{{"', True),
    ("brackets beside each other", '"x":[[],[],[],[],[],[],[],[]]', True),
    ("brackets behind an escaped quote", '"x":"\\"[[[[[[[[[["', True),
]


def tokens():
    kid = PRIVATE["ES256"][0]
    header = {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    claims = {"iss": ISSUER, "sub": USER, "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW, "jti": "AAECAwQFBgcICQoLDA0ODw",
              "client_id": "web"}
    cases = []

    def case(name, good, token, refusal="malformed"):
        cases.append({"name": name, "source": "Python cryptography", "input": token, "expected": "ok" if good else refusal})

    def claim(name, good, change):
        case(name, good, sign(text(header), text(claims | change)))

    def literal(name, good, more):
        case(name, good, sign(text(header), inside(claims, more)))

    def head(name, good, more):
        case(name, good, sign(inside(header, more), text(claims)))

    for name, more, good in JSON:
        literal("payload with " + name, good, more)
        if "[{" not in more and "beside" not in name:
            head("header with " + name, good, more)
    head("header nested 4 deep", True, '"x":' + nested(3))
    head("header nested 5 deep", False, '"x":' + nested(4))
    head("header nested 5 deep, with others closed in between", False, '"x":[[],[[],[[],[]]]]')
    literal("payload nested 8 deep", True, '"x":' + nested(7))
    literal("payload nested 9 deep", False, '"x":' + nested(8))
    literal("payload nested 9 deep, with others closed in between", False,
            '"x":[[],{"a":[[],{"a":[[],{"a":[[],{}]}]}]}]')

    bare = len(inside(header, '"x":""'))
    head("header of 4096 characters", True, '"x":"' + "x" * (3072 - bare) + '"')
    head("header of 4098 characters", False, '"x":"' + "x" * (3073 - bare) + '"')
    for name in ("crit", "b64"):
        head(name + " null", False, f'"{name}":null')
    for length in (8192, 8193):
        for pad in range(8):  # some lengths are none of base64url
            first = inside(header, '"x":"' + "x" * pad + '"')
            fixed = len(b64(first.encode())) + 86 + 2
            size = [n for n in range(5000, 6500) if len(b64(bytes(n))) + fixed == length]
            if size:
                break
        more = '"x":"' + "x" * (size[0] - len(inside(claims, '"x":""'))) + '"'
        token = sign(first, inside(claims, more))
        assert len(token) == length
        case(f"{length} characters", length == 8192, token)

    for name in ("ed25519", "ED25519", "Ed25519 ", "eddsa", "EDDSA", "Ed448"):
        changed = {"alg": name, "typ": "at+jwt", "kid": PRIVATE["EdDSA"][0]}
        case(f'alg "{name}" with the EdDSA key', False, sign(text(changed), text(claims), "EdDSA"))
    case("alg Ed25519 with the ES256 key", False, sign(text(header | {"alg": "Ed25519"}), text(claims)),
         "algorithm_not_allowed")
    case("kid with spare bits", False, sign(text(header | {"kid": kid[:-1] + "Z"}), text(claims)), "unknown_key")
    case("typ APPLICATION/AT+JWT", True, sign(text(header | {"typ": "APPLICATION/AT+JWT"}), text(claims)))

    for name, change, good in [
        ("auth_time 0", {"auth_time": 0}, True), ("auth_time at the end of the year 9999", {"auth_time": END}, True),
        ("valid for a second", {"exp": NOW + 1}, True),
        ("jti of 128 characters", {"jti": "-" * 128}, True), ("jti of one character", {"jti": "_"}, True),
        ("client_id of 64 characters", {"client_id": "a" * 64}, True),
        ("client_id of 65 characters", {"client_id": "a" * 65}, False),
        ("client_id .", {"client_id": "."}, False), ("client_id ..", {"client_id": ".."}, False),
        ("client_id of 64 dots", {"client_id": "." * 64}, False), ("client_id .a", {"client_id": ".a"}, True),
        ("client_id a UUID in upper case", {"client_id": USER.upper()}, False),
        ("client_id a UUID in upper case, of the client itself", {"client_id": USER.upper(), "sub": USER.upper()}, False),
        ("client_id a UUID of 35 characters", {"client_id": USER[:-1]}, True),
        ("sid the nil UUID", {"sid": "00000000-0000-0000-0000-000000000000"}, True),
        ("sid a UUID of version 4", {"sid": "f47ac10b-58cc-4372-a567-0e02b2c3d479"}, True),
        ("sid without hyphens", {"sid": USER.replace("-", "")}, False), ("sid with braces", {"sid": "{" + USER + "}"}, False),
        ("sid with hyphens elsewhere", {"sid": "01931c2e7-d4a-7c3b-9f21-0a1b2c3d4e5f"}, False),
        ("sub a UUID without hyphens", {"sub": USER.replace("-", "")}, False),
        ("aud with 256 names", {"aud": [AUDIENCE] + ["a"] * 255}, True),
        ("aud with 257 names", {"aud": [AUDIENCE] + ["a"] * 256}, False),
        ("aud with an empty name", {"aud": [AUDIENCE, ""]}, False), ("aud empty", {"aud": ""}, False),
        ("aud a text of 2049 bytes", {"aud": "a" * 2049}, False),
        ("aud a list with a text of 2049 bytes", {"aud": [AUDIENCE, "a" * 2049]}, True),
        ("aud null", {"aud": None}, False), ("aud with null", {"aud": [AUDIENCE, None]}, False),
        ("aud an object", {"aud": {AUDIENCE: 1}}, False),
        ("scope of 1024 bytes", {"scope": "a" * 1024}, True), ("scope of 1025 bytes", {"scope": "a" * 1025}, False),
        ("scope of 64 words", {"scope": " ".join(f"w{n}" for n in range(64))}, True),
        ("scope of 65 words", {"scope": " ".join(f"w{n}" for n in range(65))}, False),
        ("scope of 65 words, two the same", {"scope": " ".join(f"w{n % 64}" for n in range(65))}, True),
        ("scope of one word 512 times", {"scope": " ".join("a" * 512)}, True),
        ("scope of all its characters", {"scope": "".join(map(chr, [33, *range(35, 92), *range(93, 127)]))}, True),
        ("scope with a backslash", {"scope": "a\\b"}, False), ("scope with 0x7F", {"scope": "a\x7f"}, False),
        ("scope with a tab", {"scope": "a\tb"}, False), ("scope with a line feed behind", {"scope": "a\n"}, False),
        ("scope with a letter beyond ASCII", {"scope": "\u00e9"}, False), ("scope empty", {"scope": ""}, False),
        ("scope a space", {"scope": " "}, False), ("scope with a space in front", {"scope": " a"}, False),
        ("scope with a space behind", {"scope": "a "}, False), ("scope null", {"scope": None}, False),
    ]:
        claim(name, good, change)
    for name in ("amr", "roles"):
        claim(name + " with 256 texts", True, {name: ["a"] * 256})
        claim(name + " with 257 texts", False, {name: ["a"] * 257})
        claim(name + " empty", True, {name: []})
        claim(name + " with an empty text", True, {name: [""]})
        claim(name + " null", False, {name: None})
        claim(name + " with null", False, {name: [None]})
        claim(name + " a text", False, {name: "admin"})
        claim(name + " with a list", False, {name: [["a"]]})
    literal("auth_time -0", True, '"auth_time":-0')
    literal("auth_time -0.0", False, '"auth_time":-0.0')
    literal("auth_time 1E3", False, '"auth_time":1E3')
    literal("auth_time 253402300799.0", False, '"auth_time":253402300799.0')

    def status(name, good, value):
        literal("status " + name, good, '"status":' + (value if type(value) is str else text(value)))

    uri = "https://auth.example.com/status/1"
    status("empty", True, {})
    status("of another mechanism", True, {"other": [1]})
    status("null", False, "null")
    status("a text", False, '"valid"')
    status("a list", False, [])
    status("false", False, "false")
    for name, value in (("null", None), ("a list", [0, uri]), ("empty", {}), ("a text", uri), ("without idx", {"uri": uri}),
                        ("without uri", {"idx": 0}), ("with uri null", {"idx": 0, "uri": None}),
                        ("with uri empty", {"idx": 0, "uri": ""}), ("with uri a list", {"idx": 0, "uri": [uri]}),
                        ("with idx null", {"idx": None, "uri": uri}), ("with idx a text", {"idx": "0", "uri": uri}),
                        ("with idx true", {"idx": True, "uri": uri}), ("with idx -1", {"idx": -1, "uri": uri}),
                        ("with idx 2^63", {"idx": MOST + 1, "uri": uri}), ("with idx a float", {"idx": 1.0, "uri": uri}),
                        ("with uri of 2049 bytes", {"idx": 0, "uri": "u" * 2049}),
                        ("with uri of 2049 bytes in 1025 characters", {"idx": 0, "uri": "\u00e9" * 1024 + "u"})):
        status("list " + name, False, {"status_list": value})
    for name, value in (("with idx 0", {"idx": 0, "uri": uri}), ("with idx 2^63 - 1", {"idx": MOST, "uri": uri}),
                        ("with unknown members", {"idx": 7, "uri": uri, "x": None}),
                        ("with uri of 2048 bytes", {"idx": 0, "uri": "u" * 2048}),
                        ("with uri of 2048 bytes in 1024 characters", {"idx": 0, "uri": "\u00e9" * 1024})):
        status("list " + name, True, {"status_list": value, "other": None})
    status("list with idx -0", True, '{"status_list":{"idx":-0,"uri":"u"}}')
    put("jws/access-tokens.json", cases)


def document(**change):
    return {"iss": ISSUER, "epoch": "5f0c", "after": 0, "seq": 9, "now": NOW, "next_update": 5, "expires_in": 60,
            "entries": []} | change


def documents():
    cases = []

    def case(name, expected, raw):
        cases.append({"name": name, "input": raw, "expected": "ok" if expected is True else expected})

    def members(name, expected, **change):
        case(name, expected, text(document(**change)))

    def entry(name, good, **change):
        members("entry: " + name, good or "bad_entry",
                entries=[{key: value for key, value in ({"seq": 1, "exp": NOW + 420} | change).items() if value is not None}])

    for name, more, good in JSON:
        case("with " + name, good or "bad_json", inside(document(), more))
        case("an entry with " + name, good or "bad_json",
             text(document(entries=[0])).replace("[0]", "[" + inside(
                 {"seq": 1, "kind": "token", "id": "a", "exp": NOW}, more) + "]"))
    case("a byte order mark", "bad_json", "\ufeff" + text(document()))
    case("white space around", True, " \t\r\n" + text(document()) + " \t\r\n")
    case("nested 8 deep", True, inside(document(), '"x":' + nested(7)))
    case("nested 9 deep", "bad_json", inside(document(), '"x":' + nested(8)))
    case("nested 9 deep, with others closed in between", "bad_json",
         inside(document(), '"x":[[],{"a":[[],{"a":[[],{"a":[[],{}]}]}]}]'))
    for depth in (5, 6):
        case(f"an entry nested {3 + depth} deep", True if depth == 5 else "bad_json", text(document(entries=[0])).replace(
            "[0]", '[{"seq":1,"kind":"token","id":"a","exp":5,"x":' + nested(depth) + "}]"))
    members("iat and exp of another type, which only the signed form has", True, iat="x", exp=None)

    members("iss of 2048 bytes", True, iss="i" * 2048)
    members("iss of 2049 bytes", "bad_member", iss="i" * 2049)
    members("iss of 2048 bytes in 1024 characters", True, iss="\u00e9" * 1024)
    members("iss of 2049 bytes in 1025 characters", "bad_member", iss="\u00e9" * 1024 + "i")
    members("epoch of 64 characters", True, epoch="e" * 64)
    members("epoch of dots", True, epoch="..")
    members("epoch with a letter beyond ASCII", "bad_member", epoch="\u00e9")
    members("epoch with a line feed behind", "bad_member", epoch="a\n")
    members("after and seq 2^63 - 1", True, after=MOST, seq=MOST)
    members("an entry with seq 2^63 - 1", True, seq=MOST,
            entries=[{"seq": MOST, "kind": "token", "id": "a", "exp": NOW}])
    members("now 0", True, now=0)
    members("now at the end of the year 9999", True, now=END)
    for name in ("next_update", "expires_in"):
        members(name + " 1", True, **{name: 1})
        members(name + " 86400", True, **{name: 86400})
        members(name + " true", "bad_member", **{name: True})
        case(name + " -0", "bad_member", text(document(**{name: 7})).replace(f'"{name}":7', f'"{name}":-0'))
        case(name + " 5e0", "bad_member", text(document(**{name: 7})).replace(f'"{name}":7', f'"{name}":5e0'))
    case("after -0", True, text(document()).replace('"after":0', '"after":-0'))
    case("after 0.0", "bad_member", text(document()).replace('"after":0', '"after":0.0'))
    case("after -0, seq -0, now -0", True,
         text(document(seq=0, now=0)).replace(":0,", ":-0,"))

    entry("token id of 128 characters", True, kind="token", id="-" * 128)
    entry("token id of 129 characters", False, kind="token", id="a" * 129)
    entry("token id with a letter beyond ASCII", False, kind="token", id="\u00e9")
    entry("client id of 64 characters", True, kind="client", id="c" * 64, iat_before=NOW)
    entry("client id of 65 characters", False, kind="client", id="c" * 65, iat_before=NOW)
    entry("client id of dots alone", False, kind="client", id="..", iat_before=NOW)
    entry("client id with a dot in front", True, kind="client", id="..a", iat_before=NOW)
    entry("client id a UUID in upper case", False, kind="client", id=USER.upper(), iat_before=NOW)
    entry("client id with a dot of another script", False, kind="client", id="a\uff0eb", iat_before=NOW)
    kid = PRIVATE["ES256"][0]
    entry("key id with spare bits", False, kind="key", id=kid[:-1] + "Z")
    entry("key id of 42 characters", False, kind="key", id=kid[:-1])
    entry("key id of 44 characters", False, kind="key", id=kid + "A")
    entry("key id padded", False, kind="key", id=kid + "=")
    entry("session id the nil UUID", True, kind="session", id="00000000-0000-0000-0000-000000000000")
    entry("session id without hyphens", False, kind="session", id=USER.replace("-", ""))
    entry("user id with a digit of another script", False, kind="user", id="\uff10" + USER[1:], iat_before=NOW)
    entry("kind with a space", False, kind="token ", id="a")
    entry("exp 0", True, kind="token", id="a", exp=0)
    entry("exp at the end of the year 9999", True, kind="token", id="a", exp=END)
    entry("exp beyond the year 9999", False, kind="token", id="a", exp=END + 1)
    entry("iat_before 0 and at the end of the year 9999", True, kind="all", iat_before=0, exp=END)
    entry("iat_before at the end of the year 9999", True, kind="all", iat_before=END)
    entry("iat_before negative", False, kind="all", iat_before=-1)
    for name, raw in (("iat_before", '"iat_before":-0,"exp":5'), ("exp", '"iat_before":5,"exp":-0')):
        case(f"entry: {name} -0", True, text(document(entries=[0])).replace(
            "[0]", '[{"seq":1,"kind":"all",' + raw + "}]"))
    for name in ("id", "iat_before"):
        case(f"entry: {name} null where it must not be", "bad_entry", text(document(entries=[
            {"seq": 1, "kind": "all", "iat_before": NOW, "exp": NOW, "id": None} if name == "id" else
            {"seq": 1, "kind": "token", "id": "a", "exp": NOW, "iat_before": None}])))
    put("revocation/documents.json", cases)


def signed():
    cases = []

    def case(name, good, header, payload, refusal="malformed"):
        cases.append({"name": name, "input": sign(header, payload), "known": [], "expected": "ok" if good else refusal})

    header = text({"alg": "ES256", "typ": "revocations+jwt", "kid": PRIVATE["ES256"][0]})
    dates = {"iat": NOW, "exp": NOW + 60}
    many = [{"seq": n, "kind": "session", "id": SESSION + f"{n:012x}", "exp": NOW + 420} for n in range(1, 201)]
    case("200 entries, longer than any token may be", True, header, text(document(seq=200, entries=many) | dates))
    case("exp at the end of the year 9999", True, header, text(document() | dates | {"exp": END}))
    case("exp beyond the year 9999", False, header, text(document() | dates | {"exp": END + 1}))
    case("iat 0", True, header, text(document() | dates | {"iat": 0}))
    case("iat null", False, header, text(document() | dates | {"iat": None}))
    case("exp true", False, header, text(document() | dates | {"exp": True}))
    case("nested 8 deep", True, header, inside(document() | dates, '"x":' + nested(7)))
    case("nested 9 deep", False, header, inside(document() | dates, '"x":' + nested(8)))
    case("header nested 4 deep", True, header[:-1] + ',"x":' + nested(3) + "}", text(document() | dates))
    case("header nested 5 deep", False, header[:-1] + ',"x":' + nested(4) + "}", text(document() | dates))
    case("header of 4098 characters", False, header[:-1] + ',"x":"' + "x" * (3073 - len(header) - 7) + '"}',
         text(document() | dates))
    case("typ with a long s for s", False, header.replace("revocations+jwt", "revocation\u017f+jwt"),
         text(document() | dates), "wrong_type")
    case("crit null", False, header[:-1] + ',"crit":null}', text(document() | dates))
    case("exp equal to iat, a second ago", True, header, text(document() | {"iat": NOW - 1, "exp": NOW - 1}))
    own = [{"seq": 1, "kind": "key", "id": PRIVATE["ES256"][0], "exp": NOW + 420}]
    case("a list that condemns its own key", True, header, text(document(entries=own) | dates))
    put("revocation/signed.json", cases)


def session(number, exp=420):
    return {"seq": number, "kind": "session", "id": SESSION + f"{number:012d}", "exp": NOW + exp}


def sequences():
    cases = []

    def case(name, *steps, at=()):
        cases.append({"name": name, "steps": list(steps), "at": [[NOW + instant, word] for instant, word in at]})

    def step(received, expected, follows, count=0, **change):
        """Instants from NOW on; `follows` is what the next request says."""
        change["now"] = NOW + change.get("now", received)
        return {"received_at": NOW + received, "document": document(**({"epoch": "a", "seq": 1} | change)),
                "expected": expected, "next": follows and {"after": follows[0], "epoch": follows[1]}, "count": count}

    first = step(0, "snapshot", (1, "a"))
    case("after a gap everything is asked for until a document is accepted", first,
         step(1, "gap", None, after=2, seq=3),
         step(2, "wrong_issuer", None, iss="https://evil.example.com", seq=3),
         step(3, "from_the_future", None, now=124, seq=3),
         step(4, "gap", None, after=2, seq=3),
         step(5, "snapshot", (3, "a"), count=1, seq=3, entries=[session(3)]))
    case("after a gap a delta that reaches back is accepted all the same", first,
         step(1, "gap", None, after=2, seq=3), step(2, "delta", (3, "a"), count=1, after=1, seq=3, entries=[session(3)]))
    case("after at seq is no gap, beyond it is one", first,
         step(1, "delta", (2, "a"), after=1, seq=2), step(2, "gap", None, after=3, seq=3))
    case("after beyond 0 is a gap as long as nothing is known, and in another epoch",
         step(0, "gap", None, after=1), step(1, "snapshot", (1, "a")), step(2, "gap", None, epoch="b", after=1),
         step(3, "snapshot", (1, "b"), epoch="b"))
    case("epochs that differ in letter case are two", first, step(1, "gap", None, epoch="A", after=1, seq=1),
         step(2, "snapshot", (0, "A"), epoch="A", seq=0))
    case("the offset is the smallest at any receipt, not at the first",
         step(100, "snapshot", (1, "a"), now=0), step(101, "delta", (1, "a"), after=1, now=61),
         at=[(160, "fresh"), (161, "stale")])
    case("the offset does not grow at a later receipt",
         step(10, "snapshot", (1, "a"), now=0), step(100, "delta", (1, "a"), after=1, now=30),
         at=[(99, "fresh"), (100, "stale")])
    case("a refused document counts neither for the offset nor as the latest now",
         step(100, "snapshot", (1, "a"), now=0),
         step(100, "wrong_issuer", (1, "a"), now=190, iss="https://evil.example.com"),
         step(101, "gap", None, now=200, after=2, seq=2),
         step(105, "delta", (1, "a"), now=5, after=1), at=[(164, "fresh"), (165, "stale")])
    case("an older document does not lengthen the time for which the list is fresh", first,
         step(1, "snapshot", (1, "a"), now=-100, expires_in=600), at=[(59, "fresh"), (60, "stale")])
    case("an older document may shorten it", first,
         step(1, "snapshot", (1, "a"), now=-100, expires_in=10), at=[(9, "fresh"), (10, "stale")])
    case("an older document, received after the clock was set back, lowers the offset all the same",
         step(100, "snapshot", (1, "a"), now=0), step(50, "delta", (1, "a"), now=-10, after=1),
         at=[(119, "fresh"), (120, "stale")])
    case("a document of the same now has its own expires_in", first,
         step(1, "snapshot", (1, "a"), now=0, expires_in=600), at=[(599, "fresh"), (600, "stale")])
    case("an older document that was accepted is the one to ask from",
         step(0, "snapshot", (5, "b"), epoch="b", seq=5), step(1, "snapshot", (2, "a"), now=-100, seq=2),
         step(2, "gap", None, epoch="b", after=5, seq=6), step(3, "snapshot", (6, "b"), epoch="b", seq=6))
    case("now at the latest accepted less 120 s, not less the last accepted",
         step(0, "snapshot", (1, "a")), step(0, "snapshot", (1, "a"), now=-120), step(0, "outdated", (1, "a"), now=-121))
    case("the age that the page works out", step(30, "snapshot", (1, "a"), now=0),
         step(55, "delta", (1, "a"), after=1, now=20), at=[(109, "fresh"), (110, "stale")])
    put("revocation/sequences.json", cases)


def verdicts():
    cases = []
    names = json.loads((folder / "revocation/verdicts.json").read_text())["tokens"]

    def case(name, *steps):
        cases.append({"name": name, "steps": list(steps)})

    def step(at, now, revoked, entries=(), **change):
        first = bool(entries)
        found = {"at": NOW + at}
        if now is not None:
            found["document"] = document(epoch="a", after=0 if first else 1, seq=1, now=NOW + now, expires_in=86400,
                                         entries=list(entries))
        return found | {"expected": None if now is None else "snapshot" if first else "delta", "prune": True,
                        "next": {"after": 1, "epoch": "a"}, "freshness": "fresh",
                        "verdicts": {token: "revoked" if token in revoked else "accepted" for token in names}}

    begin = step(0, 0, {"ada"}, [session(1)])
    case("an entry stays until 120 s after its exp", begin, step(420, 420, {"ada"}), step(539, 539, {"ada"}),
         step(540, 540, ()))
    case("an entry stays while the latest now is not 120 s after its exp", begin, step(540, 539, {"ada"}),
         step(600, None, {"ada"}), step(601, 540, ()))
    case("an entry stays while the own clock is not 120 s after its exp", begin, step(539, 540, {"ada"}),
         step(540, None, ()))
    case("an own clock that is set back after an entry's exp finds it still there", begin, step(470, 470, {"ada"}),
         step(380, None, {"ada"}))
    put("revocation/verdicts.json", cases)


def key_sets():
    p256, ed25519, ps256, rs256 = KEYS["jwks"]["keys"]
    cases = []

    def case(name, keys, expected, **more):
        raw = keys if type(keys) is str else text({"keys": keys})
        cases.append({"name": name, "input": raw, "expected": expected and sorted(key["kid"] for key in expected)} | more)

    def named(key):
        """With its own thumbprint for a name."""
        found = {name: value for name, value in key.items() if name != "kid"}
        members = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}[key["kty"]]
        return found | {"kid": b64(hashlib.sha256(text({name: found[name] for name in members}).encode()).digest())}

    everything = [p256, ed25519, ps256, rs256]
    case("all four", everything, everything)
    case("unknown members", text({"keys": [p256 | {"x5t": "a", "key_ops": ["verify"]}], "x": None}), [p256])
    case("alg Ed25519 is EdDSA", [ed25519 | {"alg": "Ed25519"}], [ed25519])
    case("without use", [{name: value for name, value in p256.items() if name != "use"}], [p256])
    case("none at all: every key is withdrawn", [], [])
    for name in ("ES384", "none", "HS256", "es256", "ed25519", ""):
        case(f'alg "{name}" is passed over', [p256 | {"alg": name}, ed25519], [ed25519])
    case("an RSA key without alg is passed over", [{n: v for n, v in ps256.items() if n != "alg"}, p256], [p256])
    case("use enc is passed over", [p256 | {"use": "enc"}, ed25519], [ed25519])
    case("another curve is passed over", [p256 | {"crv": "P-384"}, ed25519], [ed25519])
    case("another curve is passed over, also under its own thumbprint", [named(p256 | {"crv": "P-384"}), ed25519], [ed25519])
    case("an unknown kty is passed over", [{"kty": "AKP", "alg": "ML-DSA-44", "kid": "x", "pub": "AA"}, p256], [p256])
    case("a kid that is no key name is passed over", [p256 | {"kid": "1"}, ed25519], [ed25519])
    case("the same kid twice", [p256, p256], None)
    case("the same kid twice, among unknown keys", [{"kty": "AKP", "kid": "x"}, {"kty": "AKP", "kid": "x"}, p256], None)
    case("a private member", [p256 | {"d": "AA"}, ed25519], None)
    for name in ("d", "p", "q", "dp", "dq", "qi", "oth", "k"):
        case(f"a private member {name}", [ps256 | {name: [] if name == "oth" else "AA"}, ed25519], None)
        case(f"a private member {name} that is null", [ed25519, p256 | {name: None}], None)
        case(f"a private member {name} of a key that is passed over", [{"kty": "AKP", "kid": "x", name: "AA"}, p256], None)
    case("a private member of a key for encryption", [p256 | {"use": "enc", "d": "AA"}, ed25519], None)
    case("nested 8 deep", inside({"keys": [p256]}, '"x":' + nested(7)), [p256])
    case("a symmetric key", [{"kty": "oct", "k": "AA", "alg": "HS256", "kid": "x"}, p256], None)
    case("a symmetric key without k", [{"kty": "oct", "alg": "HS256", "kid": "x"}, p256], None)
    case("an RSA modulus of 1024 bits", [ps256 | {"n": b64(b"\xa5" * 127 + b"\x81")}, p256], None)
    case("a point that is not on the curve", [p256 | {"y": p256["x"]}, ed25519], None)
    others = [{"kty": "AKP", "kid": str(number)} for number in range(128)]
    case("128 keys", [p256] + others[1:], [p256])
    case("129 keys", [p256] + others, None)
    for name, change in (
        ("x of 31 bytes", {"x": b64(bytes(31))}), ("x of 33 bytes", {"x": b64(bytes(33))}), ("x empty", {"x": ""}),
        ("x padded", {"x": p256["x"] + "="}), ("x in standard base64", {"x": p256["x"].replace("_", "/").replace("-", "+")}),
        ("x with spare bits", {"x": p256["x"][:-1] + chr(ord(p256["x"][-1]) + 1)}), ("y null", {"y": None}),
    ):
        case("P-256 key with " + name, [p256 | change, ed25519], None)
    for name, x in (
        ("31 bytes", b64(bytes(31))), ("33 bytes", ed25519["x"] + "A"), ("padding", ed25519["x"] + "="),
        ("the point of order 1", b64(b"\x01" + bytes(31))), ("a point of order 2", b64(b"\xec" + b"\xff" * 30 + b"\x7f")),
        ("a point of order 4", b64(bytes(32))), ("the other point of order 4", b64(bytes(31) + b"\x80")),
        ("a point of order 8", b64(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))),
        ("another point of order 8",
         b64(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"))),
        ("y as large as the field", b64(b"\xed" + b"\xff" * 30 + b"\x7f")), ("y all ones", b64(b"\xff" * 32)),
    ):
        case("Ed25519 key with " + name, [p256, ed25519 | {"x": x}], None)

    for name, change, good in (
        ("8192 bits", {"n": b64(b"\xa5" * 1023 + b"\x81")}, True),
        ("8193 bits", {"n": b64(b"\x01" + b"\xa5" * 1023 + b"\x81")}, False),
        ("2047 bits", {"n": b64(b"\x7f" + b"\xa5" * 254 + b"\x81")}, False),
        ("an even modulus", {"n": b64(b"\xa5" * 255 + b"\x80")}, False),
        ("a zero in front of n", {"n": b64(b"\0" + b"\xa5" * 255 + b"\x81")}, False),
        ("n padded", {"n": ps256["n"] + "=="}, False),
        ("e 3", {"e": "Aw"}, True), ("e 2^32 - 1", {"e": "_____w"}, True), ("e 1", {"e": "AQ"}, False),
        ("e 65536", {"e": "AQAA"}, False),
        ("e 2^32 + 1", {"e": "AQAAAAE"}, False), ("a zero in front of e", {"e": "AAEAAQ"}, False), ("e empty", {"e": ""}, False),
    ):
        key = named(ps256 | change)
        case("RSA key with " + name, [key, p256], [key, p256] if good else None)
    case("key_ops without verify is passed over", [p256 | {"key_ops": ["sign"]}, ed25519], [ed25519])
    for name, change in (("use null", {"use": None}), ("alg null", {"alg": None}), ("key_ops null", {"key_ops": None}),
                         ("key_ops a text", {"key_ops": "verify"}), ("key_ops with a number", {"key_ops": ["verify", 1]}),
                         ("key_ops with null", {"key_ops": ["verify", None]})):
        case(name + ": the key is passed over, or the set is refused", [p256 | change, ed25519], [ed25519], may_refuse=True)
    for name, raw in (("no keys", "{}"), ("keys an object", '{"keys":{}}'), ("keys with a number", '{"keys":[1]}'),
                      ("HTML", "<html></html>"), ("a list", "[]"), ("empty", ""),
                      ("keys twice", '{"keys":[],"keys":[]}'), ("truncated", text({"keys": everything})[:-2])):
        case(name, raw, None)
    put("jws/key-sets.json", cases, {
        "source": "the public keys of keys.json, changed",
        "expected_is": "the kids of the keys that count, sorted; null where the whole set is refused"})


def columns():
    """The denser form, written by the page and not by our writer."""
    cases = []

    def case(name, raw, expected):
        cases.append({"name": name, "input": raw, "expected": expected})

    def group(kind, entries, after=0):
        ids = [base64.urlsafe_b64decode(e["id"] + "==") if kind == "token" else bytes.fromhex(e["id"].replace("-", ""))
               for e in entries]
        found = {"kind": kind, "count": len(ids), "ids": b64(bytes(id[n] for n in range(16) for id in ids))}
        for name, start in (("seq", after), ("exp", NOW)) + ((("iat_before", NOW),) if kind == "user" else ()):
            numbers = [start] + [e[name] for e in entries]
            found[name] = [b - a for a, b in zip(numbers, numbers[1:])]
        return found

    tokens = [{"seq": n, "kind": "token", "id": b64(bytes(range(n, n + 16))), "exp": NOW + 400 - n} for n in (11, 14)]
    sessions = [{"seq": n, "kind": "session", "id": SESSION + f"{n:012x}", "exp": NOW + 7 * n} for n in (12, 17, 18)]
    users = [{"seq": n, "kind": "user", "id": f"01931c2e-7d4a-7c3b-9f21-{n:012x}", "iat_before": NOW - n, "exp": NOW + 300 + n}
             for n in (13, 15)]
    plain = [{"seq": 16, "kind": "client", "id": "web", "iat_before": NOW - 9, "exp": NOW + 420}]
    groups = [group("token", tokens, 10), group("session", sessions, 10), group("user", users, 10)]
    head = {"after": 10, "seq": 20, "entries": plain}
    together = sorted(tokens + sessions + users + plain, key=lambda e: e["seq"])
    case("three kinds, and one that has no column form", text(document(**head) | {"columns": groups}), together)
    case("groups in another order", text(document(**head) | {"columns": groups[::-1]}), together)
    case("columns in front of all other members", text({"columns": groups} | document(**head)), together)
    case("an unknown member of a group", text(document(**head) | {"columns": [groups[0] | {"x": None}] + groups[1:]}), together)
    case("a kind twice", text(document(**head) | {"columns": [group("token", tokens[:1], 10), group("token", tokens[1:], 10)]}),
         sorted(tokens + plain, key=lambda e: e["seq"]))
    case("a group whose seq does not ascend by itself",
         text(document(**head) | {"columns": [group("token", tokens[::-1], 10)]}), sorted(tokens + plain, key=lambda e: e["seq"]))
    case("one group", text(document(**head) | {"columns": groups[1:2]}),
         sorted(sessions + plain, key=lambda e: e["seq"]))
    case("no group", text(document(**head) | {"columns": []}), plain)
    case("without columns", text(document(**head)), plain)
    change = lambda number, **members: [g | members if i == number else g for i, g in enumerate(groups)]
    for name, found in (
        ("columns null", None), ("columns an object", groups[0]), ("a group that is no object", [1]),
        ("a kind without a column form", change(0, kind="client")), ("a kind that is not known", change(0, kind="planet")),
        ("count too large", change(0, count=3)), ("count 0", change(0, count=0)), ("count a text", change(0, count="2")),
        ("ids a byte short", change(0, ids=b64(bytes(31)))), ("ids padded", change(0, ids=b64(bytes(32)) + "=")),
        ("seq one short", change(0, seq=[1])), ("seq one too many", change(0, seq=[1, 1, 1])),
        ("seq with a float", change(0, seq=[1, 3.0])), ("exp missing", [{n: v for n, v in groups[0].items() if n != "exp"}]),
        ("exp before 1970", change(0, exp=[-NOW - 1, 1])), ("exp beyond the year 9999", change(0, exp=[END - NOW + 1, -1])),
        ("exp beyond 2^63", change(0, exp=[MOST, MOST])),
        ("iat_before missing", change(2, iat_before=None) and [{n: v for n, v in groups[2].items() if n != "iat_before"}]),
        ("iat_before of a session", change(1, iat_before=[1, 1, 1])),
        ("iat_before of a token", change(0, iat_before=[1, 1])), ("iat_before of a token, empty", change(0, iat_before=[])),
        ("count 0 and nothing else", change(0, count=0, ids="", seq=[], exp=[])),
        ("seq twice within a group", change(0, seq=[1, 0])), ("seq twice, in two groups", change(0, seq=[2, 2])),
        ("seq of an entry of the other form", change(0, seq=[1, 5])), ("seq at after", change(0, seq=[0, 4])),
        ("seq beyond the document's", change(0, seq=[1, 10])), ("a fourth group", groups + [groups[0] | {"seq": [9, 1]}]),
    ):
        case(name, text(document(**head) | {"columns": found}), None)
    put("revocation/columns.json", cases, {
        "source": "put together in Python after the page, not by Latchkey's writer",
        "expected_is": "the entries in the order of their seq; null where the document is refused"})


for make in (tokens, documents, signed, sequences, verdicts, key_sets, columns):
    make()
