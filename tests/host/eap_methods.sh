#!/bin/sh
# EAP-SIM, EAP-AKA and EAP-AKA' by other people's programs: eapol_test drives the card through PC/SC, hostapd is the RADIUS server, and our home
# network gives it the vectors. Each method must end with keys on both sides, and none with a wrong K.
set -eu
simurgh=$1
for program in eapol_test hostapd python3; do
  command -v "$program" >/dev/null 2>&1 || PATH=$PATH:/usr/sbin:/sbin
  command -v "$program" >/dev/null 2>&1 || { echo "skipped: $program is not installed (Debian: eapoltest, hostapd, python3)"; exit 77; }
done
work=$(mktemp -d)
hss=
radius=
finish() {
  [ -z "$radius" ] || kill "$radius" 2>/dev/null || true
  [ -z "$hss" ] || kill "$hss" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
imsi=001010000000011
recipe() { # K
  printf 'iccid: "8988211000000000011"\nimsi: "%s"\nk: %s\nopc: CD63CB71954A9F4E48A5994E37A02BAF\nalgorithm: milenage\n' $imsi "$1"
}
recipe 465B5CE8B199B49FAA5F0A2EE238A6BC >recipe.yaml
printf 'profiles:\n  - enabled: true\n' >card.yaml
"$simurgh" pki new pki >/dev/null
"$simurgh" profile build recipe.yaml -o upp.der >/dev/null
"$simurgh" new my.card --pki pki --recipe card.yaml --profile upp.der >/dev/null

free_port() {
  python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# The first line of our network comes when its socket is there; hostapd says so in its log.
start_network() { # subscribers
  rm -f hss.line hss.sock
  mkfifo hss.line
  "$simurgh" hss --subscribers "$1" --eap-sim-db "$work/hss.sock" >hss.line 2>hss.err &
  hss=$!
  exec 9<hss.line
  read -r line <&9 || { echo 'the home network did not start'; cat hss.err; exit 1; }
  cat <&9 >hss.log &
  attempt=0
  while :; do
    port=$(free_port)
    printf '127.0.0.1 secret\n' >clients
    printf '"1"* SIM\n"0"* AKA\n"6"* AKA\047\n' >users
    printf 'driver=none\ninterface=lo\nlogger_stdout=-1\nlogger_stdout_level=0\nradius_server_clients=%s/clients\nradius_server_auth_port=%s\neap_server=1\neap_user_file=%s/users\neap_sim_db=unix:%s/hss.sock\n' \
      "$work" "$port" "$work" "$work" >hostapd.conf
    rm -f hostapd.pipe
    mkfifo hostapd.pipe
    hostapd -d hostapd.conf >hostapd.pipe 2>&1 &
    radius=$!
    exec 8<hostapd.pipe
    ready=
    : >hostapd.log
    while read -r line <&8; do
      printf '%s\n' "$line" >>hostapd.log
      case $line in *AP-ENABLED*|*'Setup of interface done'*) ready=1; break ;; esac
    done
    cat <&8 >>hostapd.log &
    [ -n "$ready" ] && return 0
    wait "$radius" || true
    radius=
    attempt=$((attempt + 1))
    [ "$attempt" -lt 5 ] || { echo 'hostapd did not start'; cat hostapd.log; exit 1; }
  done
}
stop_network() {
  kill "$radius" "$hss"
  wait "$radius" "$hss" 2>/dev/null || true
  radius=
  hss=
}
try() { # method, configuration of the peer
  printf 'network={\n  key_mgmt=WPA-EAP\n  eap=%s\n  pcsc="Simurgh"\n  pin="1234"\n%s\n}\n' "$1" "$2" >peer.conf
  "$simurgh" exec --card my.card -- eapol_test -c peer.conf -a 127.0.0.1 -p "$port" -s secret -t 20 >peer.log 2>&1
}
failed() {
  echo "$1"
  tail -60 peer.log
  echo '--- hostapd'
  tail -40 hostapd.log
  exit 1
}

start_network recipe.yaml
for method in SIM AKA "AKA'"; do
  try "$method" '' || failed "EAP-$method did not complete"
  grep -q '^SUCCESS' peer.log || failed "EAP-$method without SUCCESS"
  grep -q 'MPPE keys OK: 1' peer.log || failed "EAP-$method: the keys of both sides differ"
done
grep -q "SIM-REQ-AUTH $imsi" hss.log
grep -q "AKA-REQ-AUTH $imsi" hss.log
stop_network

# A network behind the sequence number the card holds in this place of its array resynchronises.
{ recipe 465B5CE8B199B49FAA5F0A2EE238A6BC; echo 'sqn: "000000000021"'; } >late.yaml
start_network late.yaml
try AKA '' || failed 'EAP-AKA with an old SQN did not complete'
grep -q "AKA-AUTS $imsi" hss.log || failed 'EAP-AKA with an old SQN did not resynchronise'
stop_network

# A network with another K is refused by the card, and the card by such a network.
recipe 00000000000000000000000000000000 >wrong.yaml
start_network wrong.yaml
for method in SIM AKA "AKA'"; do
  if try "$method" ''; then failed "EAP-$method completed with a wrong K"; fi
done
stop_network
