#!/bin/sh
# The acts of tools/demo that need no reader, with the executable of this build.
set -eu
root=$2
for act in iot zero-touch; do
  SIMURGH=$1 "$root/tools/demo" "$act" >log 2>&1 || { cat log; exit 1; }
  grep -q 'All of it worked' log
done
# A clumsy user.
code=0
"$root/tools/demo" nonsense >log 2>&1 || code=$?
[ "$code" -eq 2 ] || { cat log; exit 1; }
