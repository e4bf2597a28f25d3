#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"
#include "tools/smdp/bpp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

// Sends pieces until one is answered; the answer.
Bytes send(BenchCard& bench, const std::vector<Bytes>& pieces) {
  for (const Bytes& piece : pieces) {
    Bytes answer = bench.lpa.es10(piece);
    if (!answer.empty()) return answer;
  }
  return {};
}

std::vector<Bytes> cut(ByteView package, std::size_t size) {
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < package.size(); at += size) out.push_back(to_bytes(package.subspan(at, std::min(size, package.size() - at))));
  return out;
}

std::size_t profiles(BenchCard& bench) {
  const Bytes list = bench.lpa.es10(from_hex("BF2D035C015A").value());
  std::size_t count = 0;
  asn1::TlvReader in(asn1::read_only(asn1::read_only(list, 0xBF2D)->value, 0xA0)->value);
  while (!in.at_end()) {
    REQUIRE(in.next());
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("A profile downloads on both curves, is listed, enabled and is a UICC then", "[rsp]") {
  for (const bool brainpool : {false, true}) {
    BenchCard bench(desk(), {}, brainpool);
    const Bytes result = bench.lpa.download(desk(), desk().order(kIccid1));
    REQUIRE(bench::installed(result));
    REQUIRE(asn1::check_nesting(result, 8, asn1::Lengths::der));
    desk().server().handle_notification(result);
    REQUIRE(desk().orders().notifications().back().verified);
    REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800100");
    REQUIRE(bench.apdu("00A40004022FE2").ends_with("9000"));
    REQUIRE(bench.raw("00B000000A") == to_hex(smdp::iccid_octets(kIccid1)) + "9000");
    REQUIRE(bench.apdu("00A4040407A0000000871002").ends_with("9000"));
    REQUIRE(bench.apdu("00A40004026F07").ends_with("9000"));
    REQUIRE(bench.raw("00B0000009").ends_with("9000"));
  }
}

TEST_CASE("A bound package is taken in slices of any size", "[rsp]") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{61}, std::size_t{255}, std::size_t{1000}, std::size_t{60000}}) {
    BenchCard bench(desk());
    const Bytes package = bench.lpa.bound_package(desk(), desk().order(kIccid1));
    INFO("slices of " << size);
    REQUIRE(bench::installed(send(bench, cut(package, size))));
  }
}

TEST_CASE("Blocks of 6 and of 255 octets carry the same download", "[rsp]") {
  for (const std::size_t block : {std::size_t{6}, std::size_t{60}, std::size_t{255}}) {
    BenchCard bench(desk());
    REQUIRE(bench::installed(bench.lpa.load(bench.lpa.bound_package(desk(), desk().order(kIccid1)), block)));
  }
}

TEST_CASE("Other functions are answered between segments without disturbing the load", "[rsp]") {
  BenchCard bench(desk());
  const auto pieces = bench::pieces_of(bench.lpa.bound_package(desk(), desk().order(kIccid1)));
  Bytes result;
  for (const Bytes& piece : pieces) {
    result = bench.lpa.es10(piece);
    if (result.empty()) REQUIRE(bench.es10("BF3E035C015A").starts_with("BF3E125A10"));
  }
  REQUIRE(bench::installed(result));
}

TEST_CASE("Any flipped octet of a bound package ends in a signed error that changes nothing", "[rsp]") {
  BenchCard bench(desk());
  const std::string id = desk().order(kIccid1);
  const Bytes package = bench.lpa.bound_package(desk(), id);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < package.size(); at += 1 + package.size() / 60) {
    bench.card.reset();
    Bytes tampered = bench.lpa.bound_package(desk(), desk().order(kIccid1));
    tampered[std::min(at, tampered.size() - 1)] ^= 0x04;
    Bytes result;
    try {
      result = send(bench, cut(tampered, 900));
    } catch (const bench::DeskError&) {
      continue;  // the outer tag was hit: the card never took it for a package
    }
    if (result.empty()) continue;  // a length grew: the card still waits
    INFO("octet " << at);
    REQUIRE_FALSE(bench::installed(result));
    ++refused;
  }
  REQUIRE(refused > 40);
  REQUIRE(profiles(bench) == 0);
  bench.card.reset();
  REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid1))));
}

TEST_CASE("Faults of a bound package are named by command and reason", "[rsp]") {
  BenchCard bench(desk());
  const auto fresh = [&](const Bytes& tail = {}, const Bytes& upp = {}, const char* iccid = kIccid1) {
    return bench.lpa.bound_package(desk(), desk().order(iccid, tail, upp));
  };
  const auto error = [&](const std::vector<Bytes>& pieces) { return bench::error_of(send(bench, pieces)); };
  using Error = std::pair<unsigned, unsigned>;  // reason, command

  SECTION("invalid signature of InitialiseSecureChannel") {
    auto pieces = bench::pieces_of(fresh());
    pieces[0].back() ^= 1;
    REQUIRE(error(pieces) == Error{2, 0});
  }
  SECTION("a wrong MAC in ConfigureISDP, StoreMetadata, ReplaceSessionKeys and the elements") {
    auto pieces = bench::pieces_of(fresh());
    pieces[1].back() ^= 1;
    REQUIRE(error(pieces) == Error{8, 1});
    pieces = bench::pieces_of(fresh());
    pieces[3].back() ^= 1;
    REQUIRE(error(pieces) == Error{8, 2});
    pieces = bench::pieces_of(fresh());
    pieces[4].back() ^= 1;
    REQUIRE(error(pieces) == Error{8, 4});
    pieces = bench::pieces_of(fresh());
    pieces[6].back() ^= 1;
    REQUIRE(error(pieces) == Error{8, 5});
  }
  SECTION("a missing and a repeated segment") {
    auto pieces = bench::pieces_of(fresh());
    pieces.erase(pieces.begin() + 6);
    REQUIRE(error(pieces) == Error{8, 5});
    pieces = bench::pieces_of(fresh());
    pieces.insert(pieces.begin() + 6, pieces[6]);
    REQUIRE(error(pieces) == Error{8, 5});
  }
  SECTION("parts out of order") {
    auto pieces = bench::pieces_of(fresh());
    std::swap(pieces[1], pieces[4]);
    REQUIRE(error(pieces) == Error{7, 1});
  }
  SECTION("an ICCID that is on the card already") {
    REQUIRE(bench::installed(send(bench, bench::pieces_of(fresh()))));
    REQUIRE(error(bench::pieces_of(fresh())) == Error{9, 2});
  }
  SECTION("metadata for another ICCID than the package") {
    const Bytes upp = perso::build_profile(perso::default_recipe(kIccid2, "001010000000001", Bytes(16, 1), Bytes(16, 2)));
    REQUIRE(error(bench::pieces_of(fresh({}, upp))) == Error{13, 5});
  }
  SECTION("a package that is none, one cut short and one with something behind PE-End") {
    REQUIRE(error(bench::pieces_of(fresh({}, Bytes(2000, 0x55)))) == Error{12, 5});
    Bytes upp = perso::build_profile(perso::default_recipe(kIccid1, "001010000000001", Bytes(16, 1), Bytes(16, 2)));
    Bytes cut_short(upp.begin(), upp.begin() + static_cast<std::ptrdiff_t>(upp.size() / 2));
    REQUIRE(error(bench::pieces_of(fresh({}, cut_short))) == Error{12, 5});
    append(upp, Bytes{0xAA, 0x05, 0xA0, 0x03, 0x81, 0x01, 0x01});
    REQUIRE(error(bench::pieces_of(fresh({}, upp))) == Error{12, 5});
  }
  SECTION("policy rules without a table, and an unknown class") {
    REQUIRE(error(bench::pieces_of(fresh(from_hex("B705800300F11099020640").value()))) == Error{15, 2});
    REQUIRE(error(bench::pieces_of(fresh(from_hex("99020640").value()))) == Error{15, 2});
    REQUIRE(error(bench::pieces_of(fresh(from_hex("950103").value()))) == Error{6, 2});
  }
  SECTION("a test profile with a key that is no test key") { REQUIRE(error(bench::pieces_of(fresh(from_hex("950100").value()))) == Error{14, 5}); }
  bench.card.reset();
  const std::size_t before = profiles(bench);
  REQUIRE(before <= 1);
  REQUIRE(bench.es10("BF2800").starts_with("BF28"));
}

TEST_CASE("A card without room says so", "[rsp]") {
  ecasd::Capabilities small;
  small.free_memory = 1500;
  BenchCard bench(desk(), small);
  REQUIRE(bench::error_of(bench.lpa.download(desk(), desk().order(kIccid1))) == std::pair<unsigned, unsigned>{10, 5});
  REQUIRE(profiles(bench) == 0);
}

TEST_CASE("A bound package works once: a replay finds no session and no key", "[rsp]") {
  BenchCard bench(desk());
  const Bytes package = bench.lpa.bound_package(desk(), desk().order(kIccid1));
  REQUIRE(bench::installed(send(bench, bench::pieces_of(package))));
  REQUIRE_THROWS_AS(send(bench, bench::pieces_of(package)), bench::DeskError);
  REQUIRE(bench.lpa.last_status() == 0x6985);
}

TEST_CASE("An interrupted load can be repeated with the package bound to the same one-time key", "[rsp]") {
  BenchCard bench(desk());
  const std::string id = desk().order(kIccid1);
  const Bytes package = bench.lpa.bound_package(desk(), id);
  REQUIRE(bench.lpa.es10(bench::pieces_of(package)[0]).empty());  // before ConfigureISDP nothing is lost
  bench.card.reset();
  const Bytes again = bench.lpa.bound_package(desk(), id);
  REQUIRE(again == package);
  // The transaction differs, so this package belongs to the earlier one: the card refuses it and forgets the key.
  const auto error = bench::error_of(send(bench, bench::pieces_of(again)));
  REQUIRE(error == std::pair<unsigned, unsigned>{3, 0});
}

TEST_CASE("A reset after ConfigureISDP leaves a signed interruption result", "[rsp]") {
  BenchCard bench(desk());
  const std::string id = desk().order(kIccid1);
  const auto pieces = bench::pieces_of(bench.lpa.bound_package(desk(), id));
  for (std::size_t i = 0; i < 8; ++i) REQUIRE(bench.lpa.es10(pieces[i]).empty());
  bench.card.reset();
  REQUIRE(notifications(bench) == "1:80");
  const Bytes list = bench.lpa.es10(from_hex("BF2B00").value());
  const auto results = asn1::read_only(asn1::read_only(list, 0xBF2B)->value, 0xA0);
  REQUIRE(bench::error_of(results->value).first == 11);
  REQUIRE(profiles(bench) == 0);
}

TEST_CASE("CancelSession works in each state, names its reason and ends the session", "[rsp]") {
  BenchCard bench(desk());
  REQUIRE(bench.es10("BF4106800101810100") == "BF4103810105");
  const auto pieces = bench::pieces_of(bench.lpa.bound_package(desk(), desk().order(kIccid1)));
  REQUIRE(bench.es10("BF4106800101810100") == "BF4103810105");
  const auto opened = asn1::read_head(pieces[0]);
  asn1::TlvReader in(ByteView(pieces[0]).subspan((*opened)->header));
  const auto initialise = in.next();
  const Bytes transaction = to_bytes(asn1::find_child(initialise->value, 0x80)->value);
  REQUIRE(bench.lpa.es10(pieces[0]).empty());
  const Bytes cancel = asn1::tlv(0xBF41, concat({asn1::tlv(0x80, transaction), from_hex("810101").value()}));
  const Bytes answer = bench.lpa.es10(cancel);
  REQUIRE(to_hex(answer).find("820101") != std::string::npos);
  REQUIRE_FALSE(desk().server().cancel_session(transaction, answer));
  REQUIRE(to_hex(bench.lpa.es10(cancel)) == "BF4103810105");
}
