#!/usr/bin/env python3
"""Every order of 'simurgh eim' from the shell, carried out by a card: what the eIM tells of it by lookup and REST, and posts to a webhook. Then an order
for a group, and a rule that gives a device a profile when it reports a country.

    eim_orders.py SIMURGH
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

from desk import Desk

PATIENCE = 60  # seconds until a webhook has told what it should


class Hook(http.server.ThreadingHTTPServer):
    """Takes what the eIM posts."""

    def __init__(self):
        self.told, self.news = [], threading.Condition()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with hook.news:
                    hook.told.append(body)
                    hook.news.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait(self, resources):
        until = time.monotonic() + PATIENCE
        with self.news:
            while not set(resources) <= {one["resourceId"] for one in self.told}:
                if not self.news.wait(until - time.monotonic()):
                    raise SystemExit(f"the webhook heard of {len(self.told)} orders only")


def fail(words):
    raise SystemExit(words)


def main():
    with Desk(sys.argv[1]) as desk:
        story(desk)


def story(desk):
    run = desk.run
    first, second = "8988211000000000102", "8988211000000000110"
    for iccid in (first, second):
        with open(iccid + ".yaml", "w") as out:
            out.write(f'iccid: "{iccid}"\nimsi: "001010000000102"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\n')
        run("profile", "build", iccid + ".yaml", "-o", iccid + ".der")
    with open("iot.yaml", "w") as out:
        out.write("iot: {version: 1.2}\nprofiles:\n  - {name: First, enabled: true}\n  - {name: Second}\n")
    with open("rules.yaml", "w") as out:
        out.write(f"rules:\n  - {{name: abroad, group: trackers, country: [262], iccid: '{second}', rollback: false}}\n")
    run("pki", "new", "pki")
    hook = Hook()
    server, where = desk.serve("eim", "serve", "--store", "eim.db", "--pki", "pki", "--rest-port", "0", "--coap-port", "0", "--rules", "rules.yaml", "--webhook",
                               f"http://127.0.0.1:{hook.server_port}/hook")
    api = f"http://127.0.0.1:{where['rest_port']}"
    run("eim", "config", "--pki", "pki", "--fqdn", f"localhost:{where['port']}", "--out", "eim.der")
    run("eim", "config", "--pki", "pki", "--eim-id", "other.example.com", "--fqdn", "other.example.com", "--counter", "7", "--out", "other.der")
    run("eim", "config", "--pki", "pki", "--eim-id", "other.example.com", "--fqdn", "elsewhere.example.com", "--counter", "9", "--no-token", "--out", "changed.der")
    eids = []
    for card in ("one.card", "two.card"):
        run("new", card, "--pki", "pki", "--recipe", "iot.yaml", "--profile", first + ".der", "--profile", second + ".der")
        run("ipa", "--card", card, "associate", "eim.der")
        eids.append(json.loads(run("--json", "inspect", card))["result"]["eid"])

    def order(*arguments):
        return run("eim", arguments[0], "--store", "eim.db", *arguments[1:]).split("\n")

    def rest(facility, resource):
        with urllib.request.urlopen(f"{api}/{facility}/lookup/{resource}") as answer:
            return json.load(answer)

    one = ("--eid", eids[0])
    asked = [  # order, options, facility, the outcome's name, what it says
        ("list-profiles", [], "psmo", "listProfileInfoResult", "successResult"),
        ("rat", [], "psmo", "getRATResult", "["),
        ("fallback", ["--iccid", second], "psmo", "setFallbackAttributeResult", "fallbackNotAllowed"),
        ("immediate", ["--smdp-address", "dp.example.com"], "psmo", "configureImmediateEnableResult", "ok"),
        ("default-smdp", ["--address", "localhost:1"], "psmo", "setDefaultDpAddressResult", "ok"),
        ("data", ["--tags", "81BF20BF2284A5A6A8A9"], "edr", "euiccDataResult", "localhost:1"),
        ("list-eim", [], "eco", "listEimResult", "localhost"),
        ("add-eim", ["--config", "other.der"], "eco", "addEimResult", "ok"),
        ("update-eim", ["--config", "changed.der"], "eco", "updateEimResult", "ok"),
        ("delete-eim", ["--eim-id", "other.example.com"], "eco", "deleteEimResult", "ok"),
        ("delete", ["--iccid", first], "psmo", "deleteResult", "profileNotInDisabledState"),
        ("enable", ["--iccid", second], "psmo", "enableResult", "ok"),
        ("enable", ["--iccid", first], "psmo", "enableResult", "ok"),
        ("disable", ["--iccid", second], "psmo", "disableResult", "profileNotInEnabledState"),
        ("delete", ["--iccid", second], "psmo", "deleteResult", "ok"),
        ("download", ["--default-smdp"], "download", "procedureError", "initiateAuthenticationError"),  # nobody is there
    ]
    orders = [(order(name, *one, *options)[0], *rest_of) for name, options, *rest_of in asked]
    late, = order("rat", *one)
    run("eim", "cancel", "--store", "eim.db", "--resource", late)
    subprocess.run([desk.simurgh, "ipa", "--card", "one.card", "poll"], capture_output=True)  # complains of the download
    for (resource, facility, name, words), (command, *_) in zip(orders, asked):
        got = rest(facility, resource)
        if got["status"] != "done" or words not in json.dumps(got["outcome"]) or name not in json.dumps(got["outcome"]):
            fail(f"{command}: {got}")
        if facility in ("psmo", "eco") and got.get("signatureVerified") != "yes":
            fail(f"{command}: its result is not verified: {got}")
        if json.loads(run("--json", "eim", "lookup", "--store", "eim.db", "--resource", resource))["result"] != got:
            fail(f"{command}: the shell tells something else than REST")
    if rest("psmo", late)["status"] != "cancelled":
        fail("the order that was called back went out")
    hook.wait(resource for resource, *_ in orders)
    told = [one["resourceId"] for one in hook.told]
    if [one for one in told if one in {o[0] for o in orders}] != [o[0] for o in orders]:
        fail(f"the webhook heard of {told}, not in the order of {orders}")
    if late in told:
        fail("the webhook heard of an order that was called back")
    if not all(rest(one["facility"], one["resourceId"])["outcome"] == one["outcome"] for one in hook.told):
        fail("the webhook heard other outcomes than REST tells")

    # The eIM is known to a card by a key, by a certificate, or by what its CI vouches for, on both transports; an eIM with other keys is refused.
    run("pki", "new", "stranger")
    shutil.copytree("pki", "mixed")
    for name in os.listdir("stranger/EIM"):
        if "TLS" in name:
            shutil.copy("stranger/EIM/" + name, "mixed/EIM/" + name)
    for number, (how, pki) in enumerate(((["--certificate"], "pki"), (["--no-pin"], "pki"), ([], "pki"), (["--certificate"], "mixed"), ([], "mixed"))):
        for binding, port, coap in (("asn1", where["port"], []), ("coap", where["coap_port"], ["--coap"])):
            card = f"{number}-{binding}.card"
            run("new", card, "--pki", "pki", "--recipe", "iot.yaml", "--profile", first + ".der", "--profile", second + ".der")
            run("eim", "config", "--pki", pki, "--fqdn", f"localhost:{port}", "--out", "way.der", *how, *coap)
            run("ipa", "--card", card, "associate", "way.der")
            done = subprocess.run([desk.simurgh, "ipa", "--card", card, "poll", "--binding", binding, *(["--ca", "pki"] if how == ["--no-pin"] else [])], capture_output=True, text=True)
            if (done.returncode == 0) != (pki == "pki"):
                fail(f"{how} of {pki} by {binding}: {done.stdout}{done.stderr}")

    # A group, and its rule.
    order("set", "--eid", eids[0], "--eid", eids[1], "--in-group", "trackers")
    both = order("list-profiles", "--group", "trackers")
    for card in ("one.card", "two.card"):
        run("ipa", "--card", card, "poll")
    if [rest("psmo", resource)["resource"]["eidValue"] for resource in both] != sorted(eids) or any(rest("psmo", r)["status"] != "done" for r in both):
        fail("the order for the group was not carried out by both")
    for country, enabled in (("20801", first), ("26201", second)):
        run("ipa", "--card", "two.card", "poll", "--plmn", country)
        run("ipa", "--card", "two.card", "poll", "--plmn", country)
        devices = {d["eidValue"]: d for d in json.loads(run("--json", "eim", "devices", "--store", "eim.db"))["result"]}
        states = {p["iccid"]: p["state"] for p in devices[eids[1]]["profiles"]}
        if states != {first: "disabled" if enabled == second else "enabled", second: "enabled" if enabled == second else "disabled"}:
            fail(f"in network {country}: {states}")
    listed = {r["resourceId"] for r in json.loads(run("--json", "eim", "list", "--store", "eim.db"))["result"]}
    if not {resource for resource, *_ in orders} <= listed:
        fail("the list of orders is not whole")


main()
