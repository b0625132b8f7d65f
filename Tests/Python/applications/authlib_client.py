"""A web application on Flask and Authlib: authlib_client.py PORT.

`ISSUER`, `CLIENT_ID` and, for a confidential client, `CLIENT_SECRET` come from the environment; `SCOPE` and
`RESPONSE_MODE` may."""
import os, secrets, sys

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, jsonify, redirect, request, session, url_for

issuer = os.environ["ISSUER"]
application = Flask(__name__)
application.secret_key = secrets.token_bytes(32)
# A browser does not tell ports apart when it sends cookies.
application.config["SESSION_COOKIE_NAME"] = f"session-{sys.argv[1]}"
# An answer that comes as a form of another site carries no Lax cookie, and Flask keeps `state` in its cookie.
if os.environ.get("RESPONSE_MODE") == "form_post":
    application.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)
tokens = {}
latchkey = OAuth(application).register(
    "latchkey",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ.get("CLIENT_SECRET"),
    server_metadata_url=issuer + "/.well-known/openid-configuration",
    client_kwargs={
        "scope": os.environ.get("SCOPE", "openid profile email"), "code_challenge_method": "S256",
        **({} if "CLIENT_SECRET" in os.environ else {"token_endpoint_auth_method": "none"}),
    },
)


def token():
    return tokens[session["key"]]


@application.get("/")
def show():
    if "key" not in session:
        return jsonify(user=None)
    return jsonify(user=token().get("userinfo"), scope=token().get("scope"), refreshable="refresh_token" in token())


@application.get("/login")
def login():
    extra = dict(request.args)
    if "RESPONSE_MODE" in os.environ:
        extra["response_mode"] = os.environ["RESPONSE_MODE"]
    return latchkey.authorize_redirect(url_for("callback", _external=True), **extra)


@application.route("/callback", methods=["GET", "POST"])
def callback():
    try:
        answer = latchkey.authorize_access_token()
    except OAuthError as fault:
        return jsonify(error=fault.error, description=fault.description), 400
    session["key"] = secrets.token_hex()
    tokens[session["key"]] = answer
    return redirect(url_for("show"))


@application.get("/userinfo")
def userinfo():
    return jsonify(latchkey.userinfo(token=token()))


def directly():
    """Authlib without a browser in between, for the other endpoints."""
    method = "client_secret_basic" if "CLIENT_SECRET" in os.environ else "none"
    return OAuth2Session(
        os.environ["CLIENT_ID"], os.environ.get("CLIENT_SECRET"), token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method, introspection_endpoint_auth_method=method,
    ), latchkey.load_server_metadata()


@application.get("/refresh")
def refresh():
    before = token()
    oauth, metadata = directly()
    try:
        answer = oauth.refresh_token(metadata["token_endpoint"], refresh_token=before["refresh_token"])
    except OAuthError as fault:
        return jsonify(error=fault.error), 400
    # Authlib itself takes the new ID token apart.
    claims = latchkey.parse_id_token(answer, nonce=None) if "id_token" in answer else None
    tokens[session["key"]] = {**before, **answer}
    return jsonify(
        renewed=answer["access_token"] != before["access_token"],
        rotated=answer.get("refresh_token") != before["refresh_token"], claims=claims,
    )


@application.get("/introspect")
def introspect():
    oauth, metadata = directly()
    answer = oauth.introspect_token(
        metadata["introspection_endpoint"], token=token()["access_token"], token_type_hint="access_token"
    )
    return jsonify(answer.json()), answer.status_code


@application.get("/revoke")
def revoke():
    oauth, metadata = directly()
    answer = oauth.revoke_token(
        metadata["revocation_endpoint"], token=token()["refresh_token"], token_type_hint="refresh_token"
    )
    return jsonify(status=answer.status_code)


@application.get("/logout")
def logout():
    hint = tokens.pop(session.pop("key"))["id_token"]
    return latchkey.logout_redirect(
        post_logout_redirect_uri=url_for("left", _external=True), id_token_hint=hint,
        client_id=os.environ["CLIENT_ID"],
    )


@application.get("/left")
def left():
    # Fails without the `state` that went along.
    return jsonify(left=bool(latchkey.validate_logout_response()))


application.run("127.0.0.1", int(sys.argv[1]))
