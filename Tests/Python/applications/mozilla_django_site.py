"""A Django site whose people sign in through mozilla-django-oidc: mozilla_django_site.py PORT DATABASE.

`ISSUER`, `CLIENT_ID` and `CLIENT_SECRET` come from the environment. It reads no metadata, so each endpoint is named.
Without `PKCE` it sends no challenge, which is its default."""
import os, sys

import django
from django.conf import settings

issuer = os.environ["ISSUER"]
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[2]}},
    DEBUG=False,
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mozilla_django_oidc",
    ],
    LOGIN_REDIRECT_URL="/me",
    LOGIN_REDIRECT_URL_FAILURE="/refused",
    LOGIN_URL="/oidc/authenticate/",
    LOGOUT_REDIRECT_URL="/left",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware", "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    OIDC_OP_AUTHORIZATION_ENDPOINT=issuer + "/oauth2/authorize",
    OIDC_OP_JWKS_ENDPOINT=issuer + "/.well-known/jwks.json",
    OIDC_OP_LOGOUT_URL_METHOD="__main__.logout_url",
    OIDC_OP_TOKEN_ENDPOINT=issuer + "/oauth2/token",
    OIDC_OP_USER_ENDPOINT=issuer + "/oauth2/userinfo",
    OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS=int(os.environ.get("RENEW", "900")),
    OIDC_RP_CLIENT_ID=os.environ["CLIENT_ID"],
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_STORE_ID_TOKEN=True,
    OIDC_USE_PKCE="PKCE" in os.environ,
    ROOT_URLCONF="__main__",
    SECRET_KEY=os.urandom(32).hex(),
    SESSION_COOKIE_NAME=f"session-{sys.argv[1]}",
)
django.setup()

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.management import call_command
from django.http import HttpResponse, JsonResponse
from django.urls import include, path


def logout_url(request):
    """What its documentation asks an application to write, for RP-initiated logout."""
    left = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri("/left"),
    }
    return issuer + "/oauth2/logout?" + urlencode(left)


@login_required
def me(request):
    return JsonResponse({"name": request.user.get_username(), "email": request.user.email})


def leave(request):
    """The button that its documentation shows, with the token against forged requests."""
    from django.middleware.csrf import get_token

    return HttpResponse(
        f'<title>Leave</title><form method=post action="/oidc/logout/"><input type=hidden name=csrfmiddlewaretoken '
        f'value="{get_token(request)}"><button>Sign out</button></form>'
    )


def said(text):
    return lambda request: JsonResponse({"said": text, "error": request.GET.get("error")})


urlpatterns = [
    path("oidc/", include("mozilla_django_oidc.urls")), path("me", me), path("leave", leave),
    path("left", said("left")), path("refused", said("refused")),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    call_command("runserver", f"127.0.0.1:{sys.argv[1]}", use_reloader=False, skip_checks=True)
