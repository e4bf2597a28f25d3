#!/bin/sh
# A device of a scenario with a card in a file and the servers of the world as processes: the eIM over HTTP with TLS, then over CoAP with DTLS.
#   world_servers.sh SIMURGH SOURCE_DIR
set -eu
simurgh=$1 root=$2
story=$root/vectors/zero_touch
work=$(mktemp -d "${TMPDIR:-/tmp}/simurgh-world-XXXXXX")
servers=
finish() {
  code=$?
  trap - EXIT
  for pid in $servers; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ "$code" -eq 0 ] && rm -rf "$work" || { tail -n 20 "$work"/*.log "$work"/*.txt >&2 2>/dev/null || true; }
  exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM
cd "$work"

start() { # NAME COMMAND...: a server, until it has said where it listens
  name=$1
  shift
  "$@" >"$name.line" 2>"$name.log" &
  servers="$! $servers"
  pid=$!
  until [ -s "$name.line" ]; do
    kill -0 "$pid" 2>/dev/null || { echo "$name did not start" >&2; exit 1; }
    sleep 0.02
  done
}
port_of() { sed -n '1s|.*https://[^ /]*:\([0-9]*\)/.*|\1|p' "$1.line"; }
coap_port_of() { sed -n '1s|.*coaps on port \([0-9]*\).*|\1|p' "$1.line"; }

"$simurgh" pki new pki --host eim.example --host smdp.example >pki.txt
"$simurgh" profile build "$story/bootstrap.yaml" -o bootstrap.der >profile.txt
"$simurgh" profile build "$story/santos.yaml" -o santos.der >>profile.txt

for binding in https coaps; do
  sed "s/retrieveHttps/$([ $binding = https ] && echo retrieveHttps || echo retrieveCoaps)/" "$story/tracker.yaml" >tracker-$binding.yaml
  sed -e "s/kind: eim, fqdn: eim.example,/kind: eim, fqdn: eim.example, protocols: [$binding],/" \
      -e 's/{ fqdn: eim.example }/{ fqdn: eim.example }, { fqdn: eim.example, port: 5684, proto: udp }/' "$root/vectors/scenarios/rotterdam-santos.yaml" >$binding.yaml
  "$simurgh" new $binding.card --pki pki --recipe tracker-$binding.yaml --profile bootstrap.der >new.txt
  start smdp-$binding "$simurgh" smdp serve --store dp-$binding.db --pki pki --port 0 --address smdp.example
  start eim-$binding "$simurgh" eim serve --store eim-$binding.db --pki pki --port 0 --coap-port 0 --rest-port -1 --eim-id eim.example --fqdn eim.example --rules "$story/rules.yaml"
  "$simurgh" smdp order --no-qr --store dp-$binding.db --upp santos.der --name Santos --matching-id SANTOS --notify all --host smdp.example >order.txt
  "$simurgh" zero-touch $binding.yaml --card $binding.card --timeline --report $binding.html \
    --server "eim=127.0.0.1:$(port_of eim-$binding)" --server "eim/udp=127.0.0.1:$(coap_port_of eim-$binding)" --server "smdp=127.0.0.1:$(port_of smdp-$binding)" >$binding.txt
  transport=$([ $binding = https ] && echo tcp || echo udp)
  grep -q "channel_open  server=eim  transport=$transport" $binding.txt
  other=$([ $binding = https ] && echo udp || echo tcp)
  ! grep -q "channel_open  server=eim  transport=$other" $binding.txt
  # The card says itself what its assistant went through.
  for mark in assistant installed switching proven fallback returned; do grep -q "tracker  $mark" $binding.txt || { echo "no mark $mark over $binding" >&2; exit 1; }; done
  grep -q '>Assistant<' $binding.html
  "$simurgh" inspect $binding.card >inspect.txt
  grep -q 'enabled.*Santos' inspect.txt
  "$simurgh" eim list --store eim-$binding.db >list-$binding.txt
  grep -q done list-$binding.txt
done
