"""JupyterHub's own configuration file, with oauthenticator: people sign in at `ISSUER`.

The hub alone runs: its proxy and its notebooks are no part of signing in. `PORT`, `FOLDER`, `ISSUER`, `CLIENT_ID` and
`CLIENT_SECRET` come from the environment."""
import os

from jupyterhub.proxy import Proxy
from oauthenticator.generic import GenericOAuthenticator


class NoProxy(Proxy):
    """Requests come to the hub itself."""

    should_start = False

    async def add_route(self, routespec, target, data):
        pass

    async def delete_route(self, routespec):
        pass

    async def get_all_routes(self):
        return {}


issuer, port, folder = os.environ["ISSUER"], os.environ["PORT"], os.environ["FOLDER"]
here = f"http://127.0.0.1:{port}"
c = get_config()  # noqa: F821, given by JupyterHub
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.bind_url = here
c.JupyterHub.hub_bind_url = here
c.JupyterHub.db_url = f"sqlite:///{folder}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{folder}/cookie_secret"
c.JupyterHub.redirect_to_server = False
c.ConfigurableHTTPProxy.auth_token = "unused"
c.JupyterHub.authenticator_class = GenericOAuthenticator
c.GenericOAuthenticator.client_id = os.environ["CLIENT_ID"]
c.GenericOAuthenticator.client_secret = os.environ["CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = here + "/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = issuer + "/oauth2/authorize"
c.GenericOAuthenticator.token_url = issuer + "/oauth2/token"
c.GenericOAuthenticator.userdata_url = issuer + "/oauth2/userinfo"
c.GenericOAuthenticator.logout_redirect_url = issuer + "/oauth2/logout"
c.GenericOAuthenticator.login_service = "Latchkey"
c.GenericOAuthenticator.scope = ["openid", "profile", "email"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.allow_all = True
c.GenericOAuthenticator.http_request_kwargs = {"ca_certs": os.environ["CA"]} if "CA" in os.environ else {}
