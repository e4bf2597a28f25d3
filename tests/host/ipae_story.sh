#!/bin/sh
# A card with an IPAe asks its eIM: in our terminal, and in a modem of python-pyscard. TLS runs in the card, the sockets are real.
set -eu
script=$(dirname "$(realpath "$0")")
simurgh=$1
python=
for candidate in python3 /usr/bin/python3; do
  "$candidate" -c 'import smartcard' 2>/dev/null && { python=$candidate; break; }
done
[ -n "$python" ] || { echo "not tried here: python3-pyscard is missing"; exit 77; }
work=$(mktemp -d)
server=
eim=
trap 'for one in $server $eim; do kill "$one" 2>/dev/null || true; done; rm -rf "$work"' EXIT
cd "$work"
"$simurgh" pki new pki >/dev/null
mkfifo log
"$python" "$script/idle_eim.py" pki/EIM/CERT_EIM_TLS.pem pki/EIM/SK_EIM_TLS.pem >log &
server=$!
exec 3<log
read -r port <&3
cat >card.yaml <<END
iot:
  ipae: true
  assistant:
    polls: {first: 5, firstSpread: 0, jitterPercent: 0}
  eims:
    - {id: eim1.example.com, fqdn: "127.0.0.1:$port", idType: fqdn, key: pki, tlsKey: pki, protocols: [retrieveHttps]}
END
"$simurgh" new iot.card --pki pki --recipe card.yaml >/dev/null
eid=$("$simurgh" --json inspect iot.card | "$python" -c 'import json, sys; print(json.load(sys.stdin)["result"]["eid"])')
asked() { # the next question is that of our card
  read -r path type agent question <&3
  [ "$path" = /gsma/rsp2/asn1 ] && [ "$type" = application/x-gsma-rsp-asn1 ] && [ "$agent" = gsma-rsp-ipae ] || { echo "asked $path $type $agent"; exit 1; }
  case $question in BF4F*5A10"$eid"*) ;; *) echo "question $question"; exit 1 ;; esac
}
"$simurgh" terminal --card iot.card --power-up nbiot --virtual-time --for 60 >terminal.log
asked
grep -q 'OPEN CHANNEL' terminal.log
"$simurgh" inspect iot.card >seen
grep -q '^IPAe           1 visits' seen || { cat seen; exit 1; }
grep -q 'nothing to do' seen
"$simurgh" exec --card iot.card -- "$python" "$script/pyscard_modem.py"
asked
"$simurgh" inspect iot.card | grep -q '^IPAe           2 visits'
# Our own eIM has a signed package for the pyscard modem to carry, and believes the signed result.
mkfifo words
"$simurgh" eim serve --store eim.db --pki pki --port 0 --rest-port -1 >words 2>/dev/null &
eim=$!
exec 4<words
read -r where <&4
port=$(echo "$where" | sed -n 's|.*https://[^ /]*:\([0-9]*\)/.*|\1|p')
sed -e "s|id: eim1.example.com, fqdn: \"[^\"]*\"|id: localhost, fqdn: \"localhost:$port\"|; s|assistant:|assistant:\n    hosts: {localhost: 127.0.0.1}|" card.yaml >served.yaml
"$simurgh" new served.card --pki pki --recipe served.yaml >/dev/null
eid=$("$simurgh" --json inspect served.card | "$python" -c 'import json, sys; print(json.load(sys.stdin)["result"]["eid"])')
"$simurgh" eim list-profiles --store eim.db --eid "$eid" >/dev/null
"$simurgh" exec --card served.card -- "$python" "$script/pyscard_modem.py"
"$simurgh" --json eim list --store eim.db >orders
"$python" - <<'END' || { cat orders; exit 1; }
import json
order, = [one for one in json.load(open("orders"))["result"] if one["facility"] == "psmo"]
assert order["status"] == "done" and order["signatureVerified"] == "yes"
assert order["outcome"][0]["listProfileInfoResult"]["finalResult"] == "successResult"
END
# Somebody else's key is not believed, and the eIM hears nothing.
sed -i 's/tlsKey: pki/tlsCertificate: pki/' card.yaml
"$simurgh" pki new other >/dev/null
"$simurgh" new other.card --pki other --recipe card.yaml >/dev/null
"$simurgh" terminal --card other.card --power-up nbiot --virtual-time --for 60 >/dev/null
"$simurgh" inspect other.card | grep -q '^IPAe           0 visits'
echo good
