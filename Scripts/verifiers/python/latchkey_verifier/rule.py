"""The rule by which a service accepts access tokens and believes revocation lists. No I/O; `now` is the own clock.

TheRule.md of LatchkeyVerifier says why, and Tests/Vectors holds all but `Pace` to it. What is refused raises."""
from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Callable, Optional

import jwt

SKEW, LEEWAY = 120, 60  # seconds: by which clocks may differ, for which a token still passes after its exp
ALGORITHMS = {"ES256": "ES256", "EdDSA": "EdDSA", "Ed25519": "EdDSA", "PS256": "PS256", "RS256": "RS256"}
KEYS = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519"), "PS256": ("RSA", None), "RS256": ("RSA", None)}
SECRETS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
TEXT = "(?s:.+)"
UUID, WORD = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[A-Za-z0-9_-]"
CLIENT = f"(?!(?i:{UUID})$|[.]+$)[A-Za-z0-9._-]{{1,64}}"
COUNT, TIME, SECONDS = range(2**63), range(253402300800), range(1, 86401)
CLAIMS = {"iss": TEXT, "sub": TEXT, "jti": WORD + "{1,128}", "client_id": CLIENT, "exp": TIME, "iat": TIME}
SCOPE = r"[!#-\[\]-~]+( [!#-\[\]-~]+)*"
OPTIONAL = {"nbf": TIME, "auth_time": TIME, "sid": UUID, "scope": SCOPE, "amr": [], "roles": [], "status": {}}
DOCUMENT = {"iss": TEXT, "epoch": "[A-Za-z0-9._-]{1,64}", "after": COUNT, "seq": COUNT, "now": TIME, "entries": [],
            "next_update": SECONDS, "expires_in": SECONDS}
IDS = {"token": CLAIMS["jti"], "session": UUID, "user": UUID, "client": CLIENT, "key": WORD + "{42}[AEIMQUYcgkosw048]",
       "all": None}
# The members that make a thumbprint, in the order in which they are hashed.
NUMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
# The y of Ed25519 points of small order, under which one signature fits many messages.
SMALL_ORDER = {bytes.fromhex(y) for y in (
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}
# Escapes of NUL and of half a surrogate pair.
ESCAPES = rb"\\u(0000|[dD][89abAB]..(?!\\u[dD][c-fC-F]))|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"

Key = tuple[jwt.PyJWK, str]  # and the one algorithm that it is for


class Refusal(jwt.InvalidTokenError):
    """A token, or a document, that does not count: its fault, and asking again brings the same.

    `code` is stable and fit for a metric, `detail` is for a log. Neither holds the token."""

    def __init__(self, code: str, detail: str = ""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


def need(good: object, code: str, detail: str = "") -> None:
    """Refuses unless `good`."""
    if not good:
        raise Refusal(code, detail)


def differs(name: str, found: object, expected: object) -> str:
    """What was got and what was expected; bounded, since the one who made the token chose what was got."""
    text = "missing" if found is None else ascii(found)
    return f"{name} is {text if len(text) <= 200 else text[:200] + '...'}, expected {expected}"


def strict(raw: bytes, depth: int = 8, most: int = 8_000_000, most_containers: int = 1_100_000) -> Any:
    """JSON with every name once, so that no two readers see different things, and with bounds on what it grows to.

    What comes before the reader looks at good JSON, or at the part that the reader takes before it raises."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        need(len(found) == len(pairs), "malformed", "a name twice")
        return found
    plain = raw.replace(rb"\\", b"-")
    need(not re.search(ESCAPES, plain), "malformed", "NUL or half of a surrogate pair")
    plain = plain.replace(rb'\"', b"-")
    need(plain.count(b'"') <= 4 * most, "too_large", "too many strings")  # a value is at most two: with its name
    plain = re.sub(rb'"[^"]*"', b"", plain)
    containers = plain.count(b"{") + plain.count(b"[")
    need(containers <= most_containers, "too_large", f"{containers} objects and arrays")
    need(containers + plain.count(b",") < most, "too_large", f"more than {most} values")  # an empty list is two
    for _ in range(depth):
        plain = re.sub(rb"[\[{][^\[\]{}]*[\]}]", b"", plain)
    need(not re.search(rb"[\[{]", plain), "malformed", "nested too deeply, or cut off")
    return json.loads(raw.decode(), object_pairs_hook=once, parse_constant=int)


def check(found: dict[str, Any], forms: dict[str, Any]) -> None:
    """A text by its pattern, a whole number (True and 5.0 are none) by its range, a list or an object."""
    for name, form in forms.items():
        value, kind = found.get(name), {str: str, range: int, list: list, dict: dict}[type(form)]
        need(type(value) is kind, "malformed", name)
        need(kind is not int or value in form, "malformed", name)
        need(kind is not str or len(value.encode()) <= 2048 and re.fullmatch(form, value), "malformed", name)


def decode(text: str) -> bytes:
    """The bytes of canonical base64url: no padding, no white space, no spare bits."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(base64.urlsafe_b64encode(raw).decode().rstrip("=") == text, "malformed", "not base64url")
    return raw


def read_keys(jwks: dict[str, Any]) -> dict[str, Key]:
    """What `find` looks up: by kid the key and the one algorithm that it is for. Others' keys are passed over."""
    found = jwks["keys"]
    need(type(found) is list and len(found) <= 128 and all(type(key) is dict for key in found), "malformed", "keys")
    names = [key["kid"] for key in found if type(key.get("kid")) is str]
    need(len(set(names)) == len(names), "malformed", "a kid twice")
    need(not any(SECRETS & key.keys() for key in found), "malformed", "a private key")
    keys: dict[str, Key] = {}
    for key in found:
        need(type(key.get("kty")) is str and key["kty"] != "oct", "malformed", "kty")
        algorithm = ALGORITHMS.get(key["alg"], "") if type(key.get("alg")) is str else ""
        kind, curve = KEYS.get(algorithm, (None, None))
        if kind != key["kty"] or curve not in (None, key.get("crv")) or key.get("use", "sig") != "sig":
            continue
        operations = key.get("key_ops", ["verify"])
        if type(operations) is not list or set(map(type, operations)) != {str} or "verify" not in operations:
            continue
        checked = read_key(key, algorithm)
        if key.get("kid") == thumbprint(key):
            keys[key["kid"]] = checked, algorithm
    return keys


def read_key(key: dict[str, Any], algorithm: str) -> jwt.PyJWK:
    """One key, its numbers checked: the library takes base64 of any spelling, and RSA keys of any size."""
    numbers = {name: decode(key[name]) for name in NUMBERS[key["kty"]] if name not in ("crv", "kty")}
    if key["kty"] == "RSA":
        modulus, exponent = (int.from_bytes(numbers[name], "big") for name in "ne")
        need(all(number[0] for number in numbers.values()), "malformed", "a number with zeros in front")
        need(2048 <= modulus.bit_length() <= 8192 and modulus % 2, "malformed", "RSA key out of bounds")
        need(3 <= exponent < 2**32 and exponent % 2, "malformed", "RSA exponent out of bounds")
    else:
        need(all(len(number) == 32 for number in numbers.values()), "malformed", "a coordinate of other than 32 bytes")
    if key["kty"] == "OKP":
        y = int.from_bytes(numbers["x"], "little") % 2**255
        need(y < 2**255 - 19 and y.to_bytes(32, "little") not in SMALL_ORDER, "malformed", "no good point of the curve")
    return jwt.PyJWK({name: key[name] for name in NUMBERS[key["kty"]]}, algorithm)


def thumbprint(key: dict[str, Any]) -> str:
    """The RFC 7638 thumbprint of a public key with members of the right form."""
    members = json.dumps({name: key[name] for name in NUMBERS[key["kty"]]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).decode().rstrip("=")


def holds(key: jwt.PyJWK, signed: bytes, signature: bytes) -> bool:
    """Whether the signature is of its one length and right: the library takes PS256 without the zeros in front."""
    length = (key.key.key_size + 7) // 8 if key.key_type == "RSA" else 64
    return len(signature) == length and key.Algorithm.verify(signed, key.key, signature)


def check_lists(claims: dict[str, Any]) -> list[str]:
    """The forms that are no single text or number; returns `aud` as a list."""
    audiences = [claims["aud"]] if type(claims["aud"]) is str else claims["aud"]
    for texts in (audiences, claims.get("amr", []), claims.get("roles", [])):
        need(type(texts) is list and len(texts) <= 256, "malformed", "not a list, or a long one")
        need(all(type(text) is str for text in texts), "malformed", "a list of something else")
    need("" not in audiences, "malformed", "aud")
    scope = claims.get("scope", "")
    need(len(scope) <= 1024 and len(set(scope.split(" "))) <= 64, "malformed", "scope")
    if "status_list" in claims.get("status", {}):
        check(claims["status"], {"status_list": {}})
        check(claims["status"]["status_list"], {"idx": COUNT, "uri": TEXT})
    return audiences


def open_jws(token: str, find: Callable[[str], Optional[Key]], kind: str, most: int) -> tuple[dict[str, Any], str]:
    """Steps 1 to 4 of the rule: the payload and the kid of a JWS whose signature holds."""
    need(len(token) <= most, "malformed", f"{len(token)} characters, at most {most}")
    parts = token.split(".")
    need(len(parts) == 3, "malformed", f"{len(parts)} parts, expected 3")
    need(0 < len(parts[0]) <= 4096, "malformed", "a header of other than 1 to 4096 characters")
    head, payload, signature = map(decode, parts)
    header, (signed, _, _) = strict(head, 4), token.rpartition(".")
    typ, kid, name = (header.get(member) for member in ("typ", "kid", "alg"))
    need(type(typ) is str and re.fullmatch(f"(?ai:(application/)?{re.escape(kind)})", typ), "wrong_type",
         differs("typ", typ, f"{kind}: another kind of token"))
    need("crit" not in header and "b64" not in header, "malformed", "asks for what is not understood: crit or b64")
    found = find(kid) if type(kid) is str else None
    if found is None:
        raise Refusal("unknown_key", differs("kid", kid, "one of the issuer's key set"))
    key, algorithm = found
    need(type(name) is str and ALGORITHMS.get(name) == algorithm, "algorithm_not_allowed",
         differs("alg", name, algorithm))
    need(holds(key, signed.encode(), signature), "bad_signature")
    return strict(payload), kid


def read(token: str, find: Callable[[str], Optional[Key]], issuer: str, audience: str,
         now: float) -> tuple[dict[str, Any], str]:
    """The claims and the kid of a token that only the list could refuse."""
    claims, kid = open_jws(token, find, "at+jwt", 8192)
    check(claims, CLAIMS | {name: OPTIONAL[name] for name in OPTIONAL if name in claims})
    need(claims["sub"] == claims["client_id"] or re.fullmatch(UUID, claims["sub"]), "malformed",
         "sub is neither a user's id nor client_id")
    audiences = check_lists(claims)
    need(claims["iss"] == issuer, "wrong_issuer", differs("iss", claims["iss"], repr(issuer)))
    need(audience in audiences, "wrong_audience", differs("aud", audiences, repr(audience)))
    for claim, code in (("iat", "issued_in_future"), ("nbf", "not_yet_valid")):
        need(claims.get(claim, 0) <= now + LEEWAY, code, f"{claim} is {claims.get(claim)}, the clock shows {int(now)}")
    need(now < claims["exp"] + LEEWAY, "expired", f"exp is {claims['exp']}, the clock shows {int(now)}")
    need(0 < claims["exp"] - claims["iat"] <= 3600, "lifetime_out_of_bounds", "longer than any token lives")
    return claims, kid


def read_signed_list(jws: str, find: Callable[[str], Optional[Key]], known: RevocationList,
                     now: float) -> dict[str, Any]:
    """The document that a signed list holds, for `RevocationList.apply`. A key that `known` condemns signs nothing."""
    document, kid = open_jws(jws, find, "revocations+jwt", 134_217_728)
    need(("key", kid) not in known.marks, "revoked", "the list's signing key")
    check(document, {"iat": TIME, "exp": TIME})
    read_entries(document)
    need(now < document["exp"] + LEEWAY, "expired", "the signed list")
    need(document["iat"] <= now + LEEWAY, "issued_in_future", "the signed list")
    return document


def read_entries(doc: dict[str, Any]) -> list[tuple[tuple, int, int]]:
    """What the entries of a document revoke, every form checked: subject, last iat, end of the entry."""
    check(doc, DOCUMENT)
    need("columns" not in doc, "bad_member", "columns: a form that was not asked for")
    floor, marks, count = doc["after"], [], len(doc["entries"])
    need(floor <= doc["seq"], "bad_order", "after is beyond seq")
    need(count <= 1_000_000, "too_large", f"{count} entries")
    for entry in doc["entries"]:
        kind = entry.get("kind")
        need(type(kind) is str and kind in IDS, "malformed", "kind")
        dated = kind in ("user", "client", "all")
        form, times = IDS[kind], {"exp": TIME, "iat_before": TIME} if dated else {"exp": TIME}
        check(entry, times | {"seq": range(floor + 1, doc["seq"] + 1)} | ({"id": form} if form else {}))
        need((form or "id" not in entry) and (dated or "iat_before" not in entry), "bad_entry")
        marks.append(((kind, entry.get("id")), entry.get("iat_before", 2**63), entry["exp"]))
        floor = entry["seq"]
    return marks


class RevocationList:
    """What is known of the issuer's revocation list, and what to ask for next."""

    def __init__(self, issuer: str):
        self.issuer = issuer
        self.query: dict[str, Any] = {}  # what to ask for next; nothing means everything
        self.marks: dict[tuple, tuple[int, int]] = {}  # (kind, id): the last iat that is revoked, when that may go
        self.pruned: float = 0
        self.last: Optional[tuple] = None  # epoch, seq, now, expires_in, offset between the clocks

    def apply(self, doc: dict[str, Any], now: float) -> None:
        """Takes a document in; changes nothing when it raises, but for what to ask next."""
        marks = read_entries(doc)
        epoch, seq, then, life, offset = self.last or (None, 0, 0, 0, SKEW)
        reach = seq if doc["epoch"] == epoch else 0
        need(len(self.marks) + len(marks) <= 2_000_000, "too_large", f"{len(marks)} entries more")
        need(doc["iss"] == self.issuer, "wrong_issuer", differs("the list's iss", doc["iss"], repr(self.issuer)))
        need(doc["now"] <= now + SKEW, "from_the_future", f"now is {doc['now']}, the clock shows {int(now)}")
        need(doc["now"] >= then - SKEW, "outdated", f"now is {doc['now']}, an earlier document had {then}")
        need(doc["seq"] >= reach, "went_backwards", f"seq is {doc['seq']}, an earlier document had {reach}")
        if doc["after"] > reach:
            self.query = {}
            need(False, "gap", f"after is {doc['after']}, known is {reach}")
        for subject, before, exp in marks:  # a document adds, it never removes
            old = self.marks.get(subject, (0, 0))
            self.marks[subject] = max(before, old[0]), max(exp, old[1])
        life = min(life, doc["expires_in"]) if doc["now"] < then else doc["expires_in"]  # an old copy lengthens nothing
        self.last = doc["epoch"], doc["seq"], max(then, doc["now"]), life, min(offset, now - doc["now"])
        self.query = {"after": doc["seq"], "epoch": doc["epoch"]}

    def prune(self, now: float, every: float = 60) -> None:
        """Drops what is over by both clocks: a walk through everything, so not at each poll."""
        past = min(now, self.last[2] if self.last else 0) - SKEW
        if past < self.pruned + every:
            return
        self.pruned = past
        self.marks = {subject: mark for subject, mark in self.marks.items() if mark[1] > past}

    def freshness(self, now: float) -> str:
        """fresh, stale, or blind when nothing was ever accepted."""
        if self.last is None:
            return "blind"
        _, _, then, expires_in, offset = self.last
        return "fresh" if -SKEW <= now - then - offset < expires_in else "stale"

    def match(self, claims: dict[str, Any], kid: str) -> Optional[str]:
        """The kind of an entry that revokes the token, or None."""
        subjects = [("token", claims["jti"]), ("session", claims.get("sid")), ("user", claims["sub"]),
                    ("client", claims["client_id"]), ("key", kid), ("all", None)]
        hits = (s[0] for s in subjects if claims["iat"] <= self.marks.get(s, (-1, 0))[0])
        return next(hits, None)


class Pace:
    """When the list is asked for next, and whether the server is asked to hold the request; no I/O, no clock.

    A wait is a favour that a busy server or a proxy may refuse while it answers polls without `wait`. These keep the
    list fresh then, and a wait is tried again later: after one poll, then after as many as take next_update, twice
    that, four times, at most a minute. Only a poll without `wait` that fails is followed by ever longer pauses."""

    def __init__(self) -> None:
        self.refusals = self.failures = 0
        self.polling: float = 0  # how much longer polls go without `wait`
        self.plain = True  # whether the next one does
        self.next_update, self.expires_in = 5, 60
        self.least: float = 0  # what a server asked for, which no random part shortens
        self.epoch: Optional[str] = None  # of the last good answer
        self.other_epoch = False  # whether the one before had another

    def wait(self) -> int:
        """For how long to ask to be held; half of the time that the list stays fresh is left for another attempt."""
        return 0 if self.plain else max(1, min(30, self.expires_in // 2))

    def limit(self) -> float:
        """How long the answer may take, so that another attempt fits in before the list is stale."""
        return self.wait() + min(10, max(self.expires_in / 4, 0.25)) if self.wait() else 30

    def is_news(self, epoch: str, seq: int, known: int) -> bool:
        """Whether a good answer is worth another wait at once: epochs that come and go are none of our server's."""
        other = self.epoch not in (None, epoch)
        news = not self.other_epoch if other else seq > known
        self.epoch, self.other_epoch = epoch, other
        return news

    def answered(self, wait: int, elapsed: float, news: bool, next_update: int, expires_in: int) -> float:
        """Takes a good answer in and returns how long to pause, before a random part is taken off."""
        self.failures, self.next_update, self.expires_in, self.least = 0, next_update, expires_in, 0
        if not wait:
            self.plain = self.polling > 0
            return self.rest() if self.plain else 0
        if news or elapsed >= wait * 0.9:
            self.refusals = 0
            return 0
        self.refuse()
        return self.rest()

    def failed(self, wait: int, elapsed: float = 0, timed_out: bool = False, gap: bool = False,
               retry_after: float = 0) -> float:
        """Takes a failure in and returns how long to pause. `gap`: one in answer to a request with `after`."""
        self.least = 0
        if gap:  # everything is asked for at once; that again after a pause, or the next wait after some polls
            if wait:
                self.refuse()
            self.plain = True
            return 0
        if wait:
            if elapsed >= self.next_update and not timed_out:  # held for a while and then cut: still the quicker way
                self.refusals = 0
            self.refuse()
            self.polling = max(self.polling, min(retry_after, 60))
            return min(0.5, self.expires_in / 8)
        self.plain = True
        self.failures = min(self.failures + 1, 16)
        self.least = min(retry_after, 30)
        return max(min(2.0 ** (self.failures - 1), 30, max(self.expires_in / 3, 1)), self.least)

    def refuse(self) -> None:
        """A poll without `wait` comes next."""
        self.plain, self.refusals = True, min(self.refusals + 1, 16)
        self.polling = 0 if self.refusals == 1 else min(self.next_update * 2 ** (self.refusals - 2), 60)

    def rest(self) -> float:
        """Until the next poll without `wait`."""
        rhythm = min(self.next_update, self.expires_in / 3)
        self.polling -= rhythm
        return rhythm
