#!/bin/sh
# A process that switches profiles is killed at any moment, again and again: the card file opens, at most one profile is enabled, and nothing is lost.
set -eu
simurgh=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$simurgh" pki new pki >/dev/null
for n in 11 29; do
  printf 'iccid: "89882110000000000%s"\nimsi: "0010100000000%s"\nk: 465B5CE8B199B49FAA5F0A2EE238A6BC\nopc: CD63CB71954A9F4E48A5994E37A02BAF\n' $n $n >$n.yaml
  "$simurgh" profile build $n.yaml -o $n.der >/dev/null
done
printf 'profiles:\n  - name: one\n    notifications:\n      smdp.example.com: [enable, disable]\n  - name: two\n    notifications:\n      smdp.example.com: [enable, disable]\nnotificationCapacity: 1000\n' >card.yaml
"$simurgh" new my.card --pki pki --recipe card.yaml --profile 11.der --profile 29.der >/dev/null
{
  echo '> 00A4040C10A0000005591010FFFFFFFF8900000100'
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    echo '> 80E2910014BF3111A00C5A0A988812010000000010F1810100'
    echo '> 80E2910014BF3111A00C5A0A98881201000000002''0F9810100'
  done
} >switch.apdu
last=0
round=0
while [ $round -lt 12 ]; do
  "$simurgh" apdu my.card --script switch.apdu --raw >/dev/null 2>&1 &
  victim=$!
  sleep 0.0$((round % 9 + 1))
  kill -9 $victim 2>/dev/null || true
  wait $victim 2>/dev/null || true
  state=$("$simurgh" --json inspect my.card)
  enabled=$(printf '%s' "$state" | grep -c '"profileState": "enabled"' || true)
  profiles=$(printf '%s' "$state" | grep -c '"profileState"' || true)
  notifications=$(printf '%s' "$state" | grep -c '"seqNumber"' || true)
  [ "$enabled" -le 1 ] && [ "$profiles" -eq 2 ] && [ "$notifications" -ge "$last" ] ||
    { echo "round $round: $enabled enabled of $profiles, $notifications notifications after $last"; exit 1; }
  last=$notifications
  round=$((round + 1))
done
[ "$last" -gt 0 ] || { echo "no switch ever happened"; exit 1; }
