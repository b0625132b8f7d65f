"""Accepts Latchkey tokens offline. This file fetches; rule.py beside it decides.

    verifier = Verifier("https://auth.example.com", audience="https://orders.example", consumer="orders")
    try:
        claims = verifier.verify(token)
    except jwt.InvalidTokenError as error:   # the token's fault: 401; error.code and str(error) say why
        ...
    except Unavailable as error:             # nobody can say at the moment: 503 with Retry-After: error.retry_after
        ...
"""
from __future__ import annotations

import enum
import http.client
import logging
import random
import re
import socket
import ssl
import threading
import time
import urllib.parse
from typing import Any, Callable, Optional

from .rule import Key, Pace, Refusal, RevocationList, need, read, read_keys, read_signed_list, strict

log = logging.getLogger("latchkey_verifier")


class Unavailable(Exception):
    """The token may be good, but nobody can say that it was not revoked: not the caller's fault, and it passes.

    A service answers 503 with `Retry-After`, never 401, at which every application would sign its user out."""

    def __init__(self, code: str, detail: str = "", retry_after: int = 5):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail, self.retry_after = code, detail, retry_after


class Policy(enum.Enum):
    """What becomes of a good token while the list is too old. One that it revokes as far as known is never accepted."""

    FAIL_CLOSED = "fail closed"  # Unavailable: "revoked" means refused everywhere after `expires_in` at the latest
    ALLOW_WHEN_STALE = "allow when stale"  # accepted: a revocation during an outage is missed until the token expires


class FetchFailure(Exception):
    """Why there is no answer to look at."""

    def __init__(self, reason: str, timed_out: bool = False, retry_after: float = 0):
        super().__init__(reason)
        self.timed_out, self.retry_after = timed_out, retry_after


class Verifier:
    """Judges the access tokens of one issuer, with keys and revocation list that a thread keeps current.

    Make one in each process, after forking. Any thread may call it."""

    def __init__(self, issuer: str, audience: str, consumer: str = "python", clock: Callable[[], float] = time.time,
                 server: Optional[str] = None, ca: Optional[str] = None, policy: Policy = Policy.FAIL_CLOSED,
                 signed_list: bool = False):
        """Fetches keys and list once.

        - issuer: exactly as tokens name it in `iss`.
        - audience: the name under which tokens are issued for this service.
        - consumer: shown by `latchkey consumers`; 1 to 64 visible characters of ASCII.
        - server: where the issuer is reached, when that is not where its name points: inside a cluster, say.
        - ca: a PEM file with the authorities to trust, instead of SSL_CERT_FILE from the environment or the system's.
        - policy: unless a call says otherwise.
        - signed_list: whether to ask for the signed form of the list and believe no other: for lists that come through
          a mirror.

        Raises Unavailable when the server cannot be reached or is another issuer, ValueError for a name, address or
        policy that can never work, and OSError for a bad `ca`."""
        if not re.fullmatch("[!-~]{1,64}", consumer):
            raise ValueError("consumer must be 1 to 64 visible ASCII characters without spaces")
        for name, address in (("issuer", issuer), ("server", server or issuer)):
            url = urllib.parse.urlsplit(address)
            if url.scheme not in ("http", "https") or not url.netloc:
                raise ValueError(f"{name} must be a URL: http:// or https:// is missing in {address!r}")
            if "@" in url.netloc or "?" in address or "#" in address:
                raise ValueError(f"{name} must be a URL of host and path alone, without user, ? and #")
        self.issuer, self.audience, self.clock, self.policy = issuer, audience, clock, known(policy)
        self.server, self.consumer, self.signed_list = (server or issuer).rstrip("/"), consumer, signed_list
        self.trust = ssl.create_default_context(cafile=ca)
        self.list, self.pace, self.lock = RevocationList(issuer), Pace(), threading.Lock()
        self.keys: dict[str, Key] = {}
        self.fetched: float = -60
        self.closed = threading.Event()
        self.sockets: set[socket.socket] = set()  # of the requests that are under way
        try:
            self.fetch_keys()
            need(self.keys, "no_keys", f"{self.server} publishes none")
            self.poll()
        except Exception as error:
            raise Unavailable("list_blind", printable(error)) from error
        threading.Thread(target=self.follow, daemon=True).start()

    def close(self) -> None:
        """Ends the polling. Tokens are judged by what is known until the list is stale."""
        self.closed.set()
        for sock in list(self.sockets):
            self.cut(sock)

    @property
    def status(self) -> dict[str, Any]:
        """How old the list is and what is held, for a service's own readiness endpoint."""
        return {"freshness": self.list.freshness(self.clock()), "sequence": self.list.last[1] if self.list.last else 0,
                "entries": len(self.list.marks), "keys": len(self.keys)}

    def verify(self, token: str, policy: Optional[Policy] = None) -> dict[str, Any]:
        """The claims. Raises Refusal, a jwt.InvalidTokenError, when the token is bad, and Unavailable when only the
        list is too old to say that it is good, or no key is left."""
        policy = known(policy or self.policy)
        try:
            return self.with_keys(lambda: self.judge(token, policy))
        except Refusal as error:
            if error.code == "unknown_key" and not self.keys:
                raise Unavailable("no_keys", "the issuer has withdrawn all its keys") from error
            raise

    def judge(self, token: str, policy: Policy) -> dict[str, Any]:
        """The claims, by the keys that are there."""
        now = self.clock()
        freshness = self.list.freshness(now)  # first: what makes it fresh is in the match then
        try:
            claims, kid = read(token, self.keys.get, self.issuer, self.audience, now)
            kind = self.list.match(claims, kid)
        except Refusal:
            raise
        except Exception as error:  # of decoders: whatever it is, this is no token
            raise Refusal("malformed", type(error).__name__) from error
        need(kind is None, "revoked", f"by an entry of kind {kind}")
        if freshness == "blind":
            raise Unavailable("list_blind", "no revocation list was ever loaded")
        if freshness != "fresh" and policy is not Policy.ALLOW_WHEN_STALE:
            raise Unavailable("list_stale", "the revocation list is too old")
        return claims

    def with_keys(self, judge: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `judge` says. When it misses a key, it is asked again after a fetch, which may have taken seconds."""
        try:
            return judge()
        except Refusal as error:
            if error.code != "unknown_key":
                raise
        self.renew_keys(30)
        return judge()

    def renew_keys(self, age: float = 0) -> None:
        """Fetches the keys, and keeps those known when that fails."""
        try:
            self.fetch_keys(age)
        except Exception as error:
            if not self.closed.is_set():
                log.warning("Latchkey's keys: %s; the known ones are kept", error)

    def fetch_keys(self, age: float = 0) -> None:
        """Replaces the keys, by none where there are none any more, or raises and keeps them.

        Fetches come one after the other. None follows one that began within the last `age` seconds."""
        with self.lock:
            if time.monotonic() - self.fetched >= age:
                self.fetched = time.monotonic()
                self.keys = read_keys(self.parse(self.get("/.well-known/jwks.json", 5, 262_144)))

    def poll(self) -> float:
        """Asks for the list once and returns how long to pause. Raises when the poll failed and the list grows old."""
        before, began, wait = self.list.last, time.monotonic(), self.pace.wait()
        query = self.list.query | {"consumer": self.consumer} | ({"wait": wait} if wait else {})
        try:
            document = self.fetch_list(urllib.parse.urlencode(query), self.pace.limit())
            self.list.apply(document, self.clock())
        except Exception as error:
            elapsed = time.monotonic() - began
            gap = isinstance(error, Refusal) and error.code == "gap" and "after" in query
            pause = self.pace.failed(wait, elapsed, getattr(error, "timed_out", False), gap,
                                     getattr(error, "retry_after", 0))
            if wait:  # refused, and no failure yet: a poll without `wait` comes next
                log.debug("Latchkey holds no request: %s", error)
                return pause
            raise PollFailure(printable(error), pause) from error
        news = self.pace.is_news(document["epoch"], document["seq"], before[1] if before else 0)
        pause = self.pace.answered(wait, time.monotonic() - began, news, document["next_update"],
                                   document["expires_in"])
        if any(entry["kind"] == "key" for entry in document["entries"]):
            self.renew_keys()  # a key was withdrawn, so there is a new one
        return pause

    def fetch_list(self, query: str, seconds: float) -> dict[str, Any]:
        """A document of the list, in the form that was chosen."""
        if not self.signed_list:
            return self.parse(self.get("/revocations?" + query, seconds))
        body = self.get("/revocations.jwt?" + query, seconds, 134_217_728, "application/jwt")
        jws = body.decode("ascii")
        return self.with_keys(lambda: read_signed_list(jws, self.keys.get, self.list, self.clock()))

    def follow(self) -> None:
        """Polls until it is closed."""
        pause: float = 0
        while not self.closed.wait(max(0.05, self.pace.least, pause * random.uniform(0.5, 1))):
            try:
                pause = self.poll()
                self.list.prune(self.clock())
            except Exception as error:
                pause = getattr(error, "pause", 1)
                if not self.closed.is_set():
                    log.warning("Latchkey's list: %s; trying again within %d s", error, pause + 1)
            # Whatever became of the list: a key that is withdrawn must go.
            if not self.closed.is_set() and time.monotonic() - self.fetched >= 300:
                self.renew_keys()

    def get(self, path: str, seconds: float, most: int = 67_108_864, accept: str = "application/json") -> bytes:
        """The body at `path`: bounded in size and time, even when a proxy drips. Follows no redirect.

        Raises FetchFailure or Refusal."""
        deadline, ended, url = time.monotonic() + seconds, threading.Event(), urllib.parse.urlsplit(self.server)
        connection = (http.client.HTTPSConnection(url.netloc, context=self.trust) if url.scheme == "https"
                      else http.client.HTTPConnection(url.netloc))
        try:
            sock = connection.sock = self.connect(connection, deadline)
            alarm = threading.Timer(deadline - time.monotonic(), self.cut, [sock, ended])
            try:
                alarm.start()
                if isinstance(sock, ssl.SSLSocket):
                    sock.do_handshake()
                connection.request("GET", url.path + path, headers={"Accept": accept, "Cache-Control": "no-cache"})
                answer = connection.getresponse()
                body, whole = read_body(answer, most)
            finally:
                alarm.cancel()
                self.sockets.discard(sock)
        except (OSError, http.client.HTTPException) as error:
            timed_out = ended.is_set() or isinstance(error, TimeoutError)
            raise FetchFailure(self.trouble(error, timed_out, seconds), timed_out) from error
        finally:
            connection.close()
        if answer.status != 200:
            asked = answer.headers.get("Retry-After", "")
            patience = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
            raise FetchFailure(f"{self.server} answered with status {answer.status}{self.detail(answer.status, body)}",
                               retry_after=patience)
        need(len(body) <= most, "too_large", f"more than {most} bytes")
        if not whole or ended.is_set() or self.closed.is_set():
            error = EOFError("the verifier was closed" if self.closed.is_set() else "the answer is cut off")
            raise FetchFailure(self.trouble(error, ended.is_set(), seconds), ended.is_set())
        return body

    def connect(self, connection: http.client.HTTPConnection, deadline: float) -> socket.socket:
        """Tries one address after the other, each for its share of the time that is left.

        What a name takes to be found is up to the system's resolver."""
        addresses = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
        for left in range(len(addresses), 0, -1):
            try:
                return self.connect_to(addresses[-left], connection, deadline, left)
            except OSError:
                if left == 1 or self.closed.is_set():
                    raise
        raise OSError("the name has no address")

    def connect_to(self, found: tuple, connection: http.client.HTTPConnection, deadline: float,
                   left: int) -> socket.socket:
        """A socket that `close` can cut from its beginning. The handshake is left to the caller."""
        family, kind, protocol, _, address = found
        sock = socket.socket(family, kind, protocol)
        if isinstance(connection, http.client.HTTPSConnection):
            sock = self.trust.wrap_socket(sock, server_hostname=connection.host, do_handshake_on_connect=False)
        self.sockets.add(sock)
        try:
            if self.closed.is_set():
                raise OSError("the verifier was closed")
            sock.settimeout(max((deadline - time.monotonic()) / left, 0.001))
            sock.connect(address)
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            return sock
        except BaseException:
            self.sockets.discard(sock)
            sock.close()
            raise

    def parse(self, body: bytes) -> Any:
        """The JSON of an answer."""
        try:
            return strict(body)
        except (ValueError, Refusal) as error:
            raise FetchFailure(f"{self.server} answered with no JSON ({error}): is it a Latchkey server?") from error

    @staticmethod
    def detail(status: int, body: bytes) -> str:
        """What the server says is wrong with the request (RFC 9457), made fit for a line of a log."""
        try:
            said = strict(body[:4096])["detail"] if 400 <= status < 500 else ""
            return ": " + printable(said) if said else ""
        except Exception:  # from a proxy, say
            return ""

    @staticmethod
    def cut(sock: socket.socket, ended: Optional[threading.Event] = None) -> None:
        """Ends whatever waits for the other side."""
        if ended:
            ended.set()
        try:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # that of a TLS socket would have it read on without TLS
        except OSError:
            pass  # it has gone by itself

    def trouble(self, error: Exception, timed_out: bool, seconds: float) -> str:
        """What is wrong, in a sentence for the log."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return (f"{self.server} shows a certificate that is not trusted ({error.verify_message}): "
                    "name your own authority with ca= or SSL_CERT_FILE")
        if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
            return f"{self.server} does not speak TLS: use a URL that begins with http://"
        if isinstance(error, socket.gaierror):
            return f"the name in {self.server} is not known ({error.strerror})"
        if timed_out:
            return f"no answer from {self.server} within {seconds:g} s"
        return f"no answer from {self.server} ({printable(error)})"


def read_body(answer: http.client.HTTPResponse, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes and one, and whether no more were promised. Refuses what others could read in another way.

    The library reads chunks itself, but takes a size of -1 for all that comes, and two lengths for the first one."""
    lengths, codings = (answer.headers.get_all(name, []) for name in ("Content-Length", "Transfer-Encoding"))
    if len(lengths) + len(codings) > 1 or not all(re.fullmatch("[0-9]{1,18}", text.strip(" \t")) for text in lengths):
        raise http.client.HTTPException("no single length of the answer")
    if not answer.chunked:
        body = answer.read(most + 1)
        return body, answer.length in (None, 0) or len(body) > most
    body, stream = bytearray(), answer.fp
    for _ in range(most // 64):
        line = re.fullmatch(rb"([0-9A-Fa-f]{1,8})[ \t]*(;.*)?\r?\n", stream.readline(256))
        if not line:
            raise http.client.HTTPException("a bad size of a chunk")
        size = int(line[1], 16)
        if not size:  # what may follow, trailers, means nothing here
            return bytes(body), True
        body += stream.read(min(size, most + 1 - len(body)))
        if len(body) > most or stream.readline(2) not in (b"\r\n", b"\n"):
            return bytes(body), len(body) > most
    raise http.client.HTTPException("too many chunks")


def printable(said: object) -> str:
    """What may come from the other side, made fit for a line of a log."""
    return re.sub("[^ -~]", "?", str(said)[:300])


def known(policy: Policy) -> Policy:
    """An unknown policy must not mean the laxer one."""
    if not isinstance(policy, Policy):
        raise ValueError("policy must be one of Policy")
    return policy


class PollFailure(Exception):
    """A poll that failed, and how long to pause now."""

    def __init__(self, reason: str, pause: float):
        super().__init__(reason)
        self.pause = pause
