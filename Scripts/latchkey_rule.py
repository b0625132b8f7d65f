"""The rule by which a service accepts access tokens and believes revocation lists; no I/O, `now` is the own clock.

TheRule.md of LatchkeyVerifier says why, and Tests/Vectors holds every line to it. Whatever is refused raises."""
import base64, json, re
import jwt

SKEW, LEEWAY = 120, 60  # seconds: by which clocks may differ, for which a token still passes after its exp
ALGORITHMS = {"ES256": "ES256", "EdDSA": "EdDSA", "Ed25519": "EdDSA", "PS256": "PS256", "RS256": "RS256"}
UUID, WORD = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[A-Za-z0-9_-]"
CLIENT = f"(?!(?i:{UUID})$|[.]+$)[A-Za-z0-9._-]{{1,64}}"
COUNT, TIME, SECONDS = range(2**63), range(253402300800), range(1, 86401)
CLAIMS = {"iss": ".+", "sub": ".+", "jti": WORD + "{1,128}", "client_id": CLIENT, "exp": TIME, "iat": TIME}
SCOPE = r"[!#-\[\]-~]+( [!#-\[\]-~]+)*"
OPTIONAL = {"nbf": TIME, "auth_time": TIME, "sid": UUID, "scope": SCOPE, "amr": [], "roles": []}
DOCUMENT = {"iss": ".+", "epoch": "[A-Za-z0-9._-]{1,64}", "after": COUNT, "seq": COUNT, "now": TIME, "entries": [],
            "next_update": SECONDS, "expires_in": SECONDS}
IDS = {"token": CLAIMS["jti"], "session": UUID, "user": UUID, "client": CLIENT, "key": WORD + "{43}", "all": None}


def need(good, reason):
    if not good:
        raise jwt.InvalidTokenError(reason)


def strict(raw):  # JSON with every name once, so that no two readers see different things
    def once(pairs):
        need(len(dict(pairs)) == len(pairs), "a name twice")
        return dict(pairs)
    need(not re.search(rb"([\[{][^\[\]{}]*){9}", raw), "nested too deeply")
    return json.loads(raw.decode(), object_pairs_hook=once, parse_constant=int)


def check(found, forms):  # a text by its pattern, a whole number (True and 5.0 are none) by its range, or a list
    for name, form in forms.items():
        value, kind = found.get(name), {str: str, range: int, list: list}[type(form)]
        need(type(value) is kind, name)
        need(kind is list or (value in form if kind is int else re.fullmatch(form, value)), name)


def read_keys(jwks):  # what `find` looks up: by kid the key and the one algorithm that it is for
    keys = {key["kid"]: (key, ALGORITHMS[key["alg"]]) for key in jwks["keys"] if key.get("alg") in ALGORITHMS}
    need(keys, "no keys")
    return {kid: (jwt.PyJWK(key, algorithm), algorithm) for kid, (key, algorithm) in keys.items()}


def read(token, find, issuer, audience, now):  # the claims and the kid of a token that only the list could refuse
    need(len(token) <= 8192, "too long")
    raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    need(token == ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in raw), "not base64url")
    need(len(raw) == 3, "not a JWS")
    header, (signed, _, _) = strict(raw[0]), token.rpartition(".")
    need(re.fullmatch(r"(?i:(application/)?at\+jwt)", header["typ"]), "not an access token")
    need("crit" not in header and "b64" not in header, "asks for what is not understood")
    found = find(header["kid"])
    need(found, "unknown key")
    key, algorithm = found
    need(ALGORITHMS[header["alg"]] == algorithm, "not the key's algorithm")
    need(key.Algorithm.verify(signed.encode(), key.key, raw[2]), "bad signature")
    claims = strict(raw[1])
    need(b"\\u0000" not in json.dumps(claims, ensure_ascii=False).encode(), "NUL")
    check(claims, CLAIMS | {name: OPTIONAL[name] for name in OPTIONAL if name in claims})
    need(claims["sub"] == claims["client_id"] or re.fullmatch(UUID, claims["sub"]), "neither user nor client")
    audiences = [claims["aud"]] if type(claims["aud"]) is str else claims["aud"]
    texts = audiences + claims.get("amr", []) + claims.get("roles", [])
    need(all(type(text) is str for text in texts) and "" not in audiences, "a list of something else")
    need(claims["iss"] == issuer and audience in audiences, "from or for somebody else")
    need(now < claims["exp"] + LEEWAY, "expired")
    need(max(claims["iat"], claims.get("nbf", 0)) <= now + LEEWAY, "from the future")
    need(0 < claims["exp"] - claims["iat"] <= 3600, "longer than any token lives")
    return claims, header["kid"]


class RevocationList:
    def __init__(self, issuer):
        self.issuer, self.query = issuer, {}  # what to ask for next; nothing means everything
        self.marks = {}  # (kind, id): {last iat that is revoked: when that entry may go}
        self.pruned = 0
        self.last = None  # epoch, seq, now, expires_in, offset between the clocks

    def apply(self, doc, now):  # changes nothing when it raises, but for what to ask next
        check(doc, DOCUMENT)
        epoch, seq, then, _, offset = self.last or (None, 0, 0, 0, SKEW)
        reach, floor, marks = seq if doc["epoch"] == epoch else 0, doc["after"], []
        need(floor <= doc["seq"] and len(self.marks) + len(doc["entries"]) <= 2_000_000, "bad_order or too_large")
        for entry in doc["entries"]:
            dated = entry["kind"] in ("user", "client", "all")  # and KeyError for a kind that is not known
            form, times = IDS[entry["kind"]], {"exp": TIME, "iat_before": TIME} if dated else {"exp": TIME}
            check(entry, times | {"seq": range(floor + 1, doc["seq"] + 1)} | ({"id": form} if form else {}))
            need((form or "id" not in entry) and (dated or "iat_before" not in entry), "bad_entry")
            marks.append(((entry["kind"], entry.get("id")), entry.get("iat_before", 2**63), entry["exp"]))
            floor = entry["seq"]
        need(doc["iss"] == self.issuer, "wrong_issuer")
        need(doc["now"] <= now + SKEW, "from_the_future")
        need(doc["now"] >= then - SKEW, "outdated")
        need(doc["seq"] >= reach, "went_backwards")
        if doc["after"] > reach:
            self.query = {}
            need(False, "gap")
        for subject, before, exp in marks:  # a document adds, it never removes
            old = self.marks.get(subject, {})
            self.marks[subject] = {**old, before: max(exp, old.get(before, 0))}
        self.last = doc["epoch"], doc["seq"], max(then, doc["now"]), doc["expires_in"], min(offset, now - doc["now"])
        self.query = {"after": doc["seq"], "epoch": doc["epoch"]}

    def prune(self, now, every=60):  # what is over by both clocks; a walk through everything, so not at each poll
        past = min(now, self.last[2] if self.last else 0) - SKEW
        if past < self.pruned + every:
            return
        self.pruned = past
        live = {subject: {b: exp for b, exp in marks.items() if exp > past} for subject, marks in self.marks.items()}
        self.marks = {subject: marks for subject, marks in live.items() if marks}

    def freshness(self, now):
        if self.last is None:
            return "blind"
        _, _, then, expires_in, offset = self.last
        return "fresh" if -SKEW <= now - then - offset < expires_in else "stale"

    def match(self, claims, kid):  # the kind of an entry that revokes the token, or None
        subjects = [("token", claims["jti"]), ("session", claims.get("sid")), ("user", claims["sub"]),
                    ("client", claims["client_id"]), ("key", kid), ("all", None)]
        hits = (s[0] for s in subjects if any(claims["iat"] <= before for before in self.marks.get(s, ())))
        return next(hits, None)
