#!/bin/sh
# The IPAd's command line on an IoT card file and on an emulated one: association, what it shows, exit codes, and eIMs that cannot be reached.
set -eu
simurgh=$1
vectors=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fails_with() { # code command...
  expected=$1
  shift
  code=0
  "$@" >out 2>err || code=$?
  [ "$code" -eq "$expected" ] || { echo "expected exit code $expected, got $code: $*"; cat out err; exit 1; }
}
"$simurgh" pki new pki >/dev/null
printf 'iot: { fallback: true, ecall: true }\n' >iot.yaml
"$simurgh" new iot.card --pki pki --recipe iot.yaml >/dev/null
"$simurgh" new consumer.card --pki pki >/dev/null
sed -n 's/^AddInitialEimRequest //p' "$vectors" | head -1 >eim.hex
[ -s eim.hex ]
python3 - <<'PY'
import base64
octets = bytes.fromhex(open("eim.hex").read().strip())
open("eim.der", "wb").write(octets)
open("eim.b64", "w").write(base64.b64encode(octets).decode())
PY
for spelling in hex der b64; do
  cp iot.card again.card
  "$simurgh" ipa --card again.card associate eim.$spelling | grep -q 'Associated eim1.example.com; tell it the association token 1'
done
"$simurgh" ipa --card iot.card info | grep -q 'No eIM'
"$simurgh" ipa --card iot.card associate eim.hex >/dev/null
fails_with 1 "$simurgh" ipa --card iot.card associate eim.hex
grep -q 'only that one can add others' err
"$simurgh" --json ipa --card iot.card info | grep -q '"eimId": "eim1.example.com"'
"$simurgh" ipa --card iot.card info | grep -q 'emergency profile, fallback'
# Not an IoT card, and what only makes it one.
fails_with 1 "$simurgh" ipa --card consumer.card info
grep -q -- '--emulate-iot' err
fails_with 2 "$simurgh" ipa --card iot.card --emulate-iot info
"$simurgh" ipa --card consumer.card --emulate-iot associate eim.der | grep -q 'token 1'
"$simurgh" ipa --card consumer.card --emulate-iot info | grep -q 'eim1.example.com'
[ -s consumer.card.ipa ]
"$simurgh" ipa --card consumer.card --emulate-iot forget --yes >/dev/null
"$simurgh" ipa --card consumer.card --emulate-iot info | grep -q 'No eIM'
"$simurgh" ipa --card consumer.card --emulate-iot associate eim.der | grep -q 'token 2'
# What the device does by itself: an emulated card with two profiles, of which one is for emergencies.
cat >one.yaml <<END
iccid: "8988211000000000102"
imsi: "001010000000102"
k: 465B5CE8B199B49FAA5F0A2EE238A6BC
opc: CD63CB71954A9F4E48A5994E37A02BAF
END
sed 's/8988211000000000102/8988211000000000110/' one.yaml >two.yaml
for n in one two; do "$simurgh" profile build $n.yaml -o $n.der >/dev/null; done
printf 'profiles:\n  - {name: One, enabled: true}\n  - {name: Two}\n' >two-profiles.yaml
"$simurgh" new call.card --pki pki --recipe two-profiles.yaml --profile one.der --profile two.der >/dev/null
emulated() { "$simurgh" ipa --card call.card --emulate-iot "$@"; }
fails_with 1 emulated emergency on
grep -q 'ecallNotAvailable' err
fails_with 1 emulated permit 8988211000000000999 --emergency
fails_with 2 "$simurgh" ipa --card iot.card permit 8988211000000000110 --emergency
emulated permit 8988211000000000110 --fallback --emergency >/dev/null
emulated emergency on | grep -q 'until'
"$simurgh" inspect call.card | grep -q '8988211000000000110  enabled'
fails_with 1 emulated emergency on
emulated emergency off >/dev/null
"$simurgh" inspect call.card | grep -q '8988211000000000102  enabled'
"$simurgh" inspect call.card | grep -q 'Notifications  0'
fails_with 1 emulated fallback
grep -q 'fallbackNotAvailable' err
fails_with 1 "$simurgh" ipa --card iot.card return
"$simurgh" --json ipa --card call.card --emulate-iot immediate-enable on --smdp smdp.example.com --oid 2.999.10 | grep -q '"ok": true'
fails_with 2 emulated immediate-enable on --oid 2.x
fails_with 2 emulated emergency perhaps
fails_with 1 "$simurgh" ipa --card iot.card immediate-enable on
grep -q 'associatedEimAlreadyExists' err
# Nobody there: a port that was free a moment ago, an eIM without a way, an address that is none.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
for binding in asn1 json; do fails_with 3 "$simurgh" ipa --card iot.card poll --binding $binding --connect "127.0.0.1:$port"; done
grep -q 'no connection to' err
fails_with 3 "$simurgh" --json ipa --card iot.card poll --connect "127.0.0.1:$port"
grep -q '"exit": 3' out
fails_with 2 "$simurgh" ipa --card iot.card poll --binding smoke
fails_with 2 "$simurgh" ipa --card iot.card poll --plmn 1
fails_with 2 "$simurgh" ipa --card iot.card poll --probe 'a b'
fails_with 2 "$simurgh" ipa --card iot.card poll --eim 'a b'
fails_with 4 "$simurgh" ipa --card iot.card associate nothing
fails_with 4 "$simurgh" ipa --card iot.card associate iot.yaml
printf 'nonsense\n' >state
fails_with 4 "$simurgh" ipa --card iot.card --state state info
fails_with 2 "$simurgh" ipa --card iot.card forget
"$simurgh" ipa --card iot.card forget --yes | grep -q 'Removed every eIM'
fails_with 1 "$simurgh" ipa --card iot.card forget --yes
fails_with 3 "$simurgh" ipa --card iot.card poll
# Forever: one document a poll, until it is told to stop; who failed before waits before the first poll.
"$simurgh" new loop.card --pki pki --recipe iot.yaml >/dev/null
"$simurgh" ipa --card loop.card associate eim.hex >/dev/null
"$simurgh" --json ipa --card loop.card poll --forever --interval 1 --connect "127.0.0.1:$port" >rows 2>/dev/null &
pid=$!
for _ in $(seq 1 200); do
  [ "$(grep -c '^{"schema":1,"command":"ipa poll","ok":false' rows || true)" -ge 2 ] && break
  sleep 0.1
done
kill -TERM "$pid"
wait "$pid"
[ "$(grep -c '^{"schema":1,"command":"ipa poll","ok":false' rows)" -ge 2 ]
"$simurgh" ipa --card loop.card poll --forever --connect "127.0.0.1:$port" >/dev/null 2>err &
pid=$!
for _ in $(seq 1 200); do
  grep -q 'The first poll comes in [0-9]* seconds' err && break
  sleep 0.1
done
kill -TERM "$pid"
wait "$pid"
grep -q 'The first poll comes in [0-9]* seconds' err
# What an IPAd sends a card first: TERMINAL CAPABILITY, a channel, the ISD-R, the EID, eIMs.
"$simurgh" exec --card loop.card --trace -- "$simurgh" ipa --state s info 2>&1 | sed -n 's/^> //p' | grep -v '^..C0' >sent
printf '%s\n' 80AA000005A903840101 0070000001 01A4040010A0000005591010FFFFFFFF8900000100 81E2910006BF3E035C015A 81E2910003BF5500 >expected
head -n 5 sent | cmp - expected
# Through a reader as well.
"$simurgh" exec --card iot.card -- "$simurgh" ipa --state s2 info | grep -q 'SGP.32    1.2'
