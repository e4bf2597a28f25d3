#!/bin/sh
# simurgh eim: orders from the shell and by REST, devices played by curl and by libcoap's clients, TLS by OpenSSL, and a server that is killed in the middle.
set -eu
simurgh=$1
command -v curl >/dev/null && command -v openssl >/dev/null && command -v xxd >/dev/null || { echo "curl, openssl or xxd is missing: not tried here"; exit 77; }
work=$(mktemp -d)
server=
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; }
trap 'stop; rm -rf "$work"' EXIT
cd "$work"
eid=89049032123451234512345678901235
"$simurgh" pki new pki >/dev/null
start() { # further options...
  rm -f serve.out
  "$simurgh" --json eim serve --store eim.db --pki pki --coap-port 0 "$@" >serve.out 2>serve.err &
  server=$!
  tries=0
  until [ -s serve.out ]; do
    kill -0 "$server" 2>/dev/null || { cat serve.err; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { echo "the eIM does not start"; exit 1; }
    sleep 0.1
  done
  port=$(tr -d '\n ' <serve.out | sed 's/.*"port": *\([0-9]*\).*/\1/')
  coap=$(tr -d '\n ' <serve.out | sed 's/.*"coap_port": *\([0-9]*\).*/\1/')
  rest=$(tr -d '\n ' <serve.out | sed 's/.*"rest_port": *\([0-9]*\).*/\1/')
}
ask() { # hex -> hex
  printf '%s' "$1" | xxd -r -p >question
  curl -sS --cacert pki/CertificateIssuer/CERT_CI_ECDSA_NIST.pem -H 'Content-Type: application/x-gsma-rsp-asn1' -H 'X-Admin-Protocol: gsma/rsp/v2.1.0' \
    -A gsma-rsp-ipae --data-binary @question "https://localhost:$port/gsma/rsp2/asn1" | xxd -p | tr -d '\n'
}
same() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; exit 1; }; }

start --no-learn
for version in -tls1_2 -tls1_3; do
  openssl s_client -connect "localhost:$port" -servername localhost $version -CAfile pki/CertificateIssuer/CERT_CI_ECDSA_NIST.pem -verify_return_error \
    </dev/null >tls.out 2>&1 || { cat tls.out; exit 1; }
done
poll=bf4f125a10$eid
same "$(ask $poll)" bf4f03020101
for client in coap-client-openssl coap-client-gnutls; do
  command -v $client >/dev/null || { echo "$client is missing: not tried here"; continue; }
  rm -f answer
  $client -m post -B 20 -f question -o answer -C pki/CertificateIssuer/CERT_CI_ECDSA_NIST.pem -R pki/CertificateIssuer/CERT_CI_ECDSA_NIST.pem \
    "coaps://127.0.0.1:$coap/gsma/rsp2/asn1"
  same "$(xxd -p answer)" bf4f03020101
done
# An order from the shell while the server runs.
order=$("$simurgh" eim enable --store eim.db --eid $eid --iccid 89000123456789012345 --rollback)
first=$(ask $poll)
case $first in bf4f*bf51*a30e5a0a980010325476981032540500*) ;; *) echo "no package: $first"; exit 1 ;; esac
"$simurgh" eim lookup --store eim.db --resource "$order" | grep -q work
# Killed and started again: the same octets, and the counter is not used twice.
kill -9 "$server"
wait "$server" 2>/dev/null || true
start --no-learn
same "$(ask $poll)" "$first"
"$simurgh" --json eim devices --store eim.db | grep -q '"counterValue": *1,'
# A device that cannot read it ends the order.
tid=$(printf '%s' "$first" | sed 's/.*8210\(................................\)a010.*/\1/')
same "$(ask "bf5029""5a10$eid""a0158010${tid}020101")" bf50023000
"$simurgh" eim lookup --store eim.db --resource "$order" | grep -q invalidPackageFormat
# REST in the shapes that scripts know.
api="http://127.0.0.1:$rest"
url=$(curl -sS -L -o /dev/null -w '%{url_effective}' -H 'Content-Type: application/json' --data "{\"eidValue\":\"$eid\",\"order\":{\"download\":{\"activationCode\":\"1\$dp.example.com\$ID\"}}}" "$api/download/create")
case $url in "$api"/download/lookup/*) ;; *) echo "no redirection: $url"; exit 1 ;; esac
curl -sS "$url" | grep -q '"status":"new"'
case $(ask $poll) in bf4f*bf54*) ;; *) echo "no trigger"; exit 1 ;; esac
curl -sS "$url" | grep -q '"status":"work"'
curl -sS "$api/download/list" | grep -q "$(basename "$url")"
curl -sS -H 'Accept: text/html' "$api/" | grep -q '<!doctype html>'
same "$(curl -sS -o /dev/null -w '%{http_code}' --data '{}' "$api/psmo/create")" 400
# JSON on ESipa.
curl -sS --cacert pki/CertificateIssuer/CERT_CI_ECDSA_NIST.pem -H 'Content-Type: application/json;charset=UTF-8' --data "{\"eidValue\":\"$eid\"}" \
  "https://localhost:$port/gsma/rsp2/esipa/getEimPackage" | grep -q profileDownloadTriggerRequest
# What cannot be, says so.
code=0
"$simurgh" eim enable --store eim.db --eid 12 --iccid 89000123456789012345 2>err || code=$?
same $code 2
code=0
"$simurgh" eim serve --store eim.db --pki nowhere 2>err || code=$?
same $code 4
"$simurgh" eim config --pki pki --fqdn localhost:9443 --request | grep -q '^BF57'
stop
wait "$server" 2>/dev/null || true
server=
