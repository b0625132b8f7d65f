"""Swagger UI, a single-page application that signs in in a window of its own: swagger_ui_page.py PORT.

`ISSUER` and `CLIENT_ID` come from the environment. The page calls `/orders` here with its access token; that tells
which token it got."""
import http.server, json, os, pathlib, sys

import drf_spectacular_sidecar

port, issuer = int(sys.argv[1]), os.environ["ISSUER"]
files = pathlib.Path(drf_spectacular_sidecar.__file__).parent / "static/drf_spectacular_sidecar/swagger-ui-dist"
description = {
    "openapi": "3.0.3",
    "info": {"title": "Orders", "version": "1"},
    "components": {
        "securitySchemes": {
            "latchkey": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": issuer + "/oauth2/authorize", "tokenUrl": issuer + "/oauth2/token",
                        "scopes": {"openid": "who you are", "profile": "your name"},
                    }
                },
            }
        }
    },
    "paths": {"/orders": {"get": {"responses": {"200": {"description": "orders"}}, "security": [{"latchkey": []}]}}},
}
page = """<!doctype html><title>Orders</title><link rel="stylesheet" href="swagger-ui.css"><div id="ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script>
const ui = SwaggerUIBundle({ spec: %s, dom_id: "#ui", oauth2RedirectUrl: location.origin + "/oauth2-redirect.html",
  tryItOutEnabled: true, docExpansion: "full" });
ui.initOAuth({ clientId: %s, scopes: "openid profile", usePkceWithAuthorizationCodeGrant: true });
</script>""" % (json.dumps(description), json.dumps(os.environ["CLIENT_ID"]))
kinds = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/":
            return self.answer(200, page.encode(), "text/html")
        if path == "/orders":
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            return self.answer(200, json.dumps({"parts": len(token.split("."))}).encode(), "application/json")
        file = files / path.lstrip("/")
        if not file.is_file() or file.parent != files:
            return self.answer(404, b"", "text/plain")
        self.answer(200, file.read_bytes(), kinds.get(file.suffix, "application/octet-stream"))

    def answer(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
