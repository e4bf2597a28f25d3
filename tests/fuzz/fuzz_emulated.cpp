// Whatever may be asked of an emulated IoT eUICC, and whatever its record may hold. Commands are two octets of length and the rest; A0 and A1 are lists
// that the associated eIM signs. Answers are well-formed, the record is read again as it was written, and another process shows the same eIMs.
#include <algorithm>
#include <array>
#include <optional>

#include "ipae/agent/emulated_iot.h"
#include "tests/fuzz/require.h"
#include "tests/support/test_eim.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

const Bytes kEid = from_hex("89049032123451234512345678901235").value();

// A consumer eUICC with three profiles, as far as the emulation asks it.
class Paper final : public Es10Port {
 public:
  PortResult<Bytes> request(ByteView command) override {
    const std::uint32_t tag = asn1::TlvReader(command).peek().value_or(0);
    const auto code = [&](unsigned value) { return asn1::tlv(tag, asn1::tlv(0x80, asn1::integer_content(value))); };
    switch (tag) {
      case 0xBF3E:
        return asn1::tlv(tag, asn1::tlv(0x5A, kEid));
      case 0xBF20:
        return from_hex("BF20118203020500A9040402AABBAA040402AABB").value();
      case 0xBF22:
        return from_hex("BF22058203020500").value();
      case 0xBF2D: {
        Bytes rows;
        for (std::size_t i = 0; i < there.size(); ++i) {
          if (!there[i]) continue;
          const Bytes state{static_cast<std::uint8_t>(enabled == static_cast<int>(i))};
          append(rows, asn1::tlv(0xE3, concat({asn1::tlv(0x5A, iccid(i)), asn1::tlv(0x9F70, state)})));
        }
        return asn1::tlv(tag, asn1::tlv(0xA0, rows));
      }
      case 0xBF31:
      case 0xBF32:
      case 0xBF33: {
        const int wanted = find(command);
        if (wanted < 0) return code(1);
        if ((enabled == wanted) != (tag == 0xBF32)) return code(2);
        if (tag == 0xBF31) enabled = wanted;
        if (tag == 0xBF32) enabled = -1;
        if (tag == 0xBF33) there[static_cast<std::size_t>(wanted)] = false;
        return code(0);
      }
      case 0xBF34:
        there = {};
        enabled = -1;
        return code(0);
      case 0xBF28:
      case 0xBF2B:
        return asn1::tlv(tag, asn1::tlv(0xA0, {}));
      case 0xBF30:
      case 0xBF3F:
        return code(0);
      default:
        return std::unexpected(PortError{"not found (6A88)", 0x6A88});
    }
  }
  static Bytes iccid(std::size_t number) { return concat({from_hex("980010325476981032").value(), Bytes{static_cast<std::uint8_t>(number)}}); }

 private:
  [[nodiscard]] int find(ByteView command) const {
    for (std::size_t i = 0; i < there.size(); ++i) {
      const Bytes wanted = asn1::tlv(0x5A, iccid(i));
      if (there[i] && std::search(command.begin(), command.end(), wanted.begin(), wanted.end()) != command.end()) return static_cast<int>(i);
    }
    return -1;
  }
  std::array<bool, 3> there{true, true, true};
  int enabled = 0;
};

struct Record final : JournalPort {
  Bytes load(unsigned) override { return octets; }
  void store(unsigned, ByteView value) override { octets = to_bytes(value); }
  Bytes octets;
};

test::TestEim new_eim() {
  const auto rng = crypto::seeded_rng(1);
  return test::TestEim("eim1", crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, *rng));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const Bytes input(data, data + size);
  const Bytes once = EmulatedState::decode(input).encode();
  FUZZ_REQUIRE(EmulatedState::decode(once).encode() == once);

  Paper card;
  Record record;
  test::TestEim eim = new_eim();
  std::optional<EmulatedIot> iot(std::in_place, card, record);
  FUZZ_REQUIRE(iot->request(eim.add_initial()).has_value());
  eim.token = 1;
  FUZZ_REQUIRE(iot->permit(Paper::iccid(1), true, false));
  FUZZ_REQUIRE(iot->permit(Paper::iccid(2), true, true));
  ByteView rest = input;
  for (unsigned count = 0; rest.size() >= 2 && count < 32; ++count) {
    const std::size_t length = std::min<std::size_t>(static_cast<std::size_t>(be_value(rest.first(2))), rest.size() - 2);
    const Bytes command = to_bytes(rest.subspan(2, length));
    rest = rest.subspan(2 + length);
    const std::uint32_t tag = asn1::TlvReader(command).peek().value_or(0);
    const bool list = tag == 0xA0 || tag == 0xA1;
    const auto element = asn1::TlvReader(command).next();
    if (list && !element) continue;
    const auto answer = iot->request(list ? eim.sign(eim.data(kEid, tag, element->value)) : command);
    FUZZ_REQUIRE(list ? answer.has_value() : true);
    if (answer && !answer->empty()) FUZZ_REQUIRE(asn1::TlvReader(*answer).next().has_value());
    FUZZ_REQUIRE(EmulatedState::decode(record.octets).encode() == record.octets);
    const auto shown = iot->request(from_hex("BF5500").value());
    iot.emplace(card, record);
    FUZZ_REQUIRE(iot->request(from_hex("BF5500").value()).value() == shown.value());
  }
  return 0;
}
