"""A web application on idpyoidc, which takes no answer that differs from the letter of OpenID Connect:
idpyoidc_client.py PORT.

`ISSUER`, `CLIENT_ID` and `CLIENT_SECRET` come from the environment, `CA` is the file of a private authority."""
import os, secrets, sys

from flask import Flask, jsonify, redirect, request, session
from idpyoidc.client.rp_handler import RPHandler

issuer, client = os.environ["ISSUER"], os.environ["CLIENT_ID"]
port = int(sys.argv[1])
here = f"http://127.0.0.1:{port}"
application = Flask(__name__)
application.secret_key = secrets.token_bytes(32)
# A browser does not tell ports apart when it sends cookies.
application.config["SESSION_COOKIE_NAME"] = f"session-{sys.argv[1]}"
service = "idpyoidc.client.oidc."
handler = RPHandler(
    base_url=here,
    client_configs={
        issuer: {
            "client_type": "oidc", "issuer": issuer, "client_id": client, "client_secret": os.environ["CLIENT_SECRET"],
            "redirect_uris": [here + "/callback"], "post_logout_redirect_uris": [here + "/left"],
            "token_endpoint_auth_method": os.environ.get("METHOD", "client_secret_basic"),
            "client_authn_methods": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": ["code"], "scopes_supported": ["openid", "profile", "email"],
            "add_ons": {
                "pkce": {
                    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
                }
            },
        }
    },
    services={
        "discovery": {"class": service + "provider_info_discovery.ProviderInfoDiscovery"},
        "authorization": {"class": service + "authorization.Authorization"},
        "access_token": {"class": service + "access_token.AccessToken"},
        "refresh_access_token": {"class": service + "refresh_access_token.RefreshAccessToken"},
        "userinfo": {"class": service + "userinfo.UserInfo"},
        "end_session": {"class": service + "end_session.EndSession"},
    },
    key_conf={"key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}]},
    httpc_params={"verify": os.environ.get("CA", True), "timeout": 60},
)


@application.get("/")
def show():
    return jsonify(user=session.get("user"))


@application.get("/login")
def login():
    extra = {"scope": ["openid", "profile", "email"], **request.args.to_dict()}
    return redirect(handler.begin(issuer, req_args=extra))


@application.get("/callback")
def callback():
    answer = handler.finalize(issuer, request.args.to_dict())
    if "error" in answer:
        return jsonify(error=str(answer["error"])), 400
    session["state"] = answer["state"]
    session["user"] = answer["userinfo"].to_dict()
    session["claims"] = answer["id_token"].to_dict()
    return redirect("/")


@application.get("/claims")
def claims():
    return jsonify(session["claims"])


@application.get("/refresh")
def refresh():
    answer = handler.refresh_access_token(session["state"])
    return jsonify({name: name in answer for name in ("access_token", "refresh_token", "id_token")})


@application.get("/logout")
def logout():
    return redirect(handler.logout(session["state"])["url"])


@application.get("/left")
def left():
    return jsonify(left=True)


application.run("127.0.0.1", port)
