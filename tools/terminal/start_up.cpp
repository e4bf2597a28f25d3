#include "tools/terminal/start_up.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "tools/terminal/device.h"
#include "tools/terminal/text.h"

namespace simurgh::terminal {
namespace {

using namespace simurgh::literals;

struct File {
  const char* name;
  const char* path;
};
// TS 102 221 13, TS 31.102 4.2 and 4.4; what the digest of start-up traces shows modems reading.
constexpr File kBeforePin[] = {{"EF.LI", "7FFF6F05"}, {"EF.ECC", "7FFF6FB7"}};
constexpr File kMinimal[] = {{"EF.IMSI", "7FFF6F07"}, {"EF.AD", "7FFF6FAD"}};
constexpr File kPhone[] = {{"EF.UST", "7FFF6F38"}, {"EF.EST", "7FFF6F56"}, {"EF.AD", "7FFF6FAD"}, {"EF.IMSI", "7FFF6F07"}, {"EF.ACC", "7FFF6F78"},
                           {"EF.HPPLMN", "7FFF6F31"}, {"EF.SPN", "7FFF6F46"}, {"EF.LOCI", "7FFF6F7E"}, {"EF.PSLOCI", "7FFF6F73"},
                           {"EF.EPSLOCI", "7FFF6FE3"}, {"EF.EPSNSC", "7FFF6FE4"}, {"EF.FPLMN", "7FFF6F7B"}, {"EF.EHPLMN", "7FFF6FD9"},
                           {"EF.PLMNwAcT", "7FFF6F60"}, {"EF.OPLMNwAcT", "7FFF6F61"}, {"EF.HPLMNwAcT", "7FFF6F62"}, {"EF.Keys", "7FFF6F08"},
                           {"EF.KeysPS", "7FFF6F09"}, {"EF.GID1", "7FFF6F3E"}, {"EF.GID2", "7FFF6F3F"}, {"EF.MSISDN", "7FFF6F40"},
                           {"EF.SMSP", "7FFF6F42"}, {"EF.SMSS", "7FFF6F43"}, {"EF.NASCONFIG", "7FFF6FE8"}, {"EF.5GS3GPPLOCI", "7FFF5FC04F01"},
                           {"EF.5GS3GPPNSC", "7FFF5FC04F03"}, {"EF.SUCI_Calc_Info", "7FFF5FC04F07"}};
constexpr File kNbIot[] = {{"EF.UST", "7FFF6F38"}, {"EF.IMSI", "7FFF6F07"}, {"EF.AD", "7FFF6FAD"}, {"EF.ACC", "7FFF6F78"}, {"EF.EPSLOCI", "7FFF6FE3"},
                           {"EF.EPSNSC", "7FFF6FE4"}, {"EF.FPLMN", "7FFF6F7B"}, {"EF.HPPLMN", "7FFF6F31"}, {"EF.PLMNwAcT", "7FFF6F60"},
                           {"EF.OPLMNwAcT", "7FFF6F61"}, {"EF.HPLMNwAcT", "7FFF6F62"}, {"EF.EHPLMN", "7FFF6FD9"}, {"EF.NASCONFIG", "7FFF6FE8"}};
constexpr File kIsim[] = {{"EF.IST", "7FFF6F07"}, {"EF.IMPI", "7FFF6F02"}, {"EF.DOMAIN", "7FFF6F03"}, {"EF.IMPU", "7FFF6F04"}, {"EF.AD", "7FFF6FAD"}};
const Bytes kUsimPrefix = "A0000000871002"_hex, kIsimPrefix = "A0000000871004"_hex;  // TS 101 220 annex E
constexpr std::size_t kChunk = 255;
constexpr std::size_t kMaxFile = 64 * 1024;

Bytes select_path(ByteView path, std::uint8_t channel) {
  return concat({Bytes{channel, 0xA4, 0x08, 0x04, static_cast<std::uint8_t>(path.size())}, path});
}

Bytes select_aid(ByteView aid, std::uint8_t p2, std::uint8_t channel = 0) {
  return concat({Bytes{channel, 0xA4, 0x04, p2, static_cast<std::uint8_t>(aid.size())}, aid});
}

bool starts_with(ByteView text, ByteView prefix) { return text.size() >= prefix.size() && equal(text.first(prefix.size()), prefix); }

std::string tries(std::uint16_t sw) {
  const unsigned left = sw & 0x0F;
  return std::to_string(left) + (left == 1 ? " try left" : " tries left");
}

}  // namespace

std::optional<PowerUp> power_up_of(std::string_view name) {
  if (name == "minimal") return PowerUp::minimal;
  if (name == "phone") return PowerUp::phone;
  if (name == "nbiot") return PowerUp::nbiot;
  return std::nullopt;
}

std::string CardFacts::iccid() const {
  const auto at = files.find("2FE2");
  return at == files.end() ? std::string{} : bcd_digits(at->second.body());
}

// TS 31.102 4.2.2: a length, then the type and parity nibble in front of the digits.
std::string CardFacts::imsi() const {
  const auto at = files.find("7FFF6F07");
  if (at == files.end() || at->second.body().size() < 2) return {};
  const ByteView body = at->second.body();
  return bcd_digits(body.subspan(1, std::min<std::size_t>(body[0], body.size() - 1)), 1);
}

StartUp::StartUp(CardSession& card, PowerUp kind, const Capabilities& capabilities, std::string pin, std::function<void(const CardFile&)> seen)
    : card_(card), kind_(kind), capabilities_(capabilities), pin_(std::move(pin)), seen_(std::move(seen)) {}

const CardFile& StartUp::read(const std::string& name, const std::string& path, std::uint8_t channel) {
  CardFile& file = facts_.files[(channel == 0 ? path : "ISIM" + path.substr(4))];
  file = CardFile{};
  file.name = name;
  const Answer selected = card_.transmit(select_path(from_hex(path).value(), channel));
  const auto fcp = asn1::read_only(selected.data, 0x62);
  file.sw = selected.sw;
  if (selected.ok() && fcp) {
    const auto descriptor = asn1::find_child(fcp->value, 0x82);
    const auto size = asn1::find_child(fcp->value, 0x80);
    // TS 102 221 11.1.1.4.3: bits 3 to 1 of the first octet are the structure, record length and count follow.
    if (descriptor && descriptor->value.size() >= 5 && (descriptor->value[0] & 0x07) != 0x01) {
      file.structure = FileStructure::records;
      const auto length = static_cast<std::uint8_t>(descriptor->value[3]);
      for (unsigned record = 1; record <= descriptor->value[4] && length != 0; ++record) {
        Answer answer = card_.transmit(Bytes{channel, 0xB2, static_cast<std::uint8_t>(record), 0x04, length});
        file.sw = answer.sw;
        if (!answer.ok()) break;
        file.content.push_back(std::move(answer.data));
      }
    } else if (size && descriptor) {
      const std::size_t total = std::min<std::size_t>(static_cast<std::size_t>(be_value(size->value)), kMaxFile);
      Bytes body;
      while (body.size() < total) {
        const std::size_t part = std::min(kChunk, total - body.size());
        const Answer answer = card_.transmit(Bytes{channel, 0xB0, static_cast<std::uint8_t>(body.size() >> 8 & 0x7F), static_cast<std::uint8_t>(body.size()),
                                                   static_cast<std::uint8_t>(part)});
        file.sw = answer.sw;
        if (!answer.ok() || answer.data.empty()) break;
        append(body, answer.data);
      }
      if (!body.empty()) file.content.push_back(std::move(body));
    }
  }
  if (seen_) seen_(file);
  return file;
}

void StartUp::read_directory() {
  facts_.applications.clear();
  for (const Bytes& record : read("EF.DIR", "2F00").content) {
    const auto entry = asn1::TlvReader(record).next();
    if (!entry || entry->tag != 0x61) continue;
    const auto aid = asn1::find_child(entry->value, 0x4F);
    if (!aid || aid->value.empty() || aid->value.size() > 16) continue;
    const auto label = asn1::find_child(entry->value, 0x50);
    facts_.applications.push_back({to_bytes(aid->value), label ? decode_alpha(label->value) : std::string{}});
  }
}

// TS 102 221 9.5.2: PS template C6; the usage of each key reference follows its 83.
std::expected<void, Problem> StartUp::enter_pin(ByteView fcp) {
  const auto outer = asn1::read_only(fcp, 0x62);
  const auto status = outer ? asn1::find_child(outer->value, 0xC6) : std::nullopt;
  if (!status) return {};
  std::uint64_t enabled = 0;
  std::vector<std::uint8_t> keys;
  asn1::TlvReader in(status->value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) break;
    if (element->tag == 0x90) enabled = be_value(element->value) << (8 * (8 - std::min<std::size_t>(element->value.size(), 8)));
    if (element->tag == 0x83 && element->value.size() == 1) keys.push_back(element->value[0]);
  }
  for (std::size_t i = 0; i < keys.size() && i < 64; ++i) {
    const bool first_pin = keys[i] >= 0x01 && keys[i] <= 0x08;
    if (!first_pin || (enabled >> (63 - i) & 1) == 0) continue;
    const std::uint8_t key = keys[i];
    const Answer before = card_.transmit(Bytes{0x00, 0x20, 0x00, key, 0x00});
    if (before.sw == 0x63C0 || before.sw == 0x6983) {
      const Answer puk = card_.transmit(Bytes{0x00, 0x2C, 0x00, key, 0x00});
      return std::unexpected(Problem{Problem::Kind::pin_blocked,
                                     puk.sw == 0x63C0 || puk.sw == 0x6983 ? std::string("PIN1 and its PUK are blocked; this profile cannot be used any more")
                                                                          : "PIN1 is blocked; unblock it with the PUK (" + tries(puk.sw) + ")",
                                     before.sw});
    }
    if (pin_.empty()) {
      return std::unexpected(Problem{Problem::Kind::pin_needed, "the card asks for PIN1 (" + tries(before.sw) + "); give it with --pin", before.sw});
    }
    Bytes pin = to_bytes(text_view(pin_));
    pin.resize(8, 0xFF);
    const Answer verified = card_.transmit(concat({Bytes{0x00, 0x20, 0x00, key, 0x08}, pin}));
    if (verified.ok()) continue;
    if (verified.sw == 0x63C0 || verified.sw == 0x6983) {
      return std::unexpected(Problem{Problem::Kind::pin_blocked, "PIN1 is wrong and now blocked; unblock it with the PUK", verified.sw});
    }
    // It would be wrong again at the next reset.
    pin_.clear();
    return std::unexpected(Problem{Problem::Kind::pin_wrong, "PIN1 is wrong, " + tries(verified.sw), verified.sw});
  }
  return {};
}

void StartUp::read_isim() {
  const auto isim = std::find_if(facts_.applications.begin(), facts_.applications.end(),
                                 [](const Application& application) { return starts_with(application.aid, kIsimPrefix); });
  if (isim == facts_.applications.end()) return;
  const Answer opened = card_.transmit("0070000001");
  // The class octet of these commands holds channels 1 to 3.
  if (!opened.ok() || opened.data.size() != 1 || opened.data[0] < 1 || opened.data[0] > 3) return;
  const std::uint8_t channel = opened.data[0];
  if (card_.transmit(select_aid(isim->aid, 0x04, channel)).ok()) {
    for (const File& file : kIsim) (void)read(std::string("ISIM ") + file.name, file.path, channel);
  }
  (void)card_.transmit(Bytes{0x00, 0x70, 0x80, channel, 0x00});
}

std::expected<void, Problem> StartUp::initialise_usim() {
  facts_.usim.clear();
  const auto usim = std::find_if(facts_.applications.begin(), facts_.applications.end(),
                                 [](const Application& application) { return starts_with(application.aid, kUsimPrefix); });
  if (usim == facts_.applications.end()) return {};
  const Answer selected = card_.transmit(select_aid(usim->aid, 0x04));
  if (!selected.ok()) return std::unexpected(Problem{Problem::Kind::card, "EF.DIR names a USIM that cannot be selected", selected.sw});
  facts_.usim = usim->aid;
  if (kind_ == PowerUp::phone) {
    for (const File& file : kBeforePin) (void)read(file.name, file.path);
  }
  if (auto entered = enter_pin(selected.data); !entered) return entered;
  const auto read_all = [&](const auto& files) {
    for (const File& file : files) (void)read(file.name, file.path);
  };
  switch (kind_) {
    case PowerUp::minimal:
      read_all(kMinimal);
      break;
    case PowerUp::phone:
      read_all(kPhone);
      break;
    case PowerUp::nbiot:
      read_all(kNbIot);
      break;
  }
  // TS 102 221 11.1.2: initialisation of the current application is done. Cards without this answer an error, which changes nothing.
  (void)card_.transmit("80F2010C00");
  return {};
}

std::expected<void, Problem> StartUp::run() {
  facts_ = CardFacts{};
  facts_.atr = card_.atr();
  const Answer root = card_.transmit("00A40004023F00");
  if (!root.ok()) return std::unexpected(Problem{Problem::Kind::card, "the card has no MF; is it a UICC", root.sw});
  const auto fcp = asn1::read_only(root.data, 0x62);
  const auto proprietary = fcp ? asn1::find_child(fcp->value, 0xA5) : std::nullopt;
  const auto commands = proprietary ? asn1::find_child(proprietary->value, 0x87) : std::nullopt;
  // TS 102 221 11.1.1.4.6.8: bit 1 asks for TERMINAL CAPABILITY.
  if (commands && !commands->value.empty() && (commands->value[0] & 0x01) != 0 && !capabilities_.terminal_capability.empty()) {
    const Bytes& capability = capabilities_.terminal_capability;
    (void)card_.transmit(concat({Bytes{0x80, 0xAA, 0x00, 0x00, static_cast<std::uint8_t>(capability.size())}, capability}));
  }
  const auto profile_download = [&] {
    const Bytes& profile = capabilities_.profile.octets();
    if (!profile.empty()) (void)card_.transmit(concat({Bytes{0x80, 0x10, 0x00, 0x00, static_cast<std::uint8_t>(profile.size())}, profile}));
  };
  // Modules announce themselves at once; telephones when the USIM has been read.
  if (kind_ != PowerUp::phone) profile_download();
  (void)read("EF.ICCID", "2FE2");
  if (kind_ == PowerUp::phone) {
    (void)read("EF.PL", "2F05");
    (void)read("EF.UMPC", "2F08");
  }
  read_directory();
  (void)card_.transmit("80F2000C00");
  const auto initialised = initialise_usim();
  if (kind_ == PowerUp::phone) {
    profile_download();
    if (initialised) read_isim();
  }
  return initialised;
}

void StartUp::end_usim_session() {
  // TS 102 221 11.1.1.2: 4C ends the application session without an answer.
  if (!facts_.usim.empty()) (void)card_.transmit(select_aid(facts_.usim, 0x4C));
}

bool StartUp::read_again(ByteView path) {
  ByteView rest = path;
  if (rest.size() >= 2 && rest[0] == 0x3F && rest[1] == 0x00) rest = rest.subspan(2);
  if (rest.size() < 2 || rest.size() % 2 != 0 || rest.size() > 14) return false;
  const std::string key = to_hex(rest);
  if (key == "2F00") {
    read_directory();
    return facts_.files["2F00"].sw >> 8 != 0x6A;
  }
  const auto known = facts_.files.find(key);
  return !read(known == facts_.files.end() ? key : known->second.name, key).content.empty();
}

}  // namespace simurgh::terminal
