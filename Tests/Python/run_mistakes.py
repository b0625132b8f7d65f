"""Mistakes of whoever makes a Verifier of Scripts/verifier.py: run_mistakes.py ISSUER prints one line for each,
with what was raised. ISSUER is a running server."""
import pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "Scripts"))
from verifier import FetchFailure, Verifier

issuer = sys.argv[1]


def attempt(name, **arguments):
    try:
        Verifier(**({"issuer": issuer, "audience": issuer} | arguments))
        print(f"{name}: accepted")
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}")


attempt("space", consumer="my orders")
attempt("long", consumer="o" * 65)
attempt("empty", consumer="")
attempt("newline", consumer="orders\n")
attempt("umlaut", consumer="b\u00fccher")
attempt("longest", consumer="o" * 64)
attempt("no scheme", issuer=issuer.removeprefix("http://"))
attempt("no scheme of server", server="localhost:8080")
attempt("bare name", issuer="localhost")
verifier = Verifier(issuer, issuer)
try:
    verifier.get("/revocations?consumer=my%20orders", 5)
    print("refusal: none")
except FetchFailure as error:
    print(f"refusal: {error}")
