"""Accepts Latchkey tokens offline, with pip's pyjwt[crypto]. This file fetches; latchkey_rule.py beside it decides."""
import http.client, logging, random, socket, threading, time, urllib.parse, jwt
from latchkey_rule import RevocationList, need, read, read_keys, strict
class Verifier:
    def __init__(self, issuer, audience, consumer="python", clock=time.time):  # issuer exactly as in the tokens' iss
        self.issuer, self.audience, self.clock, self.name = issuer, audience, clock, {"consumer": consumer}
        self.list, self.lock, self.keys, self.fetched = RevocationList(issuer), threading.Lock(), {}, 0
        self.fetch_keys()
        self.poll(0)  # raises, as does the line above, when the server cannot be reached or is another issuer
        threading.Thread(target=self.follow, daemon=True).start()

    def verify(self, token):  # the claims; raises jwt.InvalidTokenError
        try:
            need(self.list.freshness(self.clock()) == "fresh", "the revocation list is stale")  # fail closed
            claims, kid = read(token, self.find, self.issuer, self.audience, self.clock())
            need(self.list.match(claims, kid) is None, "revoked")
            return claims
        except Exception as error:
            raise jwt.InvalidTokenError(str(error)) from error

    def find(self, kid):
        if kid not in self.keys:
            with self.lock:  # one fetch for all who wait, then none for half a minute, however many kids are made up
                if kid not in self.keys and time.monotonic() - self.fetched >= 30:
                    self.fetch_keys()
        return self.keys.get(kid)

    def fetch_keys(self):
        self.fetched = time.monotonic()
        self.keys = read_keys(self.get("/.well-known/jwks.json", 5, 262_144))

    def poll(self, wait):  # how long to sleep before the next one: a busy server does not hold what brings no news
        before, began, query = self.list.last, time.monotonic(), self.list.query | self.name | {"wait": wait}
        document = self.get("/revocations?" + urllib.parse.urlencode(query), wait + 10)
        self.list.apply(document, self.clock())
        if any(entry["kind"] == "key" for entry in document["entries"]):
            self.fetch_keys()  # a key was withdrawn, so there is a new one
        idle = before is not None and before[:2] == self.list.last[:2] and time.monotonic() - began < wait
        return document["next_update"] if idle else 0

    def follow(self):  # long-polls without end; backs off after a failure
        pause = 0
        while True:
            time.sleep(max(0.05, pause * random.uniform(0.5, 1)))
            try:
                pause = self.poll(max(1, min(30, self.list.last[3] // 2)))  # else it would be stale while it waits
                self.list.prune(self.clock())
                if time.monotonic() - self.fetched >= 300:
                    self.fetch_keys()
            except Exception as error:
                pause = min(max(2 * pause, 1), 30)
                logging.warning("Latchkey's list or keys: %s; trying again within %d s", error, pause)

    def get(self, path, seconds, most=67_108_864):  # bounded, even when a proxy drips
        url = urllib.parse.urlsplit(self.issuer)
        scheme = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = scheme(url.netloc, timeout=seconds)
        connection.connect()
        alarm = threading.Timer(seconds, connection.sock.shutdown, [socket.SHUT_RDWR])
        alarm.start()
        try:
            connection.request("GET", url.path + path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            body = answer.read(most + 1)
            need(answer.status == 200 and len(body) <= most, f"status {answer.status}, {len(body)} bytes or more")
            return strict(body)
        finally:
            alarm.cancel()
            connection.close()
