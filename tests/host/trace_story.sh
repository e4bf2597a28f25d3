#!/bin/sh
# simurgh --record, trace and explain: a session of a program in every format, read by tshark, without a PIN in it.
set -eu
simurgh=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
printf 'iccid: "8988211000000000011"\nimsi: "001010000000011"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\n' >recipe.yaml
"$simurgh" profile build recipe.yaml -o upp.der >/dev/null
printf 'profiles:\n  - iccid: "8988211000000000011"\n    enabled: true\n' >card.yaml
"$simurgh" new my.card --recipe card.yaml --profile upp.der >/dev/null
"$simurgh" --record json:s.jsonl --record pcap:s.pcap --record text:s.txt apdu my.card 00A40004022FE2 00B000000A 00200001083132333435363738 >/dev/null || true
grep -q 'VERIFY PIN' s.txt
if grep -q 31323334 s.txt s.jsonl || grep -qa 12345678 s.pcap; then
  echo "the PIN is in a trace"
  exit 1
fi
"$simurgh" --record text:open.txt --reveal-secrets apdu my.card 00200001083132333435363738 >/dev/null || true
grep -q 3132333435363738 open.txt
"$simurgh" trace s.jsonl | grep -q 'READ BINARY'
"$simurgh" trace s.jsonl --to pcap:again.pcap
cmp s.pcap again.pcap
code=0
"$simurgh" trace recipe.yaml >/dev/null 2>err || code=$?
[ "$code" -eq 4 ]
grep -q 'line 1 is no line' err
"$simurgh" explain 00A40004022FE2 6A82 | grep -q 'EF.ICCID'
code=0
"$simurgh" explain 1122334455 2>err || code=$?
[ "$code" -eq 1 ]
# A program through exec, recorded as well.
"$simurgh" --record json:exec.jsonl exec --card my.card -- true
if ! command -v tshark >/dev/null 2>&1; then
  echo "tshark is not installed: the capture is not read by another program"
  exit 77
fi
tshark -r s.pcap -V 2>/dev/null >decoded
grep -q 'GSM SIM' decoded
grep -qi 'select' decoded
[ "$(tshark -r s.pcap -Y gsm_sim 2>/dev/null | wc -l)" -ge 3 ]
