"""Chromium spoken to through its debugging pipe: nothing to install but the browser."""

import base64
import itertools
import json
import os
import shutil
import subprocess

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One page of a headless browser."""

    def __init__(self, program, profile):
        down, self._out = os.pipe()
        self._in, up = os.pipe()
        command = [
            "bash",
            "-c",
            f'exec "$0" "$@" 3<&{down} 4>&{up}',
            program,
            *FLAGS,
            f"--user-data-dir={profile}",
        ]
        self._process = subprocess.Popen(
            command, pass_fds=(down, up), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(down)
        os.close(up)
        self._ids, self._rest, self.events, self._session = itertools.count(1), b"", [], None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "DOM", "CSS", "Runtime"):
            self.send(f"{domain}.enable")

    def _read(self):
        while b"\0" not in self._rest:
            part = os.read(self._in, 1 << 16)
            if not part:
                raise RuntimeError("the browser has ended")
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **params):
        """Call a method of the debugging protocol and return its result."""
        number = next(self._ids)
        call = {"id": number, "method": method, "params": params}
        call |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(call).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            self.events.append(message)

    def open(self, path, width, height=900):
        """Show a file in a window of a width; return when it is loaded."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self.events.append(self._read())
        self.evaluate("document.fonts.ready.then(() => true)")

    def evaluate(self, expression):
        """Return the value of a JavaScript expression in the page."""
        return self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)[
            "result"
        ].get("value")

    def fonts(self, selector):
        """Return the fonts that draw the text of the first element: name → whether the page brought it."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        assert node, f"no {selector}"
        return {
            one["familyName"]: one["isCustomFont"]
            for one in self.send("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]
        }

    def screenshot(self, path):
        """Write what the window shows."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def requests(self):
        """Return every address that the page asked for, but for data within itself."""
        asked = [
            one["params"]["request"]["url"]
            for one in self.events
            if one.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith("data:")]

    def complaints(self):
        """Return what the browser's console says."""
        return [
            one["params"]["entry"]["text"] for one in self.events if one.get("method") == "Log.entryAdded"
        ]

    def close(self):
        """End the browser."""
        self._session = None
        self.send("Browser.close")
        self._process.wait(timeout=20)
        os.close(self._in)
        os.close(self._out)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A headless Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium (on Debian: apt-get install chromium)")
    made = Browser(program, tmp_path_factory.mktemp("profile"))
    yield made
    made.close()
