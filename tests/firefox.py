"""Firefox without a window, driven by WebDriver BiDi: as much of it as looking at a page takes."""

import base64
import contextlib
import itertools
import json
import re
import shutil
import subprocess
import tempfile
import time

import websocket

FIREFOX = shutil.which("firefox") or shutil.which("firefox-esr")
PREFERENCES = """
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("browser.startup.homepage", "about:blank");
"""


class Sheet:
    """A page, with the addresses it asked for and what its console said."""

    def __init__(self, socket, width=1280, height=900):
        self.socket, self.numbers = socket, itertools.count()
        self.asked, self.complaints = [], []
        self.call("session.new", capabilities={})
        self.context = self.call("browsingContext.create", type="tab")["context"]
        self.call("session.subscribe", events=["network.beforeRequestSent", "log.entryAdded"])
        self.resize(width, height)

    def call(self, method, **parameters):
        """What a command answers; events that come before are noted."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("method") == "network.beforeRequestSent":
                self.asked.append(message["params"]["request"]["url"])
            elif message.get("method") == "log.entryAdded":
                if message["params"]["level"] == "error":
                    self.complaints.append(message["params"]["text"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]

    def resize(self, width, height=900):
        viewport = {"width": width, "height": height}
        self.call("browsingContext.setViewport", context=self.context, viewport=viewport)

    def goto(self, address):
        self.call("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def evaluate(self, expression):
        """The value of an expression, by way of JSON."""
        result = self.call(
            "script.evaluate", expression=f"JSON.stringify(({expression}) ?? null)",
            target={"context": self.context}, awaitPromise=True,
        )  # fmt: skip
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"])

    def until(self, expression, seconds=60):
        """Waits until an expression is true."""
        began = time.monotonic()
        while not self.evaluate(f"!!({expression})"):
            assert time.monotonic() - began < seconds, expression
            time.sleep(0.05)

    def picture(self):
        """A PNG of what is in view."""
        return base64.b64decode(
            self.call("browsingContext.captureScreenshot", context=self.context)["data"]
        )


@contextlib.contextmanager
def opened(width=1280, height=900):
    """A page of a Firefox of its own, which ends with the block."""
    with tempfile.TemporaryDirectory() as profile:
        with open(f"{profile}/user.js", "w", encoding="utf-8") as file:
            file.write(PREFERENCES)
        command = [FIREFOX, "--headless", "--profile", profile, "--no-remote",
                   "--remote-debugging-port", "0"]  # fmt: skip
        # A file, since a browser stands still once a pipe is full that nobody reads.
        with open(f"{profile}/said", "w", encoding="utf-8") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            address = f"{_listening(process, f'{profile}/said')}/session"
            socket = websocket.create_connection(address, timeout=90, suppress_origin=True)
            yield Sheet(socket, width, height)
            socket.close()
        finally:
            process.kill()
            process.wait()


def _listening(process, said, seconds=60):
    """The address that a Firefox which begins says that it listens at."""
    began = time.monotonic()
    while time.monotonic() - began < seconds and process.poll() is None:
        with open(said, encoding="utf-8", errors="replace") as file:
            if at := re.search(r"WebDriver BiDi listening on (ws://\S+)\s", file.read()):
                return at[1]
        time.sleep(0.05)
    raise RuntimeError(f"Firefox did not begin within {seconds} s.")
