"""The main job, end to end, against a real server: run by Scripts/demo."""
import json, pathlib, socket, subprocess, sys, tempfile, time, urllib.error, urllib.parse, urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent / "verifiers" / "python"))
from latchkey_verifier import Refusal, Verifier

latchkey, orders_service, password = sys.argv[1], sys.argv[2], "correct otters paint fences"
failures = 0
swift = None


def step(text):
    print(f"\n== {text}")


def check(text, condition):
    global failures
    failures += not condition
    print(f"   {'ok  ' if condition else 'FAIL'} {text}")


def call(path, form=None, body=None, bearer=None):
    data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(base + path, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def command(*words, stdin=None):
    run = subprocess.run([latchkey, *words, "--data-dir", folder], input=stdin, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    return run.stdout


def refusal(verifier, token):
    try:
        verifier.verify(token)
    except Refusal as error:
        return error.code


def swift_service(token):
    """What the orders service in Swift answers: a status, and why."""
    request = urllib.request.Request(orders + "/orders", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("WWW-Authenticate", "")


def seconds_until_refused(verifier, token):
    began = time.monotonic()
    while time.monotonic() - began < 5:
        if refusal(verifier, token) == "revoked" and "revoked" in swift_service(token)[1]:
            break
        time.sleep(0.002)
    return time.monotonic() - began


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


port, orders_port = free_port(), free_port()
base, orders = f"http://localhost:{port}", f"http://127.0.0.1:{orders_port}"

with tempfile.TemporaryDirectory() as folder:
    step("A user and a client, made by the command line before any server runs")
    command("user", "add", "ada", "--password-stdin", stdin=password + "\n")
    command("client", "add", "app", "--public", "--first-party", "--audience", "https://orders.example",
            "--scope", "openid profile orders:read latchkey:account")
    print(command("user", "list").rstrip())

    with open(folder + "/server.log", "w") as log:
        server = subprocess.Popen(
            [latchkey, "serve", "--data-dir", folder, "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        for _ in range(200):
            try:
                call("/healthz")
                break
            except OSError:
                time.sleep(0.05)

        step("Log in with a password (Argon2id) and get a short JWT and a refresh token")
        status, first = call("/api/v1/login", body={"username": "ada", "password": password, "client_id": "app"})
        check(f"status {status}, expires_in {first.get('expires_in')}, refresh token {first['refresh_token'][:8]}…",
              status == 200)
        wrong = call("/api/v1/login", body={"username": "ada", "password": "not this one at all", "client_id": "app"})
        unknown = call("/api/v1/login", body={"username": "nobody", "password": "not this one at all", "client_id": "app"})
        check("a wrong password and an unknown user get the same answer", wrong == unknown and wrong[0] == 401)

        step("Verify it with PyJWT: signature by JWKS, and the revocation list that this service polls")
        service = Verifier(base, "https://orders.example", consumer="orders-python")
        claims = service.verify(first["access_token"])
        check(f"sub {claims['sub']}, aud {claims['aud']}, scope '{claims['scope']}'", claims["client_id"] == "app")
        forged = first["access_token"][:-2] + ("AA" if first["access_token"][-2:] != "AA" else "BA")
        check(f"a changed token is refused: {refusal(service, forged)}", refusal(service, forged) is not None)

        step("The same in Swift: a service of 160 lines with LatchkeyVerifier and a middleware")
        with open(folder + "/orders.log", "w") as log:
            swift = subprocess.Popen([orders_service, "--issuer", base, "--audience", "https://orders.example", "--port",
                                      str(orders_port), "--consumer", "orders-swift"], stdout=log, stderr=log)
        for _ in range(200):
            try:
                urllib.request.urlopen(orders + "/healthz", timeout=2)
                break
            except OSError:
                time.sleep(0.05)
        check("GET /orders with the token: status 200", swift_service(first["access_token"])[0] == 200)
        check(f"with a changed one: status 401, {swift_service(forged)[1]}", swift_service(forged)[0] == 401)

        step("Refresh: each use rotates the token")
        grant = {"grant_type": "refresh_token", "client_id": "app"}
        status, second = call("/oauth2/token", form=grant | {"refresh_token": first["refresh_token"]})
        check(f"status {status}, another refresh token", second.get("refresh_token") not in (None, first["refresh_token"]))
        status, third = call("/oauth2/token", form=grant | {"refresh_token": second["refresh_token"]})
        check(f"status {status}, and another", third.get("refresh_token") not in (None, second["refresh_token"]))

        step("Replay: somebody uses the first token again, two generations late")
        status, replay = call("/oauth2/token", form=grant | {"refresh_token": first["refresh_token"]})
        check(f"status {status}: {replay.get('error_description')}", replay.get("latchkey_reason") == "replayed")
        status, dead = call("/oauth2/token", form=grant | {"refresh_token": third["refresh_token"]})
        check(f"the newest token is dead too: {dead.get('latchkey_reason')}", dead.get("latchkey_reason") == "revoked")
        waited = seconds_until_refused(service, third["access_token"])
        check(f"both services refuse its JWT, which had not expired, {waited * 1000:.0f} ms later", waited < 5)
        print("   " + command("session", "explain", third["sid"]).strip().splitlines()[0])

        step("Revocation: an administrator ends everything of a user")
        status, again = call("/api/v1/login", body={"username": "ada", "password": password, "client_id": "app"})
        service.verify(again["access_token"])
        began = time.monotonic()
        command("revoke", "user", "ada", "--reason", "demo")
        waited = seconds_until_refused(service, again["access_token"])
        check(f"refused by both services {(time.monotonic() - began) * 1000:.0f} ms after the command was typed", waited < 5)
        print("\n".join("   " + line for line in command("revocations", "list").rstrip().splitlines()))
        status, fresh = call("/api/v1/login", body={"username": "ada", "password": password, "client_id": "app"})
        print("\n".join("   " + line for line in command("consumers").rstrip().splitlines()))
        check("a new sign-in is not born revoked", status == 200 and refusal(service, fresh["access_token"]) is None)

        step("How fast is a revocation? latchkey probe revocation, 20 verifiers by long poll")
        probe = command("probe", "revocation", "--client", "app", "--user", "ada", "--password-stdin", "--verifiers", "20",
                        "--rounds", "10", "--mode", "long-poll", "--max", "5s", "--url", base, stdin=password + "\n")
        print("\n".join("   " + line for line in probe.rstrip().splitlines()))
    finally:
        if swift:
            swift.terminate()
            swift.wait(10)
        server.terminate()
        check(f"SIGTERM ends the server with status {server.wait(10)}", server.returncode == 0)

print("\nAll as promised." if not failures else f"\n{failures} checks FAILED.")
sys.exit(bool(failures))
