"""Two web sites on loopback: a client, and one that the client sends people on to."""
import http.server, threading, urllib.parse


class Site:
    """Remembers what it was asked, and answers with a page or a redirect."""

    def __init__(self, host, port, onward=None):
        self.origin = f"http://{host}:{port}"
        self.requests = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(urllib.parse.urlsplit(self.path).query)

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def answer(self, encoded):
                path = urllib.parse.urlsplit(self.path).path
                if path == "/favicon.ico":
                    self.send_error(404)
                    return
                site.requests.append((self.command, path, dict(urllib.parse.parse_qsl(encoded))))
                if onward and path == "/callback":
                    self.send_response(303)
                    self.send_header("Location", onward + "/landing")
                    self.end_headers()
                    return
                body = site.page(path).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                for name, value in site.policy(path):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer((host, port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def page(self, path):
        form = '<form method="post" action="{}"><button id="go">Go</button></form>'
        content = {
            "/form": form.format("/callback"),
        }.get(path, f"<h1>{path}</h1>")
        return f"<!doctype html><html lang=en><title>{path}</title>{content}"

    def policy(self, path):
        return [("Content-Security-Policy", "default-src 'none'; form-action 'self'")] if path == "/form" else []

    def last(self, path):
        """What came last at a path."""
        return [fields for _, at, fields in self.requests if at == path][-1]

    def count(self, path):
        return len([1 for _, at, _ in self.requests if at == path])
