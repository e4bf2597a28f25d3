#!/bin/sh
# A modem at a card, through a reader and without one: what it reads, the PIN, a profile switch that the card asks it to notice, an attach.
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
  [ "$code" -eq "$expected" ] || { echo "expected exit code $expected, got $code: $*"; cat err; exit 1; }
}
recipe() { # last digits, PIN state
  printf 'iccid: "89882110000000000%s"\nimsi: "0010100000000%s"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\npin1: {value: "1234", enabled: %s}\n' "$1" "$(printf '%s' "$1" | tail -c 2)" "$2"
}
recipe 11 false >first.yaml
recipe 29 true >second.yaml
printf 'profiles:\n  - enabled: true\n  - enabled: false\n' >card.yaml
"$simurgh" pki new pki >/dev/null
for name in first second; do "$simurgh" profile build $name.yaml -o $name.der >/dev/null; done
"$simurgh" new my.card --pki pki --recipe card.yaml --profile first.der --profile second.der >/dev/null
for way in "$simurgh terminal --card my.card" "$simurgh exec --card my.card -- $simurgh terminal"; do
  $way --power-up phone >log
  grep -q 'card *ICCID 8988211000000000011, IMSI 001010000000011' log
  grep -q 'file *ISIM EF.IMPI' log
  $way --aka --subscribers first.yaml | grep -q 'CK and IK agree'
  fails_with 1 $way --aka --k 00000000000000000000000000000000 --opc CD63CB71954A9F4E48A5994E37A02BAF
  grep -q 'MAC in AUTN' err
  $way --power-up nbiot --for 300 --virtual-time --trace | grep -c 'apdu *80F2000C00 -> 9000' | grep -qx 11
done
# The ISD-R switches to the second profile and asks for a REFRESH; its PIN1 is then needed.
enable=80E2910014BF3111A00C5A0A988812010000000020F98101FF
fails_with 1 "$simurgh" terminal --card my.card --apdu 00A4040010A0000005591010FFFFFFFF8900000100 --apdu "$enable"
grep -q 'after REFRESH: the card asks for PIN1 (3 tries left)' err
grep -q 'command *REFRESH 09' out
"$simurgh" --json terminal --card my.card --pin 1234 >json
grep -q '"iccid": "8988211000000000029"' json
grep -q '"path": "7FFF6F07"' json
fails_with 1 "$simurgh" terminal --card my.card --pin 9999
grep -q 'PIN1 is wrong, 2 tries left' err
fails_with 2 "$simurgh" terminal --card my.card --answer nonsense
fails_with 2 "$simurgh" terminal --card my.card --imei 12
fails_with 2 "$simurgh" terminal --card my.card --aka
fails_with 4 "$simurgh" terminal --card nothing.card
printf 'terminalProfile: {base: none}\n' >silent.yaml
"$simurgh" terminal --card my.card --pin 1234 --capabilities silent.yaml --trace | grep -q 'apdu *801000000100 -> 9000'
