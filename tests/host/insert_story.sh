#!/bin/sh
# Cards put into pcscd's readers by 'simurgh insert', seen by our own client and by Debian's programs, through restarts and back out again.
# Usage: insert_story.sh SIMURGH ifd|vpcd DRIVER
# A pcscd of its own is started, which needs root and no other pcscd; else the test is skipped (exit code 77) and says why.
set -eu
script=$(realpath "$0")
simurgh=$1
kind=$2
driver=$3
skip() {
  echo "not tried: $1"
  exit 77
}
[ "$(id -u)" -eq 0 ] || skip "only root may start pcscd"
[ -x /usr/sbin/pcscd ] || skip "pcscd is not installed"
[ -e "$driver" ] || skip "$driver is not there"
! pgrep -x pcscd >/dev/null || skip "a pcscd runs already"
work=$(mktemp -d)
daemon= cards=
trap '[ -z "$cards" ] || kill "$cards" 2>/dev/null || true; [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
fail() {
  echo "$1"
  for log in pcscd.log insert.log out; do [ ! -s $log ] || { echo "--- $log"; tail -n 20 $log; }; done
  exit 1
}
eventually() { # what, command...: tries it for ten seconds
  what=$1
  shift
  tries=0
  until "$@" >out 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "never: $what"
    sleep 0.05
  done
}
fails_with() { # code command...
  expected=$1
  shift
  code=0
  "$@" >out 2>&1 || code=$?
  [ "$code" -eq "$expected" ] || fail "expected exit code $expected, got $code: $*"
}
start_pcscd() {
  /usr/sbin/pcscd --foreground --config "$work/reader.conf" >>pcscd.log 2>&1 &
  daemon=$!
  eventually "pcscd listens" "$simurgh" lpa reader list
}
stop_pcscd() {
  kill "$daemon"
  wait "$daemon" || true
  daemon=
}
start_insert() { # cards...
  "$simurgh" insert $reader "$@" >insert.log 2>&1 &
  cards=$!
}
stop_insert() {
  kill "$cards"
  code=0
  wait "$cards" || code=$?
  cards=
  [ "$code" -eq 0 ] || fail "insert ended with $code when it was asked to stop"
  grep -q 'APDU' insert.log || fail "insert does not tell how many APDUs crossed"
}
says() { "$@" 2>&1 | grep -q -- "$pattern"; }
holding() { [ "$("$simurgh" --json lpa reader list | grep -c '"card": true')" -eq "$1" ]; }

case $kind in
ifd)
  reader="--reader ifd"
  name="Simurgh"
  SIMURGH_IFD_SOCKET=$work/ifd.socket
  export SIMURGH_IFD_SOCKET
  printf 'FRIENDLYNAME "Simurgh"\nDEVICENAME %s:slots=8\nLIBPATH %s\n' "$SIMURGH_IFD_SOCKET" "$driver" >reader.conf
  ;;
vpcd)
  reader="--reader vpcd"
  name="Virtual PCD"
  printf 'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH %s\nCHANNELID 0x8C7B\n' "$driver" >reader.conf
  ;;
*) fail "no reader \"$kind\"" ;;
esac
"$simurgh" pki new pki >/dev/null
"$simurgh" new first.card --pki pki >/dev/null
"$simurgh" new second.card --pki pki >/dev/null

fails_with 3 "$simurgh" insert $reader first.card
start_pcscd
holding 0 || fail "a card before any was put in"
start_insert first.card second.card
eventually "two readers hold cards" holding 2
eid() { sed -n 's/.*"eidValue": *"\([0-9]*\)".*/\1/p'; }
for slot in 00 01; do
  "$simurgh" --json lpa --reader "$name 00 $slot" chip info | eid >>seen || fail "slot $slot has no eUICC"
done
if [ "$kind" = ifd ]; then  # vpcd's driver does not know what its cards are called
  "$simurgh" --json lpa --reader second.card chip info | eid >by_name || fail "no card is found by its name"
  [ "$(cat by_name)" = "$(tail -n 1 seen)" ] || fail "another card is found by the name of the second"
  "$simurgh" lpa reader list | grep -q "$name 00 01 .*second.card" || fail "the list does not say which card is where: $("$simurgh" lpa reader list)"
fi
[ "$(sort -u seen | grep -c '^89')" -eq 2 ] || fail "two cards, but not two EIDs: $(cat seen)"
fails_with 4 "$simurgh" apdu first.card 00A40004023F00
# Debian's programs.
if command -v opensc-tool >/dev/null; then
  pattern=$name
  says opensc-tool --list-readers || fail "opensc-tool does not list the reader"
  pattern='^3b:'
  says opensc-tool --reader 0 --atr || fail "opensc-tool does not read the ATR"
  pattern='SW1=0x\(90\|61\)'
  says opensc-tool --reader 0 --card-driver default --send-apdu 00A40004023F00 || fail "opensc-tool does not select the MF"
else
  echo "opensc-tool is not installed: not tried"
fi
if command -v pcsc_scan >/dev/null; then
  pattern='ATR: 3B'
  says pcsc_scan -n -c || fail "pcsc_scan does not see the card"
else
  echo "pcsc_scan is not installed: not tried"
fi
python=
for candidate in python3 /usr/bin/python3; do ! $candidate -c 'import smartcard' 2>/dev/null || python=$candidate; done
if [ -n "$python" ]; then
  pattern='^EID 89'
  says $python "$(dirname "$script")/pyscard_client.py" || fail "a pyscard script does not read the EID"
else
  echo "python3-pyscard is not installed: not tried"
fi
# The daemon restarts: the cards wait for it.
stop_pcscd
start_pcscd
eventually "the cards are back after a restart of pcscd" holding 2
"$simurgh" lpa --reader "$name 00 01" profile list >/dev/null || fail "the second card does not work after the restart"
# The card process dies at once: the reader is empty and takes another card.
kill -9 "$cards"
wait "$cards" 2>/dev/null || true
eventually "the readers are empty after the cards died" holding 0
start_insert second.card
eventually "a card is in again" holding 1
stop_insert
eventually "the reader is empty after Ctrl-C" holding 0
# Without --reader the best one present is taken.
reader=
start_insert first.card
eventually "a card is in the best reader" holding 1
pattern='slot 0 of the Simurgh reader'
[ "$kind" = vpcd ] || says cat insert.log || fail "not in the best reader"
stop_insert
