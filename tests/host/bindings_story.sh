#!/bin/sh
# An IoT card under an eIM and an SM-DP+, each a process of its own: downloads by all three bindings, directly and by way of the eIM, with compact
# forms; each result is verified by the eIM.
set -eu
simurgh=$1
work=$(mktemp -d)
servers=
trap 'for pid in $servers; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
cd "$work"
cat >bootstrap.yaml <<END
iccid: "8988211000000000102"
imsi: "001010000000102"
k: 465B5CE8B199B49FAA5F0A2EE238A6BC
opc: CD63CB71954A9F4E48A5994E37A02BAF
END
sed 's/8988211000000000102/8988211000000000110/' bootstrap.yaml >operator.yaml
printf 'iot: {version: 1.2}\nprofiles:\n  - {name: Bootstrap, enabled: true}\n' >iot.yaml
"$simurgh" pki new pki >/dev/null
"$simurgh" profile build bootstrap.yaml -o bootstrap.der >/dev/null
"$simurgh" profile build operator.yaml -o operator.der >/dev/null
mkfifo dp eim
"$simurgh" smdp serve --store dp.db --pki pki --port 0 >dp &
servers="$! $servers"
"$simurgh" eim serve --store eim.db --pki pki --port 0 --rest-port -1 --coap-port 0 >eim &
servers="$! $servers"
exec 3<dp 4<eim
read -r line <&3
dp=localhost:$(printf '%s' "$line" | sed 's|.*https://[^ /]*:\([0-9]*\)/.*|\1|')
read -r line <&4
https=localhost:$(printf '%s' "$line" | sed 's|.*https://[^ /]*:\([0-9]*\)/.*|\1|')
coaps=localhost:$(printf '%s' "$line" | sed 's|.*coaps on port \([0-9]*\).*|\1|')
for binding in asn1 json coap; do
  for way in direct indirect; do
    card=$binding-$way.card
    "$simurgh" new "$card" --pki pki --recipe iot.yaml --profile bootstrap.der >/dev/null
    eid=$("$simurgh" --json inspect "$card" | sed -n 's/.*"eid": *"\([0-9A-F]*\)".*/\1/p' | head -n 1)
    if [ "$binding" = coap ]; then set -- --coap --fqdn "$coaps"; else set -- --fqdn "$https"; fi
    "$simurgh" eim config --pki pki --indirect --out eim.der "$@" >/dev/null
    "$simurgh" ipa --card "$card" associate eim.der >/dev/null
    "$simurgh" smdp order --no-qr --store dp.db --upp operator.der --matching-id "$binding-$way" --notify all --host "$dp" >/dev/null
    "$simurgh" eim download --store eim.db --eid "$eid" --activation-code "1\$$dp\$$binding-$way" --enable --rollback >order
    if [ "$way" = direct ]; then set -- --direct --ca pki; else set -- --minimize; fi
    "$simurgh" ipa --card "$card" poll --binding "$binding" --prove-pause 1 "$@" >log 2>&1 || { cat log; exit 1; }
    grep -q '1 package, 1 download, the new profile works' log || { cat log; exit 1; }
    "$simurgh" inspect "$card" >log
    grep -q '8988211000000000110  enabled' log || { cat log; exit 1; }
    "$simurgh" eim lookup --store eim.db --resource "$(cat order)" >log
    grep -q 'done, signature verified' log || { cat log; exit 1; }
  done
done
echo good
