"""A Django site whose people sign in through django-allauth: django_allauth_site.py PORT DATABASE.

`ISSUER`, `CLIENT_ID` and `CLIENT_SECRET` come from the environment."""
import os, sys

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[2]}},
    DEBUG=False,
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages", "django.contrib.sessions",
        "allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.openid_connect",
    ],
    LOGIN_REDIRECT_URL="/me",
    LOGGING={"version": 1, "handlers": {"e": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["e"]}},
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware", "allauth.account.middleware.AccountMiddleware",
    ],
    ROOT_URLCONF="__main__",
    SECRET_KEY=os.urandom(32).hex(),
    SESSION_COOKIE_NAME=f"session-{sys.argv[1]}",
    SOCIALACCOUNT_PROVIDERS={
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "latchkey", "name": "Latchkey", "client_id": os.environ["CLIENT_ID"],
                    "secret": os.environ["CLIENT_SECRET"], "settings": {"server_url": os.environ["ISSUER"]},
                }
            ],
        }
    },
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

from django.contrib.auth.decorators import login_required
from django.core.management import call_command
from django.http import JsonResponse
from django.urls import include, path


@login_required
def me(request):
    account = request.user.socialaccount_set.get()
    address = request.user.emailaddress_set.first()
    return JsonResponse(
        {
            "name": request.user.get_username(), "email": request.user.email, "subject": account.uid,
            "verified": bool(address and address.verified), "account": str(account.get_provider_account()),
        }
    )


urlpatterns = [path("accounts/", include("allauth.urls")), path("me", me)]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    call_command("runserver", f"127.0.0.1:{sys.argv[1]}", use_reloader=False, skip_checks=True)
