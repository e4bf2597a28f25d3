#!/bin/sh
# PKI, card, package, server, download, enable, authentication and notifications by the public commands, and what they answer when used wrongly.
set -eu
script=$(dirname "$(realpath "$0")")
simurgh=$1
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
fails_with() { # code command...
  expected=$1
  shift
  code=0
  "$@" >out 2>err || code=$?
  [ "$code" -eq "$expected" ] || { echo "expected exit code $expected, got $code: $*"; cat err; exit 1; }
}
"$simurgh" pki new pki >/dev/null
fails_with 4 "$simurgh" pki new pki
"$simurgh" new my.card --pki pki >/dev/null
fails_with 4 "$simurgh" new my.card --pki pki
fails_with 2 "$simurgh" new other.card --pki pki --eid 89049032123451234512345678901234
fails_with 2 "$simurgh" nonsense
fails_with 4 "$simurgh" inspect nothing.card
fails_with 4 "$simurgh" apdu pki 00A40004023F00
fails_with 2 "$simurgh" apdu my.card 00A40
printf 'iccid: "8988211000000000011"\nimsi: "001010000000011"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\nalgorithm: milenage\n' >recipe.yaml
"$simurgh" profile build recipe.yaml -o upp.der >/dev/null
"$simurgh" profile check upp.der >/dev/null
head -c 1000 upp.der >short.der
fails_with 1 "$simurgh" profile check short.der
fails_with 1 "$simurgh" smdp order --store dp.db --upp short.der
mkfifo first_line
"$simurgh" smdp serve --store dp.db --pki pki >first_line 2>serve.log &
server=$!
read -r line <first_line
address=$(printf '%s' "$line" | sed -n 's|.*https://\([^/]*\)/.*|\1|p')
"$simurgh" smdp order --store dp.db --upp upp.der --matching-id CODE --notify all --host "$address" --confirmation-code 77 >/dev/null
fails_with 4 "$simurgh" smdp order --store dp.db --upp upp.der --matching-id CODE
on_card() { "$simurgh" exec --card my.card -- "$simurgh" "$@"; }
fails_with 1 on_card lpa profile download "LPA:1\$$address\$WRONG" --ca pki --yes
fails_with 1 on_card lpa profile download "LPA:1\$$address\$CODE" --ca pki --yes --confirmation-code 78
on_card lpa profile download "LPA:1\$$address\$CODE" --ca pki --yes --confirmation-code 77 >/dev/null
on_card lpa profile enable 8988211000000000011 >/dev/null
on_card aka --k 465B5CE8B199B49FAA5F0A2EE238A6BC --opc CD63CB71954A9F4E48A5994E37A02BAF | grep -q 'CK and IK agree'
fails_with 1 on_card aka --k 00000000000000000000000000000000 --opc CD63CB71954A9F4E48A5994E37A02BAF
on_card lpa notification process --ca pki >/dev/null
# A killed server has lost nothing it acknowledged.
kill -9 "$server"
server=
"$simurgh" smdp notifications --store dp.db | grep -q 'enable.*verified'
"$simurgh" --json smdp list --store dp.db | grep -q '"installed"'
"$simurgh" --json inspect my.card | grep -q '"profileState": "enabled"'
# Two cards at once, two programs in parallel, and a card in use is refused.
"$simurgh" new second.card --pki pki >/dev/null
"$simurgh" exec --card my.card --card second.card -- "$simurgh" lpa reader list | grep -c Simurgh | grep -qx 2
fails_with 4 "$simurgh" exec --card my.card -- "$simurgh" apdu my.card 00A40004023F00
grep -q 'in use' err
"$simurgh" exec --card my.card -- "$simurgh" inspect my.card >/dev/null
fails_with 7 "$simurgh" exec --card my.card -- sh -c 'exit 7'
# A script of python-pyscard.
python=
for candidate in python3 /usr/bin/python3; do ! $candidate -c 'import smartcard' 2>/dev/null || python=$candidate; done
if [ -n "$python" ]; then
  "$simurgh" exec --card my.card -- $python "$script/pyscard_client.py" >out || { cat out; exit 1; }
  grep -qx "EID $("$simurgh" --json inspect my.card | sed -n 's/.*"eid": *"\([0-9]*\)".*/\1/p')" out
else
  echo "python3-pyscard is not installed: not tried"
fi
