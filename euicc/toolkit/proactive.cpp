#include "euicc/toolkit/proactive.h"

#include "asn1/tlv.h"

namespace simurgh::toolkit {
namespace {

constexpr std::uint8_t kRefresh = 0x01;  // type of command, TS 102 223 8.6
constexpr std::uint32_t kComprehension = 0x80;
constexpr std::uint32_t kCommandDetails = 0x01, kDeviceIdentities = 0x02, kResult = 0x03;

}  // namespace

void Proactive::reset() noexcept {
  profile_.clear();
  has_profile_ = false;
  end_session();
}

void Proactive::end_session() noexcept {
  queue_.clear();
  outstanding_.reset();
}

void Proactive::terminal_profile(ByteView profile) {
  profile_ = to_bytes(profile);
  has_profile_ = true;
}

bool Proactive::terminal_has(unsigned byte, unsigned bit) const noexcept {
  return byte >= 1 && byte <= profile_.size() && (profile_[byte - 1] >> (bit - 1) & 1) != 0;
}

void Proactive::queue_refresh(RefreshMode mode) {
  last_number_ = last_number_ >= 0xFE ? 1 : static_cast<std::uint8_t>(last_number_ + 1);
  Pending command{.number = last_number_, .type = kRefresh, .qualifier = static_cast<std::uint8_t>(mode), .encoded = {}};
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xD0);
    const std::uint8_t details[] = {command.number, command.type, command.qualifier};
    const std::uint8_t devices[] = {0x81, 0x82};  // UICC to terminal
    out.put(kComprehension | kCommandDetails, details).put(kComprehension | kDeviceIdentities, devices);
  }
  command.encoded = out.take();
  queue_.push_back(std::move(command));
}

std::optional<std::size_t> Proactive::announced() const noexcept {
  if (!has_profile_ || outstanding_ || queue_.empty()) return std::nullopt;
  return queue_.front().encoded.size();
}

apdu::Answer Proactive::fetch(const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return apdu::refuse(apdu::Sw::incorrect_p1p2, "FETCH with P1 P2 other than 0000");
  const auto size = announced();
  if (!size) return apdu::refuse(apdu::Sw::conditions_not_satisfied, "FETCH without a waiting proactive command");
  if (command.le.value_or(256) != *size) return apdu::refuse(apdu::wrong_le(*size), "FETCH with another length");
  outstanding_ = std::move(queue_.front());
  queue_.pop_front();
  return apdu::with_data(outstanding_->encoded);
}

apdu::Result<TerminalResult> Proactive::terminal_response(ByteView data) {
  if (!outstanding_) return apdu::refuse(apdu::Sw::conditions_not_satisfied, "TERMINAL RESPONSE without an outstanding command");
  asn1::TlvReader in(data);
  std::optional<asn1::Tlv> details, result;
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return apdu::refuse(apdu::Sw::incorrect_data, "TERMINAL RESPONSE is no TLV list");
    const std::uint32_t tag = element->tag & 0x7F;
    if (tag == kCommandDetails && !details) details = *element;
    if (tag == kResult && !result) result = *element;
  }
  if (!details || details->value.size() != 3 || !result || result->value.empty()) {
    return apdu::refuse(apdu::Sw::incorrect_data, "TERMINAL RESPONSE without command details or result");
  }
  // An unknown command number is accepted and discarded, the outstanding command goes on waiting.
  if (details->value[0] != outstanding_->number || details->value[1] != outstanding_->type) return TerminalResult{};
  const TerminalResult out{.type = outstanding_->type, .qualifier = outstanding_->qualifier, .general = result->value[0]};
  outstanding_.reset();
  return out;
}

}  // namespace simurgh::toolkit
