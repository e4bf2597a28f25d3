#!/bin/sh
# simurgh ota: a file of a card that asks for ADM1 is changed by the operator, and what goes wrong says so.
set -eu
simurgh=$1
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
printf 'iccid: "8988211000000000011"\nimsi: "001010000000011"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\n' >recipe.yaml
"$simurgh" profile build recipe.yaml -o upp.der >/dev/null
printf 'profiles:\n  - iccid: "8988211000000000011"\n    enabled: true\n' >card.yaml
"$simurgh" new my.card --recipe card.yaml --profile upp.der >/dev/null
keys="--kic 000102030405060708090A0B0C0D0E0F --kid 000102030405060708090A0B0C0D0E0F"
secure="--cc --cipher --counter higher --por always --por-cc --por-cipher"
send() { "$simurgh" ota send --card my.card --tar B00140 $secure $keys "$@"; }
send --cntr 1 00A40004026F07 00D6000009082122232425262728 | grep -q '^executed  2 commands'
send --cntr 2 00A40004026F07 00B0000009 | grep -q '^answer    082122232425262728 9000'
"$simurgh" --json ota send --card my.card --tar B00140 $secure $keys --cntr 3 --expanded 00A4000C026F07 00B0000009 | grep -q '"data": "082122232425262728"'
fails_with 1 send --cntr 3 00A40004026F07
grep -q 'CNTR low' err
fails_with 1 send --cntr 4 00A40004026F07 00D6000001FF 00A4000402AAAA
grep -q '6A82' err
fails_with 1 "$simurgh" ota send --card my.card --tar ABCDEF $secure $keys 00A40004026F07
grep -q 'TAR unknown' err
fails_with 1 "$simurgh" ota send --card my.card --tar B00140 --por always 00A40004026F07
grep -q 'insufficient security level' err
fails_with 2 "$simurgh" ota build --tar B001 $secure $keys 00A40004026F07
fails_with 2 "$simurgh" ota build --tar B00140 $secure $keys
fails_with 2 "$simurgh" ota build --tar B00140 --cipher 00A40004026F07
fails_with 2 "$simurgh" ota build --tar B00140 --cc --kid 0001 00A40004026F07
# A packet of another implementation (vectors/ota) and its proof.
aes="--key-version 2 --kic 200102030405060708090A0B0C0D0E0F --kid 201102030405060708090A0B0C0D0E0F"
"$simurgh" ota build --spi 0619 --tar B00011 --cntr 0 $aes 00A40004023F00 | grep -q '^packet    00281506192222B00011E87CCEEBB2D93083011CE294F93FC4D8DE80DA1ABAE8C37CA3E72EC4432E5058$'
proof=027100002412B00011EBC6B497E2CAD7AEDF36ACE0E3A29B38853F0FE9CCDE81913BE5702B73ABCE1F
"$simurgh" ota read --spi 0619 $aes $proof | grep -q '^answer    6132'
fails_with 1 "$simurgh" ota read --spi 0619 $aes "${proof%1F}1E"
# The proof in a message of its own.
send --por-submit 00A40004026F07 | grep -q '^executed  1 command$'
# The script form, in several messages.
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo "> 00D6000009083132333435363738"; done | { echo "> 00A40004026F07"; cat; } >long.apdu
[ "$("$simurgh" ota build --tar B00140 $secure $keys --script long.apdu | grep -c '^TPDU')" -eq 2 ]
[ "$("$simurgh" --json ota build --tar B00140 00A40004026F07 | sed -n 's/.*"counter": \([0-9]*\),/\1/p')" -gt 100000000000 ]
send --script long.apdu | grep -q '^executed  16 commands'
