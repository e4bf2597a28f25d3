#include "euicc/toolkit/bip.h"

#include <algorithm>
#include <array>

#include "euicc/toolkit/cat.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::toolkit {
namespace {

using Kind = BipFailure::Kind;

// TERMINAL RESPONSE and D0 template carry at most 255 and 256 octets; both leave this much for channel data.
constexpr std::size_t kMaxPiece = 237;
constexpr std::size_t kLargestDatagram = 65535;
constexpr std::uint8_t kSendNow = 0x01, kStore = 0x00;

std::unexpected<BipFailure> failed(Kind kind) { return std::unexpected(BipFailure{kind, 0, 0}); }

BipFailure failure_of(const TerminalResponse& response) {
  const std::uint8_t more = response.additional.empty() ? std::uint8_t{0} : response.additional[0];
  Kind kind = Kind::refused;
  if (response.general == result::terminal_busy) kind = Kind::terminal_busy;
  if (response.general == result::network_busy) kind = Kind::network_busy;
  if (response.general == result::bip_error) {
    const auto cause = static_cast<BipCause>(more);
    kind = cause == BipCause::channel_closed || cause == BipCause::channel_invalid ? Kind::closed : Kind::bip;
  }
  return {kind, response.general, more};
}

BipFailure failure_of(NotDone why) { return {why == NotDone::aborted ? Kind::aborted : Kind::unsupported, 0, 0}; }

Bytes address_object(ByteView address) {
  constexpr std::uint8_t kIpv4 = 0x21, kIpv6 = 0x57;
  return concat({std::array{address.size() == 4 ? kIpv4 : kIpv6}, address});
}

ProactiveCommand open_command(const BipOpen& what) {
  ObjectWriter out;
  using enum ObjectWriter::Comprehension;
  out.put(tag::bearer_description, what.bearer, not_required);
  out.put(tag::buffer_size, be_bytes(what.buffer, 2), not_required);
  if (!what.apn.empty()) out.put(tag::network_access_name, encode_network_access_name(what.apn), not_required);
  if (what.local_address) out.put(tag::other_address, ByteView{}, not_required);
  if (!what.user.empty()) out.put(tag::text_string, encode_text(what.user), not_required);
  if (!what.password.empty()) out.put(tag::text_string, encode_text(what.password), not_required);
  out.put(tag::transport_level, concat({std::array{static_cast<std::uint8_t>(what.transport)}, be_bytes(what.port, 2)}),
          not_required);
  out.put(tag::other_address, address_object(what.address), not_required);
  const auto qualifier = static_cast<std::uint8_t>(static_cast<std::uint8_t>(what.link) | (what.ask_dns ? 0x08 : 0));
  return {CommandType::open_channel, qualifier, Device::terminal, out.take()};
}

}  // namespace

BipChannel::BipChannel(BipChannel&& other) noexcept
    : cat_(other.cat_), id_(std::exchange(other.id_, std::uint8_t{0})), transport_(other.transport_), buffer_(other.buffer_),
      dns_(std::move(other.dns_)) {}

BipChannel& BipChannel::operator=(BipChannel&& other) noexcept {
  if (this != &other) {
    if (id_ != 0) cat_->cat().abandon(id_);
    cat_ = other.cat_;
    id_ = std::exchange(other.id_, std::uint8_t{0});
    transport_ = other.transport_;
    buffer_ = other.buffer_;
    dns_ = std::move(other.dns_);
  }
  return *this;
}

BipChannel::~BipChannel() {
  if (id_ != 0) cat_->cat().abandon(id_);
}

bool BipChannel::usable() const noexcept { return id_ != 0 && !cat_->cat().bip(id_).dropped; }

Task<BipResult<BipChannel>> BipChannel::open(Session& cat, BipOpen what) {
  const bool tcp = what.transport == BipOpen::Transport::tcp;
  if (!cat.supports(tcp ? ProfileBit{17, 1} : ProfileBit{17, 2}) || cat.channels() == 0 || !cat.supports(Event::data_available)) {
    co_return failed(Kind::unsupported);
  }
  if (what.address.size() != 4 && what.address.size() != 16) co_return failed(Kind::unsupported);
  cat.cat().use_bip(cat.slot_);
  const Reply reply = co_await cat.command(open_command(what), what.patience);
  if (!reply) co_return std::unexpected(failure_of(reply.error()));
  if (!reply->performed()) co_return std::unexpected(failure_of(*reply));
  const auto status = reply->find(tag::channel_status);
  const std::uint8_t id = status && !status->empty() ? (*status)[0] & 0x07 : 0;
  if (id == 0) co_return failed(Kind::protocol);
  BipState& state = cat.cat().bip(id);
  if (state.owner != nullptr) co_return failed(Kind::protocol);
  state = {.owner = &cat.slot_, .linked = ((*status)[0] & 0x80) != 0, .dropped = false, .available = 0};
  const auto granted = reply->find(tag::buffer_size);
  const auto buffer = granted && granted->size() == 2 ? static_cast<std::uint16_t>(be_value(*granted)) : what.buffer;
  BipChannel channel(cat, id, what.transport, buffer);
  const auto objects = read_objects(reply->objects).value_or(std::vector<Object>{});
  for (const Object& object : objects) {
    if (object.tag == tag::dns_server_address && object.value.size() > 1) channel.dns_.push_back(to_bytes(object.value.subspan(1)));
  }
  if (what.link == BipOpen::Link::background && !state.linked) {
    // The link comes later, by an event.
    Condition settled = [&state] { return state.linked || state.dropped; };
    (void)co_await cat.until(std::move(settled));
    if (state.dropped) co_return failed(Kind::closed);
  }
  co_return std::move(channel);
}

Task<BipResult<TerminalResponse>> BipChannel::perform(ProactiveCommand command) {
  if (!usable()) co_return failed(Kind::closed);
  Reply reply = co_await cat_->command(std::move(command), Patience{3, std::chrono::seconds(5)});
  if (!reply) co_return std::unexpected(failure_of(reply.error()));
  if (!reply->performed()) {
    const BipFailure failure = failure_of(*reply);
    if (failure.kind == Kind::closed) cat_->cat().bip(id_).dropped = true;
    co_return std::unexpected(failure);
  }
  co_return *std::move(reply);
}

Task<BipResult<void>> BipChannel::send(Bytes octets) {
  const bool stream = transport_ == BipOpen::Transport::tcp;
  if (!stream && octets.size() > buffer_) co_return std::unexpected(BipFailure{Kind::bip, result::bip_error, static_cast<std::uint8_t>(BipCause::buffer_size)});
  std::size_t position = 0, stored = 0;
  do {
    const std::size_t piece = std::min({kMaxPiece, octets.size() - position, static_cast<std::size_t>(buffer_) - std::min<std::size_t>(stored, buffer_)});
    const bool last = position + piece == octets.size();
    // A stream is sent off whenever another full piece would not fit into the terminal's buffer.
    const bool now = last || (stream && stored + piece + kMaxPiece > buffer_);
    if (piece == 0 && !last) co_return failed(Kind::protocol);
    ObjectWriter data;
    data.put(tag::channel_data, ByteView(octets).subspan(position, piece));
    ProactiveCommand command{CommandType::send_data, now ? kSendNow : kStore, channel_device(id_), data.take()};
    const auto response = co_await perform(std::move(command));
    if (!response) co_return std::unexpected(response.error());
    position += piece;
    stored = now ? 0 : stored + piece;
  } while (position < octets.size());
  co_return BipResult<void>{};
}

Task<BipResult<Bytes>> BipChannel::receive(std::optional<std::chrono::seconds> timeout) {
  if (id_ == 0) co_return failed(Kind::closed);
  BipState& state = cat_->cat().bip(id_);
  if (state.available == 0) {
    Condition arrived = [&state] { return state.available != 0 || state.dropped; };
    if (!co_await cat_->until(std::move(arrived), timeout)) co_return failed(Kind::timeout);
    if (state.available == 0) co_return failed(Kind::closed);
  }
  Bytes out;
  do {
    const auto wanted = static_cast<std::uint8_t>(std::min<std::size_t>(state.available, kMaxPiece));
    ObjectWriter length;
    length.put(tag::channel_data_length, {wanted});
    ProactiveCommand command{CommandType::receive_data, 0, channel_device(id_), length.take()};
    // What had arrived before the link was lost can still be read.
    const Reply reply = co_await cat_->command(std::move(command), Patience{3, std::chrono::seconds(5)});
    if (!reply) co_return std::unexpected(failure_of(reply.error()));
    if (!reply->performed()) {
      state.available = 0;
      const BipFailure failure = failure_of(*reply);
      if (failure.kind == Kind::closed) state.dropped = true;
      co_return std::unexpected(failure);
    }
    const auto data = reply->find(tag::channel_data);
    const auto left = reply->find(tag::channel_data_length);
    state.available = left && left->size() == 1 ? (*left)[0] : std::uint8_t{0};
    if (data) append(out, *data);
    if (!data || data->empty()) {
      state.available = 0;
      break;
    }
    // A stream hands over what it has; a datagram is whole when nothing is left.
  } while (transport_ == BipOpen::Transport::udp && state.available != 0 && out.size() < kLargestDatagram);
  if (out.empty()) co_return failed(Kind::protocol);
  co_return out;
}

Task<BipResult<BipStatus>> BipChannel::status() {
  const auto response = co_await perform({CommandType::get_channel_status, 0, Device::terminal, {}});
  if (!response) co_return std::unexpected(response.error());
  const auto objects = read_objects(response->objects).value_or(std::vector<Object>{});
  for (const Object& object : objects) {
    if (object.tag != tag::channel_status || object.value.size() < 2 || (object.value[0] & 0x07) != id_) continue;
    co_return BipStatus{.linked = (object.value[0] & 0x80) != 0, .information = object.value[1]};
  }
  co_return failed(Kind::closed);
}

Task<> BipChannel::close() {
  if (id_ == 0) co_return;
  const std::uint8_t id = std::exchange(id_, std::uint8_t{0});
  BipState& state = cat_->cat().bip(id);
  state.dropped = true;
  // The channel is the application's until the terminal has closed it: a REFRESH that waits for it waits so long.
  ProactiveCommand command{CommandType::close_channel, 0, channel_device(id), {}};
  (void)co_await cat_->command(std::move(command));
  state = {};
}

}  // namespace simurgh::toolkit
