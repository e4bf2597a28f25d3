# Sourced by tools/demo: nobody touches the device. Its card has the assistant inside (IPAe): TLS runs in the card, the terminal carries octets.

cat >bootstrap.yaml <<END
iccid: "8988211000000000201"
imsi: "001010000000201"
k: 465B5CE8B199B49FAA5F0A2EE238A6BC
opc: CD63CB71954A9F4E48A5994E37A02BAF
spn: "Bootstrap"
END
sed -e 's/8988211000000000201/8988211000000000219/; s/001010000000201/001010000000219/; s/"Bootstrap"/"Santos Local"/' bootstrap.yaml >local.yaml
step "A test PKI" "$simurgh" pki new pki
step "The bootstrap profile" "$simurgh" profile build bootstrap.yaml -o bootstrap.der
step "The local operator's profile" "$simurgh" profile build local.yaml -o local.der
background SM-DP+ "$simurgh" smdp serve --store dp.db --pki pki --port 0
dp=localhost:$(port_of SM-DP+)
cat >rules.yaml <<END
rules:
  - name: Brazil
    country: 724
    activation-code: 1\$$dp\$SANTOS
    enable: true
    rollback: true
END
background eIM "$simurgh" eim serve --store eim.db --pki pki --port 0 --rest-port -1 --rules rules.yaml
eim_port=$(port_of eIM)
cat >tracker.yaml <<END
iot:
  ipae: true
  fallback: true
  assistant:
    hosts: {localhost: 127.0.0.1}
    polls: {first: 5, firstSpread: 0, bootstrapFirst: 5, bootstrapSpread: 0, bootstrapInterval: 60, jitterPercent: 0}
  eims:
    - {id: localhost, fqdn: "localhost:$eim_port", idType: fqdn, key: pki, tlsKey: pki, protocols: [retrieveHttps]}
profiles:
  - {name: Bootstrap, enabled: true, fallbackAllowed: true, fallbackAttribute: true}
END
step "The tracker's card, as the factory makes it" "$simurgh" new tracker.card --pki pki --recipe tracker.yaml --profile bootstrap.der
step "The local operator's order" "$simurgh" smdp order --no-qr --store dp.db --upp local.der --name "Santos Local" --matching-id SANTOS --notify all --host "$dp"
most_lines=12
step "The device boots in Brazil; its modem only carries octets" "$simurgh" exec --stats --card tracker.card -- "$simurgh" terminal --power-up nbiot --plmn 72405 --virtual-time --for 900
most_lines=60
step "What the card says" "$simurgh" inspect tracker.card
grep -q 'enabled.*Santos Local' out.txt
step "What the eIM knows" "$simurgh" eim devices --store eim.db
grep -q '8988211000000000219' out.txt

most_lines=9
step "Identities in a simulated world: a tracker whose home sponsor is refused" "$simurgh" zero-touch "$root"/vectors/scenarios/identity-by-rejection.yaml --report report.html
most_lines=60
[ -s report.html ]
mkdir -p "$root/build"
cp report.html "$root/build/zero-touch.html"
echo "   The picture: build/zero-touch.html"
