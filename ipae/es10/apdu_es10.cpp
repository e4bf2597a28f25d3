#include "ipae/es10/apdu_es10.h"

#include <algorithm>
#include <array>
#include <utility>

#include "asn1/tlv.h"
#include "ipae/es10/status.h"

namespace simurgh::ipae {
namespace {

using namespace simurgh::literals;

constexpr std::size_t kMaxResponse = 256 * 1024;  // a list of notifications with certificates is far smaller
constexpr int kMaxProactive = 16;                 // commands served in a row before the card is taken for broken

bool normal(std::uint16_t sw) { return sw == 0x9000 || (sw >> 8) == 0x91; }

PortError refusal(const std::string& step, std::uint16_t sw) { return {step + ": " + status_text(sw), sw}; }

}  // namespace

const std::vector<Bytes>& known_isd_r_aids() {
  static const std::vector<Bytes> kAids{
      "A0000005591010FFFFFFFF8900000100"_hex,  // SGP.02, SGP.22
      "A0000005591010FFFFFFFF8900050500"_hex,  // 5ber
      "A0000005591010000000008900000300"_hex,  // eSIM.me
      "A0000005591010FFFFFFFF8900000177"_hex,  // XeSIM
      "A06573746B6D65FFFF4953442D522030"_hex,  // eSTK.me
      "A06573746B6D65FFFF4953442D522031"_hex, "A06573746B6D65FFFFFFFF4953442D52"_hex,
      "A000000559104C696E6B736669656C64"_hex,  // LinksField
  };
  return kAids;
}

ApduEs10Port::ApduEs10Port(ApduPort& card, ApduEs10Options options) : card_(card), options_(std::move(options)) {
  options_.block_size = std::clamp<std::size_t>(options_.block_size, 6, 255);
  if (options_.isd_r_aids.empty()) options_.isd_r_aids = known_isd_r_aids();
  // TS 102 221 11.1.19: additional interfaces, and 83 = LUId, LPDd, LDSd (SGP.22 v2.5 5.7.1)
  if (options_.terminal_capability.empty()) options_.terminal_capability = "A9088100820101830107"_hex;
}

PortResult<std::unique_ptr<ApduEs10Port>> ApduEs10Port::open(ApduPort& card, ApduEs10Options options) {
  std::unique_ptr<ApduEs10Port> port(new ApduEs10Port(card, std::move(options)));
  // Cards that do not ask for it may refuse it; only a broken link matters.
  Bytes capability{0x80, 0xAA, 0x00, 0x00, static_cast<std::uint8_t>(port->options_.terminal_capability.size())};
  append(capability, port->options_.terminal_capability);
  if (auto answer = port->exchange(std::move(capability)); !answer) return std::unexpected(answer.error());
  if (auto done = port->select(); !done) return std::unexpected(done.error());
  return port;
}

ApduEs10Port::~ApduEs10Port() { close_channel(); }

PortResult<void> ApduEs10Port::reopen() {
  close_channel();
  return select();
}

PortResult<void> ApduEs10Port::select() {
  channel_ = 0;
  if (options_.own_channel) {
    auto opened = exchange("0070000001"_hex);
    if (!opened) return std::unexpected(opened.error());
    // TS 102 221 11.1.17: one octet, the number of the channel
    if (normal(opened->sw) && opened->data.size() == 1 && opened->data[0] >= 1 && opened->data[0] <= 19) channel_ = opened->data[0];
  }
  std::uint16_t last = 0x6A82;
  for (const Bytes& aid : options_.isd_r_aids) {
    if (aid.size() > 16) continue;
    Bytes apdu{interindustry_class(), 0xA4, 0x04, 0x00, static_cast<std::uint8_t>(aid.size())};
    append(apdu, aid);
    auto answer = exchange(std::move(apdu));
    if (!answer) return std::unexpected(answer.error());
    last = answer->sw;
    if (!normal(answer->sw)) continue;
    aid_ = aid;
    fci_ = std::move(answer->data);
    return {};
  }
  close_channel();
  return std::unexpected(PortError{"the card has no ISD-R under any known AID: " + status_text(last) + "; it may be a plain SIM", last});
}

void ApduEs10Port::close_channel() {
  if (channel_ == 0) return;
  const Bytes apdu{0x00, 0x70, 0x80, static_cast<std::uint8_t>(channel_), 0x00};
  channel_ = 0;
  (void)one(apdu);
}

std::uint8_t ApduEs10Port::interindustry_class() const noexcept {
  return static_cast<std::uint8_t>(channel_ < 4 ? channel_ : 0x40 + (channel_ - 4));
}

std::uint8_t ApduEs10Port::store_data_class() const noexcept {
  return static_cast<std::uint8_t>(channel_ < 4 ? 0x80 + channel_ : 0xC0 + (channel_ - 4));
}

PortResult<ApduEs10Port::Answer> ApduEs10Port::one(ByteView apdu) {
  auto response = card_.transmit(apdu);
  if (!response) return std::unexpected(response.error());
  if (response->size() < 2) return std::unexpected(PortError{"the card answered without a status word"});
  ++stats_.apdus;
  stats_.octets_out += apdu.size();
  stats_.octets_in += response->size();
  Answer answer;
  answer.sw = static_cast<std::uint16_t>(be_value(ByteView(*response).last(2)));
  answer.data.assign(response->begin(), response->end() - 2);
  return answer;
}

PortResult<ApduEs10Port::Answer> ApduEs10Port::exchange(Bytes apdu) {
  const std::uint8_t cla = apdu[0];
  Bytes collected;
  bool corrected = false;
  for (;;) {
    auto answer = one(apdu);
    if (!answer) return answer;
    append(collected, answer->data);
    if (collected.size() > kMaxResponse) return std::unexpected(PortError{"the card's answer does not end"});
    const auto sw1 = static_cast<std::uint8_t>(answer->sw >> 8);
    const auto sw2 = static_cast<std::uint8_t>(answer->sw);
    if (sw1 == 0x61) {
      // A card that announces data but hands out none would keep us here for ever.
      if (apdu[1] == 0xC0 && answer->data.empty()) return std::unexpected(PortError{"GET RESPONSE brought nothing", answer->sw});
      apdu = {cla, 0xC0, 0x00, 0x00, sw2};
      corrected = false;
    } else if (sw1 == 0x6C && !corrected) {
      corrected = true;
      const bool case2 = apdu.size() == 5;
      const bool case4 = apdu.size() > 5 && apdu.size() == 6U + apdu[4];
      if (case2 || case4) {
        apdu.back() = sw2;
      } else {
        apdu.push_back(sw2);
      }
    } else {
      return Answer{std::move(collected), answer->sw};
    }
  }
}

PortResult<void> ApduEs10Port::serve_proactive(std::uint16_t sw) {
  for (int round = 0; (sw >> 8) == 0x91; ++round) {
    if (round == kMaxProactive) return std::unexpected(PortError{"the card keeps issuing proactive commands", sw});
    auto fetched = exchange({0x80, 0x12, 0x00, 0x00, static_cast<std::uint8_t>(sw)});
    if (!fetched) return std::unexpected(fetched.error());
    if (!normal(fetched->sw)) return std::unexpected(refusal("FETCH", fetched->sw));
    // TS 102 223 6.6: D0 { command details 81/01, device identities, ... }
    std::optional<asn1::Tlv> details;
    if (const auto command = asn1::read_only(fetched->data, 0xD0)) {
      details = asn1::find_child(command->value, 0x81);
      if (!details) details = asn1::find_child(command->value, 0x01);
    }
    if (!details || details->value.size() != 3) return std::unexpected(PortError{"FETCH brought no proactive command"});
    const bool refresh = details->value[1] == 0x01;
    refreshed_ = refreshed_ || refresh;
    // TS 102 223 8.12: 00 performed; 30 beyond the terminal's capabilities, since nothing but REFRESH is done here
    Bytes response = concat({details->raw, "82028281"_hex, ByteView(refresh ? "830100"_hex : "830130"_hex)});
    Bytes apdu{0x80, 0x14, 0x00, 0x00, static_cast<std::uint8_t>(response.size())};
    append(apdu, response);
    auto done = exchange(std::move(apdu));
    if (!done) return std::unexpected(done.error());
    sw = done->sw;
  }
  return {};
}

PortResult<Bytes> ApduEs10Port::request(ByteView command) {
  const std::size_t block = options_.block_size;
  const std::size_t blocks = std::max<std::size_t>(1, (command.size() + block - 1) / block);
  if (command.size() == 0 || blocks > 256) {
    return std::unexpected(PortError{"an ES10 command takes 1.." + std::to_string(256 * block) + " octets with this block size"});
  }
  for (std::size_t i = 0; i < blocks; ++i) {
    const ByteView part = command.subspan(i * block, std::min(block, command.size() - i * block));
    const bool last = i + 1 == blocks;
    // GlobalPlatform 11.11.2: b8 last block, b5-b4 = 10 BER-TLV data, b1 an answer may follow
    Bytes apdu{store_data_class(), 0xE2, static_cast<std::uint8_t>(last ? 0x91 : 0x11), static_cast<std::uint8_t>(i),
               static_cast<std::uint8_t>(part.size())};
    append(apdu, part);
    auto answer = exchange(std::move(apdu));
    if (!answer) return std::unexpected(answer.error());
    if (!normal(answer->sw))
      return std::unexpected(refusal("STORE DATA block " + std::to_string(i + 1) + " of " + std::to_string(blocks), answer->sw));
    if (!last) {
      if (!answer->data.empty()) return std::unexpected(PortError{"the card answered in the middle of a command", answer->sw});
      continue;
    }
    if ((answer->sw >> 8) == 0x91 && options_.answer_proactive) {
      if (auto served = serve_proactive(answer->sw); !served) return std::unexpected(served.error());
    }
    return std::move(answer->data);
  }
  return Bytes{};
}

Bytes ApduEs10Port::svn() const {
  const auto fci = asn1::read_only(fci_, 0x6F);
  if (!fci) return {};
  const auto isdr = asn1::find_child(fci->value, 0xE0);
  if (!isdr) return {};
  const auto version = asn1::find_child(isdr->value, 0x82);
  return version ? to_bytes(version->value) : Bytes{};
}

bool ApduEs10Port::take_refreshed() noexcept { return std::exchange(refreshed_, false); }

}  // namespace simurgh::ipae
