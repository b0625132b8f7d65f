"""Accepts Latchkey access tokens offline: signature by JWKS, then the revocation list. Needs pip install 'pyjwt[crypto]'."""
import json, logging, random, threading, time, urllib.request
import jwt

SKEW = 120  # seconds that clocks may differ; Latchkey keeps its entries that much longer


class Verifier:
    """issuer: exactly as in the tokens (iss), for the URL must equal it. consumer: how `latchkey consumers` names you."""

    def __init__(self, issuer, audience, consumer=""):
        self.issuer, self.audience, self.consumer = issuer, audience, consumer
        self.jwks = jwt.PyJWKClient(issuer + "/.well-known/jwks.json")
        self.entries, self.epoch, self.seq, self.now, self.life, self.offset = {}, None, 0, 0, 0, SKEW
        self.poll()  # raises when the server cannot be reached or is another issuer
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):  # long-poll without end; back off after a failure
        pause = 0
        while True:
            try:
                pause = self.poll(wait=30)
            except Exception as error:
                pause = min(max(pause, 1) * 2, 30)
                logging.warning("revocation list: %s; trying again in %d s", error, pause)
            time.sleep(pause * random.uniform(0.5, 1))

    def poll(self, wait=0, all=False):  # returns how long to sleep before the next one
        began, delta = time.time(), self.epoch and not all
        query = f"&after={self.seq}&epoch={self.epoch}&wait={wait}" if delta else ""
        query = (f"&consumer={self.consumer}" if self.consumer else "") + query
        with urllib.request.urlopen(f"{self.issuer}/revocations?{query[1:]}", timeout=wait + 10) as answer:
            doc, clock = json.load(answer), time.time()
        if doc["iss"] != self.issuer or not self.now - SKEW <= doc["now"] <= clock + SKEW:
            raise ValueError(f"issuer {doc['iss']} at {doc['now']}: another issuer, an old list, or one from the future")
        if doc["epoch"] == self.epoch and doc["seq"] < self.seq:
            raise ValueError("the list went backwards")
        if doc["after"] > (self.seq if doc["epoch"] == self.epoch else 0):
            return self.poll(all=True)  # a gap
        for e in doc["entries"]:  # a document adds and never removes: entries leave when they expire
            old = self.entries.get((e["kind"], e.get("id")), {"exp": 0, "iat_before": 0})
            self.entries[e["kind"], e.get("id")] = {k: max(old[k], e.get(k, 0)) for k in old}
        self.entries = {k: e for k, e in self.entries.items() if e["exp"] > clock - SKEW}
        self.epoch, self.seq, self.now, self.life = doc["epoch"], doc["seq"], doc["now"], doc["expires_in"]
        self.offset = max(-SKEW, min(self.offset, clock - doc["now"]))
        early = delta and not doc["entries"] and clock - began < wait  # nothing new, and not held: the server is busy
        return doc["next_update"] if early else 0

    def verify(self, token):
        if time.time() - self.now - self.offset >= self.life:
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
