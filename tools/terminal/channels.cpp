#include "tools/terminal/channels.h"

#include <algorithm>

namespace simurgh::terminal {
namespace {

constexpr std::uint8_t kDeviceIdentities = 0x02, kBearer = 0x35, kChannelData = 0x36, kDataLength = 0x37, kStatus = 0x38, kBufferSize = 0x39, kTransport = 0x3C,
                       kAddress = 0x3E, kNameServer = 0x40, kAccessPoint = 0x47, kEventList = 0x19;
constexpr std::uint8_t kDataAvailable = 0x09, kChannelStatus = 0x0A;
constexpr std::size_t kMostReceived = 237;  // the TERMINAL RESPONSE has 255 octets at most

std::uint8_t at_most_ff(std::size_t count) { return static_cast<std::uint8_t>(std::min<std::size_t>(count, 0xFF)); }

Bytes address_object(const Bytes& address) {
  Bytes out{static_cast<std::uint8_t>(address.size() == 4 ? 0x21 : 0x57)};  // TS 102 223 8.58
  append(out, address);
  return out;
}

std::optional<Bytes> address_of(const Object& object) {
  if (object.value.size() == 5 && object.value[0] == 0x21) return to_bytes(object.value.subspan(1));
  if (object.value.size() == 17 && object.value[0] == 0x57) return to_bytes(object.value.subspan(1));
  return std::nullopt;
}

// Labels with a length in front, as a name server knows them (TS 23.003 9.1).
std::string access_point_of(ByteView labels) {
  std::string out;
  for (std::size_t at = 0; at < labels.size();) {
    const std::size_t size = std::min<std::size_t>(labels[at], labels.size() - at - 1);
    if (!out.empty()) out.push_back('.');
    for (const std::uint8_t c : labels.subspan(at + 1, size)) out.push_back(c >= 0x20 && c < 0x7F ? static_cast<char>(c) : '?');
    at += 1 + size;
  }
  return out;
}

Bytes event(std::uint8_t code, const Bytes& objects) {
  Bytes content;
  put_object(content, kEventList, ByteView(&code, 1));
  const std::uint8_t devices[] = {0x82, 0x81};
  put_object(content, kDeviceIdentities, devices);
  append(content, objects);
  return asn1::tlv(0xD6, content);
}

Reply bip_error(std::uint8_t cause) { return {.general = result::kBipError, .additional = {cause}}; }

}  // namespace

Channels::Channels(Network& network, ChannelLimits limits, std::function<void(const std::string&)> note)
    : network_(network), limits_(limits), note_(std::move(note)) {}

// TS 102 223 8.56: channel 1 to 7 and bit 8 while the link stands; 05 in the second octet once it was dropped.
Bytes Channels::status_of(std::uint8_t id, const Channel& channel) {
  return {static_cast<std::uint8_t>(id | (channel.connection ? 0x80 : 0x00)), static_cast<std::uint8_t>(channel.dropped ? 0x05 : 0x00)};
}

bool Channels::connect(std::uint8_t id, Channel& channel) {
  auto opened = network_.open(channel.transport, channel.remote, channel.access_point);
  const std::string where = std::string(channel.transport == Transport::tcp ? "TCP " : "UDP ") + describe(channel.remote);
  if (!opened) {
    note_("channel " + std::to_string(id) + ": " + where + ": " + opened.error());
    return false;
  }
  channel.connection = *std::move(opened);
  note_("channel " + std::to_string(id) + ": " + where + " is open");
  return true;
}

Reply Channels::open(const ProactiveCommand& command) {
  const Object* bearer = command.find(kBearer);
  const Object* size = command.find(kBufferSize);
  if (bearer == nullptr || size == nullptr) return {.general = result::kValuesMissing};
  if (bearer->value.empty() || size->value.size() != 2) return {.general = result::kNotUnderstood};
  // Circuit switched data, local links and their kind need radios of their own; packet and default bearers all lead to the one network.
  static constexpr std::uint8_t kPacketBearers[] = {0x02, 0x03, 0x09, 0x0B, 0x0C};
  if (std::find(std::begin(kPacketBearers), std::end(kPacketBearers), bearer->value[0]) == std::end(kPacketBearers)) {
    return {.general = result::kBeyondCapabilities};
  }
  const Object* transport = nullptr;
  const Object* local = nullptr;
  const Object* remote = nullptr;
  for (const Object& object : command.objects) {
    if (object.tag == kTransport) transport = &object;
    // The address in front of the transport level is the local one (TS 102 223 6.6.27.4).
    if (object.tag == kAddress) (transport == nullptr ? local : remote) = &object;
  }
  if (transport == nullptr) return bip_error(bip::kTransportLevel);
  if (transport->value.size() != 3) return {.general = result::kNotUnderstood};
  const std::uint8_t kind = transport->value[0];
  if (kind != 0x01 && kind != 0x02) return bip_error(bip::kTransportLevel);
  if (remote == nullptr) return {.general = result::kValuesMissing};
  const auto address = address_of(*remote);
  if (!address) return {.general = result::kNotUnderstood};

  std::uint8_t id = 1;
  while (channels_.contains(id)) ++id;
  if (id > limits_.channels) return bip_error(bip::kNoChannel);

  Channel channel;
  channel.transport = kind == 0x02 ? Transport::tcp : Transport::udp;
  channel.remote = {*address, static_cast<std::uint16_t>(be_value(transport->value.subspan(1)))};
  if (const Object* name = command.find(kAccessPoint)) channel.access_point = access_point_of(name->value);
  const auto wanted = static_cast<std::size_t>(be_value(size->value));
  channel.buffer_size = std::min(wanted, limits_.buffer_size);
  const bool immediate = (command.details.qualifier & 0x01) != 0, background = (command.details.qualifier & 0x04) != 0;
  if (background) {
    channel.background = true;
  } else if (immediate && !connect(id, channel)) {
    return bip_error(bip::kNotReachable);
  }

  Reply reply{.general = channel.buffer_size < wanted ? result::kModified : result::kDone};
  put_object(reply.objects, kStatus, status_of(id, channel), false);
  put_object(reply.objects, kBearer, bearer->value, false);
  put_object(reply.objects, kBufferSize, be_bytes(channel.buffer_size, 2), false);
  // A dynamic local address was asked for by an empty one: tell which it became (TS 102 223 6.8.27).
  if (local != nullptr && local->value.empty() && channel.connection) {
    if (const Bytes own = channel.connection->local_address(); !own.empty()) put_object(reply.objects, kAddress, address_object(own), false);
  }
  if ((command.details.qualifier & 0x08) != 0) {
    for (const Bytes& server : network_.name_servers()) put_object(reply.objects, kNameServer, address_object(server), false);
  }
  channels_.emplace(id, std::move(channel));
  return reply;
}

Channels::Channel* Channels::channel_of(const ProactiveCommand& command) {
  if (command.destination < 0x21 || command.destination > 0x27) return nullptr;
  const auto at = channels_.find(static_cast<std::uint8_t>(command.destination - 0x20));
  return at == channels_.end() ? nullptr : &at->second;
}

Reply Channels::close(const ProactiveCommand& command) {
  if (channel_of(command) == nullptr) return bip_error(bip::kChannelIdInvalid);
  channels_.erase(static_cast<std::uint8_t>(command.destination - 0x20));
  return {};
}

Reply Channels::send(const ProactiveCommand& command) {
  Channel* channel = channel_of(command);
  if (channel == nullptr) return bip_error(bip::kChannelIdInvalid);
  const Object* data = command.find(kChannelData);
  if (data == nullptr) return {.general = result::kValuesMissing};
  if (channel->dropped) return bip_error(bip::kChannelClosed);
  if (data->value.size() > channel->buffer_size - std::min(channel->outgoing.size(), channel->buffer_size)) return bip_error(bip::kBufferTooSmall);
  append(channel->outgoing, data->value);
  if ((command.details.qualifier & 0x01) != 0) {
    // A link on demand comes with the first data (TS 102 223 6.4.27.2).
    const auto id = static_cast<std::uint8_t>(command.destination - 0x20);
    channel->background = false;
    if (!channel->connection && !connect(id, *channel)) {
      channel->outgoing.clear();
      return bip_error(bip::kNotReachable);
    }
    const bool sent = channel->connection->send(channel->outgoing);
    channel->outgoing.clear();
    if (!sent) {
      channel->connection.reset();
      channel->dropped = true;
      return bip_error(bip::kChannelClosed);
    }
  }
  Reply reply;
  const std::uint8_t space = at_most_ff(channel->buffer_size - channel->outgoing.size());
  put_object(reply.objects, kDataLength, ByteView(&space, 1));
  return reply;
}

Reply Channels::receive(const ProactiveCommand& command) {
  Channel* channel = channel_of(command);
  if (channel == nullptr) return bip_error(bip::kChannelIdInvalid);
  const Object* length = command.find(kDataLength);
  if (length == nullptr) return {.general = result::kValuesMissing};
  if (length->value.size() != 1) return {.general = result::kNotUnderstood};
  if (channel->dropped && channel->incoming.empty()) return bip_error(bip::kChannelClosed);
  const std::size_t wanted = length->value[0];
  const std::size_t count = std::min({wanted, channel->incoming.size(), kMostReceived});
  Reply reply{.general = count < wanted ? result::kMissingInformation : result::kDone};
  put_object(reply.objects, kChannelData, ByteView(channel->incoming).first(count));
  channel->incoming.erase(channel->incoming.begin(), channel->incoming.begin() + static_cast<std::ptrdiff_t>(count));
  const std::uint8_t left = at_most_ff(channel->incoming.size());
  put_object(reply.objects, kDataLength, ByteView(&left, 1));
  return reply;
}

Reply Channels::status() const {
  Reply reply;
  for (const auto& [id, channel] : channels_) put_object(reply.objects, kStatus, status_of(id, channel));
  if (channels_.empty()) put_object(reply.objects, kStatus, Bytes{0x00, 0x00});
  return reply;
}

void Channels::close_all() { channels_.clear(); }

std::vector<Channels::Event> Channels::pump() {
  std::vector<Event> out;
  for (auto& [id, channel] : channels_) {
    const auto tell_status = [&, number = id] {
      Bytes objects;
      put_object(objects, kStatus, status_of(number, channel));
      out.push_back({kChannelStatus, event(kChannelStatus, objects)});
    };
    if (channel.background) {
      channel.background = false;
      channel.dropped = !connect(id, channel);
      tell_status();
    }
    if (!channel.connection) continue;
    const bool was_empty = channel.incoming.empty();
    if (channel.transport == Transport::udp) {
      // One datagram at a time, so that the card sees where each ends.
      if (was_empty) channel.incoming = channel.connection->receive(0xFFFF);
    } else if (channel.incoming.size() < channel.buffer_size) {
      append(channel.incoming, channel.connection->receive(channel.buffer_size - channel.incoming.size()));
    }
    if (was_empty && !channel.incoming.empty()) {
      Bytes objects;
      put_object(objects, kStatus, status_of(id, channel));
      const std::uint8_t available = at_most_ff(channel.incoming.size());
      put_object(objects, kDataLength, ByteView(&available, 1));
      out.push_back({kDataAvailable, event(kDataAvailable, objects)});
    }
    if (channel.connection->dropped()) {
      note_("channel " + std::to_string(id) + ": the peer has closed the link");
      channel.connection.reset();
      channel.dropped = true;
      tell_status();
    }
  }
  return out;
}

}  // namespace simurgh::terminal
