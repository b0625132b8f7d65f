"""A web application on requests-oauthlib, which checks ID tokens with PyJWT: requests_oauthlib_client.py PORT.

`ISSUER`, `CLIENT_ID` and `CLIENT_SECRET` come from the environment."""
import os, secrets, sys

import jwt, requests
from flask import Flask, jsonify, redirect, request, session, url_for
from requests_oauthlib import OAuth2Session

issuer, client, secret = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"))
metadata = requests.get(issuer + "/.well-known/openid-configuration", timeout=60).json()
keys = jwt.PyJWKClient(metadata["jwks_uri"])
application = Flask(__name__)
application.secret_key = secrets.token_bytes(32)
# A browser does not tell ports apart when it sends cookies.
application.config["SESSION_COOKIE_NAME"] = f"session-{sys.argv[1]}"
tokens, begun = {}, {}


def claims_of(answer, nonce):
    """What PyJWT says of an ID token: it fails where anything is wrong (OpenID Connect Core 3.1.3.7)."""
    token = answer["id_token"]
    claims = jwt.decode(
        token, keys.get_signing_key_from_jwt(token), algorithms=metadata["id_token_signing_alg_values_supported"],
        issuer=issuer, audience=client, options={"require": ["iss", "sub", "aud", "exp", "iat", "auth_time"]},
    )
    if claims.get("nonce") != nonce:
        raise jwt.InvalidTokenError("another nonce")
    return claims


@application.get("/")
def show():
    return jsonify(user=session.get("user"))


@application.get("/login")
def login():
    session["nonce"] = secrets.token_urlsafe()
    oauth = OAuth2Session(
        client, scope=["openid", "profile", "email"], redirect_uri=url_for("callback", _external=True), pkce="S256"
    )
    address, session["state"] = oauth.authorization_url(
        metadata["authorization_endpoint"], nonce=session["nonce"], **request.args.to_dict()
    )
    # It keeps the verifier of its challenge.
    begun[session["state"]] = oauth
    return redirect(address)


@application.get("/callback")
def callback():
    if request.args.get("iss") != issuer:
        return jsonify(error="another issuer"), 400
    try:
        # Refuses another `state` than its own.
        answer = begun.pop(session.pop("state")).fetch_token(
            metadata["token_endpoint"], authorization_response=request.url, client_secret=secret
        )
    except Exception as fault:
        return jsonify(error=getattr(fault, "error", repr(fault))), 400
    session["key"] = secrets.token_hex()
    tokens[session["key"]] = answer
    session["user"] = claims_of(answer, session.pop("nonce"))
    return redirect(url_for("show"))


@application.get("/userinfo")
def userinfo():
    oauth = OAuth2Session(client, token=tokens[session["key"]])
    return jsonify(oauth.get(metadata["userinfo_endpoint"]).json())


@application.get("/refresh")
def refresh():
    before = tokens[session["key"]]
    oauth = OAuth2Session(client, token=before)
    try:
        answer = oauth.refresh_token(metadata["token_endpoint"], auth=(client, secret))
    except Exception as fault:
        return jsonify(error=getattr(fault, "error", repr(fault))), 400
    tokens[session["key"]] = answer
    return jsonify(claims=claims_of(answer, None), rotated=answer["refresh_token"] != before["refresh_token"])


# The application itself is on plain HTTP here, on loopback.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
application.run("127.0.0.1", int(sys.argv[1]))
