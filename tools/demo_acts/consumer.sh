# Sourced by tools/demo: a consumer eUICC in a PC/SC reader downloads two profiles over HTTPS, switches between them, authenticates to a
# network and sends its notifications.

K1=465B5CE8B199B49FAA5F0A2EE238A6BC OPC1=CD63CB71954A9F4E48A5994E37A02BAF
K2=0396EB317B6D1C36F19C1C84CD6FFD16 OPC2=53C15671C60A4B731C55B4A441C0BDE2
ICCID1=8988211000000000011 ICCID2=8988211000000000029
cat >first.yaml <<EOF
iccid: "$ICCID1"
imsi: "001010000000011"
k: $K1
opc: $OPC1
algorithm: milenage
spn: "Demo One"
EOF
sed -e "s/$ICCID1/$ICCID2/; s/001010000000011/001010000000029/; s/$K1/$K2/; s/$OPC1/$OPC2/; s/Demo One/Demo Two/" first.yaml >second.yaml

step "A test PKI: CI, EUM, SM-DP+ on two curves" "$simurgh" pki new pki
step "A card with keys and certificates of its own" "$simurgh" new my.card --pki pki
step "A profile package with Milenage keys" "$simurgh" profile build first.yaml -o first.der
step "A second one" "$simurgh" profile build second.yaml -o second.der

background SM-DP+ "$simurgh" smdp serve --store dp.db --pki pki --port 0
address=localhost:$(port_of SM-DP+)

step "An order at the SM-DP+" "$simurgh" smdp order --no-qr --store dp.db --upp first.der --name "Demo One" --provider Simurgh --matching-id FIRST --notify all --host "$address"
step "A second order, with a confirmation code" "$simurgh" smdp order --no-qr --store dp.db --upp second.der --name "Demo Two" --provider Simurgh --matching-id SECOND --confirmation-code 1234 --notify all --host "$address"

# The reader: pcscd with Debian's virtual reader where both run, else the drop-in library for one program at a time.
inserted=
if "$simurgh" doctor --quiet --reader >doctor.log 2>&1; then
  background "reader of pcscd" "$simurgh" insert my.card
  inserted=yes
  via="pcscd and a virtual reader"
else
  via="the drop-in libpcsclite, without a daemon"
fi
echo
echo "== The card is reached through $via"

on() { # TITLE COMMAND...
  title=$1
  shift
  if [ -n "$inserted" ]; then step "$title" "$@"; else step "$title" "$simurgh" exec --stats --card my.card -- "$@"; fi
}
lpa="$simurgh lpa"
SIMURGH_CA=$PWD/pki
export SIMURGH_CA
on "What card is it" $lpa chip info
on "Download over HTTPS" $lpa profile download "LPA:1\$$address\$FIRST" --yes
on "Download with a confirmation code" $lpa profile download "LPA:1\$$address\$SECOND" --confirmation-code 1234 --yes
on "Enable the first" $lpa profile enable $ICCID1
on "Authenticate to its home network" "$simurgh" aka --k $K1 --opc $OPC1
on "Switch to the second" $lpa profile enable $ICCID2
on "Authenticate to the other network" "$simurgh" aka --k $K2 --opc $OPC2
on "Send the notifications" $lpa notification process
on "What is on the card now" $lpa profile list
unset SIMURGH_CA
