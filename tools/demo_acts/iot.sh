# Sourced by tools/demo: an IoT eUICC is associated with an eIM; signed packages download and enable a profile; a lost connection rolls back.

cat >bootstrap.yaml <<END
iccid: "8988211000000000102"
imsi: "001010000000102"
k: 465B5CE8B199B49FAA5F0A2EE238A6BC
opc: CD63CB71954A9F4E48A5994E37A02BAF
spn: "Bootstrap"
END
sed -e 's/8988211000000000102/8988211000000000110/; s/001010000000102/001010000000110/; s/"Bootstrap"/"Operator"/' bootstrap.yaml >operator.yaml
cat >iot.yaml <<END
iot: {version: 1.2, fallback: true}
profiles:
  - {name: Bootstrap, enabled: true, fallbackAllowed: true, fallbackAttribute: true}
END

step "A test PKI, with an eIM's keys" "$simurgh" pki new pki
step "A bootstrap profile" "$simurgh" profile build bootstrap.yaml -o bootstrap.der
step "An operator's profile" "$simurgh" profile build operator.yaml -o operator.der
step "An IoT eUICC with the bootstrap profile" "$simurgh" new tracker.card --pki pki --recipe iot.yaml --profile bootstrap.der
eid=$("$simurgh" --json inspect tracker.card | sed -n 's/.*"eid": *"\([0-9A-F]*\)".*/\1/p' | head -n 1)

background SM-DP+ "$simurgh" smdp serve --store dp.db --pki pki --port 0
dp=localhost:$(port_of SM-DP+)
background eIM "$simurgh" eim serve --store eim.db --pki pki --port 0 --rest-port -1
eim_port=$(port_of eIM)

step "The eIM's configuration data" "$simurgh" eim config --pki pki --fqdn "localhost:$eim_port" --out eim.der
at_card() { # TITLE COMMAND...: any program on the card, over PC/SC
  title=$1
  shift
  step "$title" "$simurgh" exec --stats --card tracker.card -- "$@"
}
at_card "The device maker associates the card with the eIM" "$simurgh" ipa --state ipa.state associate eim.der
step "The operator orders a profile" "$simurgh" smdp order --no-qr --store dp.db --upp operator.der --name Operator --matching-id TRACKER --notify all --host "$dp"
step "The eIM shall have it downloaded and enabled" "$simurgh" eim download --store eim.db --eid "$eid" --activation-code "1\$$dp\$TRACKER" --enable --rollback
at_card "The device polls: data, download, enable, report" "$simurgh" ipa --state ipa.state poll --ca pki --plmn 00101 --prove-pause 1
at_card "And once more, for what the result brought up" "$simurgh" ipa --state ipa.state poll --ca pki
step "What the eIM knows now" "$simurgh" eim devices --store eim.db

step "The eIM orders the bootstrap profile back" "$simurgh" eim enable --store eim.db --eid "$eid" --iccid 8988211000000000102 --rollback
perl "$root/tools/demo_acts/one_connection.pl" "$eim_port" >link.txt 2>link.log &
servers="$! $servers"
until [ -s link.txt ]; do sleep 0.05; done
link=$(cat link.txt)
printf '\n== The network carries one connection more, then it is gone: the new profile proves nothing and is rolled back\n'
"$simurgh" exec --card tracker.card -- "$simurgh" ipa --state ipa.state poll --ca pki --connect "127.0.0.1:$link" --prove 2 --prove-pause 1 >lost.txt 2>lost.log || true
sed 's/^/   /' lost.txt
step "The operator's profile is back" "$simurgh" inspect tracker.card
grep -q 'enabled.*Operator' out.txt
at_card "The network returns: the rollback is reported" "$simurgh" ipa --state ipa.state poll --ca pki
step "How the orders ended" "$simurgh" eim list --store eim.db
