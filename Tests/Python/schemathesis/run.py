"""Runs schemathesis on what a server answers at its Unix socket: run.py SOCKET COMMAND...

The document is taken as it is, except that no operation asks for a bearer token: who may open the socket is the operator.
"""
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(listener, path):
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, sys.argv[1]), daemon=True).start()
    url = "http://127.0.0.1:%d" % listener.getsockname()[1]
    with urllib.request.urlopen(url + "/openapi.json") as answer:
        document = json.load(answer)
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    with open("openapi.json", "w") as file:
        json.dump(document, file)
    return subprocess.run([*sys.argv[2:], "--url", url, "openapi.json"], env=os.environ).returncode


sys.exit(main())
