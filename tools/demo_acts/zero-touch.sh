# Sourced by tools/demo: one story. A tracker ships from Rotterdam to Santos; nobody touches it. Its card finds an identity that is welcome, reaches the
# eIM over TLS inside BIP, downloads the local operator's profile from the SM-DP+, proves it, and comes back when that operator fails. The servers
# are processes with sockets, the card sits in a PC/SC reader, the device and the networks around it are simulated in virtual time.

story=$root/vectors/zero_touch
step "A test PKI for the two servers" "$simurgh" pki new pki --host eim.example --host smdp.example
step "The bootstrap profile: three identities and the multi-IMSI applet" "$simurgh" profile build "$story/bootstrap.yaml" -o bootstrap.der
step "The profile of the operator in Brazil" "$simurgh" profile build "$story/santos.yaml" -o santos.der
step "The tracker's card, as the factory makes it" "$simurgh" new tracker.card --pki pki --recipe "$story/tracker.yaml" --profile bootstrap.der
background SM-DP+ "$simurgh" smdp serve --store dp.db --pki pki --port 0 --address smdp.example
background eIM "$simurgh" eim serve --store eim.db --pki pki --port 0 --rest-port -1 --eim-id eim.example --fqdn eim.example --rules "$story/rules.yaml"
step "The operator prepares its profile" "$simurgh" smdp order --no-qr --store dp.db --upp santos.der --name Santos --matching-id SANTOS --notify all --host smdp.example
most_lines=100
step "Twenty-three days of the tracker" "$simurgh" exec --stats --card tracker.card -- "$simurgh" zero-touch "$root/vectors/scenarios/rotterdam-santos.yaml" --reader tracker \
  --server "eim=127.0.0.1:$(port_of eIM)" --server "smdp=127.0.0.1:$(port_of SM-DP+)" --story --report report.html
most_lines=60
step "The same kind of journey by HTTP with TLS and by CoAP with DTLS, on a modelled NB-IoT link" "$simurgh" zero-touch "$root/vectors/scenarios/bindings.yaml" --compare
step "What the card says" "$simurgh" inspect tracker.card
grep -q 'enabled.*Santos' out.txt
grep -q 'no service for too long: fallback' out.txt
step "What the eIM knows" "$simurgh" eim devices --store eim.db
grep -q '8988211000000000219' out.txt
step "How the eIM's orders ended" "$simurgh" eim list --store eim.db
mkdir -p "$root/build"
cp report.html "$root/build/zero-touch.html"
echo "   The picture: build/zero-touch.html"
