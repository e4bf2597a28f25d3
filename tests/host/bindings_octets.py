#!/usr/bin/env python3
"""What a visit costs by each binding: our IPA and our eIM, each a process of its own, with a relay between them that counts octets and packets beneath
TLS and DTLS. Each visit is a process and so begins with a whole handshake.

    bindings_octets.py SIMURGH

Prints the table of docs/eim.md; exit code 1 when CoAP is not the cheapest or JSON not the dearest.
"""
import json
import select
import socket
import sys
import threading

from desk import Desk


class Relay:
    """From a port of its own to the server's, TCP or UDP; one client at a time."""

    def __init__(self, kind, target):
        self.kind, self.target = kind, target
        self.up = self.down = self.packets = 0
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        threading.Thread(target=self.stream if kind == socket.SOCK_STREAM else self.datagrams, daemon=True).start()

    def count(self, up, data):
        if up:
            self.up += len(data)
        else:
            self.down += len(data)
        self.packets += (len(data) + 1339) // 1340 if self.kind == socket.SOCK_STREAM else 1

    def stream(self):
        while True:
            client, _ = self.socket.accept()
            server = socket.create_connection(self.target)
            open_ends = {client: server, server: client}
            while open_ends:
                for end in select.select(list(open_ends), [], [])[0]:
                    try:
                        data = end.recv(65536)
                    except ConnectionError:
                        data = b""
                    if data:
                        self.count(end is client, data)
                        open_ends[end].sendall(data) if end in open_ends else None
                    else:
                        try:
                            (server if end is client else client).shutdown(socket.SHUT_WR)
                        except OSError:
                            pass
                        del open_ends[end]
            client.close()
            server.close()

    def datagrams(self):
        server, client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), None
        server.connect(self.target)
        while True:
            for end in select.select([self.socket, server], [], [])[0]:
                if end is server:
                    data = server.recv(65536)
                    self.count(False, data)
                    self.socket.sendto(data, client)
                    continue
                data, sender = self.socket.recvfrom(65536)
                if sender != client:  # the next visit comes from another port, and so must what the server sees
                    server.close()
                    server, client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), sender
                    server.connect(self.target)
                self.count(True, data)
                server.send(data)
                break  # the sockets may be others now


def main():
    with Desk(sys.argv[1]) as desk:
        story(desk)


def story(desk):
    run = desk.run
    def serve(*arguments):
        return desk.serve(*arguments)[1]

    for name, iccid in (("bootstrap", "8988211000000000102"), ("operator", "8988211000000000110")):
        with open(name + ".yaml", "w") as out:
            out.write(f'iccid: "{iccid}"\nimsi: "001010000000102"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\n')
        run("profile", "build", name + ".yaml", "-o", name + ".der")
    with open("iot.yaml", "w") as out:
        out.write("iot: {version: 1.2}\nprofiles:\n  - {name: Bootstrap, enabled: true}\n")
    run("pki", "new", "pki")
    dp = serve("smdp", "serve", "--store", "dp.db", "--pki", "pki", "--port", "0")["address"]
    # Asks new devices for nothing, so that an idle visit is one question.
    eim = serve("eim", "serve", "--store", "eim.db", "--pki", "pki", "--port", "0", "--rest-port", "-1", "--coap-port", "0", "--no-learn")
    relays = {"asn1": Relay(socket.SOCK_STREAM, ("127.0.0.1", eim["port"])), "coap": Relay(socket.SOCK_DGRAM, ("127.0.0.1", eim["coap_port"]))}
    relays["json"] = relays["asn1"]
    table = {}
    for binding in ("asn1", "json", "coap"):
        relay, card = relays[binding], binding + ".card"
        run("new", card, "--pki", "pki", "--recipe", "iot.yaml", "--profile", "bootstrap.der")
        eid = json.loads(run("--json", "inspect", card))["result"]["eid"]
        run("eim", "config", "--pki", "pki", "--indirect", "--fqdn", f"localhost:{eim['coap_port' if binding == 'coap' else 'port']}", "--out", "eim.der",
            *(["--coap"] if binding == "coap" else []))
        run("ipa", "--card", card, "associate", "eim.der")

        def visit(what, *options):
            relay.up = relay.down = relay.packets = 0
            run("ipa", "--card", card, "poll", "--binding", binding, "--connect", f"127.0.0.1:{relay.port}", *options)
            table[what, binding] = (relay.up, relay.down, relay.packets)

        visit("nothing to do")
        run("eim", "list-profiles", "--store", "eim.db", "--eid", eid)
        visit("one package, its result")
        for minimised in (False, True):
            if minimised:  # the eIM rebuilds what is left out from what it knows of the card
                run("eim", "data", "--store", "eim.db", "--eid", eid, "--tags", "BF20BF22A5A6A8")
                visit("its data for the eIM", "--minimize")
            matching = f"{binding}-{minimised}"
            run("smdp", "order", "--no-qr", "--store", "dp.db", "--upp", "operator.der", "--matching-id", matching, "--host", dp)
            run("eim", "download", "--store", "eim.db", "--eid", eid, "--activation-code", f"1${dp}${matching}")
            visit("a download, minimised" if minimised else "a download through the eIM", *(["--minimize"] if minimised else []))
            run("eim", "delete", "--store", "eim.db", "--eid", eid, "--iccid", "8988211000000000110")
            visit("(a profile is deleted)")
    print(f"{'visit':28}" + "".join(f"{name:>34}" for name in ("ASN.1 by HTTPS", "JSON by HTTPS", "ASN.1 by CoAP")))
    for what in dict.fromkeys(what for what, _ in table if not what.startswith("(")):
        cells = [table[what, binding] for binding in ("asn1", "json", "coap")]
        print(f"{what:28}" + "".join(f"{f'{up} up {down} down, {packets} packets':>34}" for up, down, packets in cells))
        asn1, by_json, coap = (up + down for up, down, _ in cells)
        if not coap < asn1 < by_json:
            raise SystemExit(f"{what}: {coap} octets by CoAP, {asn1} by ASN.1, {by_json} by JSON")


main()
