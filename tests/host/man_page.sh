#!/bin/sh
# Every command and option that --help shows stands in the man page.
set -eu
simurgh=$1
page=$2
missing=
check() { # command words
  help=$("$simurgh" "$@" --help)
  for option in $(printf '%s\n' "$help" | grep -o -- '--[a-z][a-z0-9-]*' | sort -u); do
    [ "$option" = --help ] && continue
    grep -q -- "$(printf '%s' "$option" | sed 's/-/\\\\-/g')\b" "$page" || grep -q -- "$option\b" "$page" || missing="$missing $*:$option"
  done
  case $help in *Subcommands:*) ;; *) return 0 ;; esac
  for sub in $(printf '%s\n' "$help" | sed -n '/^Subcommands:/,/^$/p' | sed -n 's/^  \([a-z][a-z0-9-]*\) .*/\1/p'); do check "$@" "$sub"; done
}
for command in $("$simurgh" --help | sed -n '/^Subcommands:/,/^$/p' | sed -n 's/^  \([a-z][a-z0-9]*\) .*/\1/p'); do
  grep -q "$command" "$page" || missing="$missing $command"
  check "$command"
done
[ -z "$missing" ] || { echo "missing in $page:$missing"; exit 1; }
