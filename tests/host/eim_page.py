#!/usr/bin/env python3
"""The eIM's page in headless Chromium: devices, profiles and orders appear and change without a reload, and nothing is asked of another machine.

    eim_page.py SIMURGH [SCREENSHOT.png]

Exit code 77 without Chromium. It is steered through its pipe (--remote-debugging-pipe): one JSON text and a NUL for each message.
"""
import json
import os
import select
import shutil
import subprocess
import sys
import time
import urllib.request

from desk import Desk

PATIENCE = 60  # seconds for one thing to appear; a page that is alive needs two


class Browser:
    def __init__(self, program, folder):
        down, self.out = os.pipe()
        self.into, up = os.pipe()
        # It reads from descriptor 3 and writes to 4.
        command = f'exec "$0" "$@" 3<&{down} 4>&{up}'
        self.process = subprocess.Popen(
            ["sh", "-c", command, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-default-apps", "--hide-scrollbars", "--remote-debugging-pipe",
             "--user-data-dir=" + folder, "--window-size=1280,900"],
            pass_fds=(down, up), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(down)
        os.close(up)
        self.number, self.buffer, self.session = 0, b"", None
        self.asked, self.navigations, self.errors = [], 0, []

    def _take(self, until):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.into], [], [], max(0, until - time.monotonic()))
            chunk = os.read(self.into, 65536) if ready else b""
            if not chunk:
                raise SystemExit("the browser does not answer")
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            got = self._take(until)
            event = got.get("method")
            if event == "Network.requestWillBeSent":
                self.asked.append(got["params"]["request"]["url"])
            elif event == "Page.frameNavigated":
                self.navigations += 1
            elif event == "Runtime.exceptionThrown":
                self.errors.append(got["params"]["exceptionDetails"].get("text", "?"))
            elif got.get("id") == self.number:
                if "error" in got:
                    raise SystemExit(f"{method}: {got['error']}")
                return got["result"]

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Network", "Page", "Runtime"):
            self.call(domain + ".enable")
        self.call("Page.navigate", url=url)

    def value(self, script):
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait(self, script, what):
        until = time.monotonic() + PATIENCE
        while not self.value(script):
            if time.monotonic() > until:
                raise SystemExit(f"the page does not show {what}:\n" + self.value("document.body.innerText"))
            time.sleep(0.05)

    def close(self):
        self.process.kill()
        self.process.wait()


def rows(table, *texts):
    """Whether a row of that table has all the texts."""
    return (f"[...document.querySelectorAll('#{table} tr')].some(r=>{json.dumps(list(texts))}.every(t=>r.innerText.includes(t)))")


def main():
    simurgh, picture = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        print("SKIPPED: no Chromium is installed, so nobody has looked at the eIM's page")
        sys.exit(77)
    with Desk(simurgh) as desk:
        story(desk, chromium, picture)


def story(desk, chromium, picture):
    run = desk.run
    def serve(rest):
        return desk.serve("eim", "serve", "--store", "eim.db", "--pki", "pki", "--rest-port", str(rest), "--port", "0")

    with open("operational.yaml", "w") as out:
        out.write('iccid: "8988211000000000102"\nimsi: "001010000000102"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\n')
    with open("iot.yaml", "w") as out:
        out.write("iot: {version: 1.2}\nprofiles:\n  - {name: Bootstrap, enabled: true}\n")
    run("pki", "new", "pki")
    run("profile", "build", "operational.yaml", "-o", "bootstrap.der")
    run("new", "one.card", "--pki", "pki", "--recipe", "iot.yaml", "--profile", "bootstrap.der")
    server, where = serve(0)
    api = f"http://127.0.0.1:{where['rest_port']}"

    def order(facility, eid, content):
        body = json.dumps({"eidValue": eid, "order": {facility: content}}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{api}/{facility}/create", body, {"Content-Type": "application/json"})) as answer:
            return json.load(answer)

    browser = Browser(chromium, os.getcwd() + "/browser")
    desk.processes.append(browser.process)
    browser.open(api + "/")
    browser.wait("document.body.innerText.includes('No device has come yet')", "that there is no device")
    browser.value("window.sameDocument = true")

    # A device that nobody expected, with a group whose name would be markup.
    eid = json.loads(run("--json", "inspect", "one.card"))["result"]["eid"]
    order("euicc", eid, [{"group": "<img src=x onerror=\"window.markup=1\">"}])
    browser.wait(rows("devices", eid, "<img src=x"), "the device with its group")
    order("psmo", eid, [{"listProfileInfo": {}}])
    browser.wait(rows("pending", eid, "waiting", "list profiles"), "a new order")
    # It comes, and a card answers.
    run("eim", "config", "--pki", "pki", "--fqdn", f"localhost:{where['port']}", "--out", "eim.der")
    run("ipa", "--card", "one.card", "associate", "eim.der")
    run("ipa", "--card", "one.card", "poll")
    browser.wait(rows("finished", eid, "done", "list profiles", "listProfileInfo: ok", "yes"), "the finished order and its verified signature")
    browser.wait(rows("devices", eid, "8988211000000000102", "enabled"), "the device's profile")
    # An order that no card can carry out is not shown as a success, and one under way not as finished.
    order("psmo", eid, [{"enable": {"iccid": "98001032547698103214"}}])
    run("ipa", "--card", "one.card", "poll")
    browser.wait(rows("finished", "failed", "enable 89000123456789012341", "iccidOrAidNotFound"), "the failed order")
    if browser.value("document.querySelectorAll('.bad').length") != 1:
        raise SystemExit("another order is shown as failed")
    order("download", eid, {"activationCode": "1$dp.example.com$MATCHING-ID"})
    browser.wait(rows("pending", "waiting", "MATCHING-ID"), "the pending download")
    for number in range(12):
        order("download", f"8904903212345123451234567890{number:04}", {"activationCode": f"1$dp.example.com$FLEET-{number}"})
    browser.wait("document.querySelectorAll('#devices tr').length === 13", "thirteen devices")
    browser.wait("document.getElementById('tally').textContent.startsWith('13 devices; 13 waiting, 0 under way')", "what there is in numbers")
    if picture:
        import base64
        with open(picture, "wb") as out:
            out.write(base64.b64decode(browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]))

    # Looking for one of them.
    find = "document.getElementById('find')"
    browser.value(f"{find}.value='fleet-7';{find}.dispatchEvent(new Event('input'))")
    visible = "[...document.querySelectorAll('tbody tr')].filter(r=>r.offsetParent).map(r=>r.innerText).join()"
    browser.wait(f"{visible}.includes('FLEET-7') && !{visible}.includes('FLEET-8')", "only what is looked for")
    browser.value(f"{find}.value='';{find}.dispatchEvent(new Event('input'))")

    # The server goes and comes back: the page says so, and goes on.
    gone = "getComputedStyle(document.getElementById('gone')).display !== 'none'"
    server.kill()
    server.wait()
    browser.wait(gone, "that the eIM is gone")
    serve(where["rest_port"])
    browser.wait("!(" + gone + ")", "that the eIM is back")
    order("psmo", eid, [{"getRAT": {}}])
    browser.wait(rows("pending", "waiting", "getRAT"), "an order given after the restart")

    def same(what, got, expected):
        if got != expected:
            raise SystemExit(f"{what}: {got} instead of {expected}")
    same("the document of the beginning", browser.value("window.sameDocument"), True)
    same("navigations", browser.navigations, 1)
    same("markup of a device", browser.value("window.markup"), None)
    same("errors of scripts", browser.errors, [])
    same("requests to elsewhere", [url for url in browser.asked if not url.startswith(api + "/")], [])
    if len(browser.asked) < 5:
        raise SystemExit("the page asked for next to nothing: " + repr(browser.asked))
    browser.close()


main()
