"""Accepts Latchkey access tokens offline: signature by JWKS, then the revocation list. Needs pip install 'pyjwt[crypto]'."""
import json, random, threading, time, urllib.request
import jwt

SKEW = 120  # seconds that clocks may differ; Latchkey keeps its entries that much longer


class Verifier:
    def __init__(self, issuer, audience):
        self.issuer, self.audience, self.jwks = issuer, audience, jwt.PyJWKClient(issuer + "/.well-known/jwks.json")
        self.entries, self.epoch, self.seq, self.now, self.life, self.offset = {}, None, 0, 0, 0, SKEW
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):  # long-poll without end; back off after a failure
        pause = 0
        while True:
            try:
                pause = self.poll(wait=30)
            except Exception:
                pause = min(max(pause, 1) * 2, 30)
            time.sleep(pause * random.uniform(0.5, 1))

    def poll(self, wait=0):  # returns how long to sleep before the next one
        began, delta = time.time(), f"?after={self.seq}&epoch={self.epoch}&wait={wait}" if self.epoch else ""
        with urllib.request.urlopen(self.issuer + "/revocations" + delta, timeout=wait + 10) as answer:
            doc, clock = json.load(answer), time.time()
        if doc["iss"] != self.issuer or not self.now - SKEW <= doc["now"] <= clock + SKEW:
            raise ValueError("a list of another issuer, an old one, or one from the future")
        if doc["epoch"] == self.epoch and doc["seq"] < self.seq:
            raise ValueError("the list went backwards")
        if doc["after"] > (self.seq if doc["epoch"] == self.epoch else 0):
            self.epoch = None  # a gap: the next poll asks for everything
            return 0
        for e in doc["entries"]:  # a document adds and never removes: entries leave when they expire
            old = self.entries.get((e["kind"], e.get("id")), {"exp": 0, "iat_before": 0})
            self.entries[e["kind"], e.get("id")] = {k: max(old[k], e.get(k, 0)) for k in old}
        self.entries = {k: e for k, e in self.entries.items() if e["exp"] > clock - SKEW}
        self.epoch, self.seq, self.now, self.life = doc["epoch"], doc["seq"], doc["now"], doc["expires_in"]
        self.offset = max(-SKEW, min(self.offset, clock - doc["now"]))
        early = delta and not doc["entries"] and clock - began < wait  # nothing new, and not held: the server is busy
        return doc["next_update"] if early else 0

    def verify(self, token):
        if not self.epoch or time.time() - self.now - self.offset >= self.life:
            raise jwt.InvalidTokenError("the revocation list is stale")  # fail closed
        key = self.jwks.get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key, algorithms=["ES256", "EdDSA", "PS256", "RS256"], issuer=self.issuer,
                            audience=self.audience, options={"require": ["exp", "iat", "jti", "sub", "client_id"]})
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        rules = [("token", claims["jti"]), ("session", claims.get("sid")), ("user", claims["sub"]),
                 ("client", claims["client_id"]), ("key", key.key_id), ("all", None)]
        for kind, id in rules:
            entry = self.entries.get((kind, id))
            if entry and (kind not in ("user", "client", "all") or claims["iat"] <= entry["iat_before"]):
                raise jwt.InvalidTokenError("revoked")
        return claims
