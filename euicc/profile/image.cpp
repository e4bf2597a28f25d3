#include "euicc/profile/image.h"

#include <algorithm>

#include "euicc/gp/octet_record.h"

namespace simurgh::profile {
namespace {

// First octets of an image cell; another layout gets another number.
constexpr std::uint8_t kFormat = 1;

void write(gp::OctetWriter& out, const Header& header) {
  out.byte(header.major);
  out.byte(header.minor);
  out.octets(text_view(header.type));
  out.octets(header.iccid);
  out.number(header.services);
}

void write(gp::OctetWriter& out, const AkaBinding& binding) {
  const usim::AkaParameters& parameters = binding.parameters;
  out.number(binding.adf);
  out.byte(static_cast<std::uint8_t>(parameters.algorithm));
  out.byte(parameters.algorithm_options);
  out.secret(parameters.key);
  out.secret(parameters.opc);
  out.octets(parameters.rotation);
  out.octets(parameters.xoring);
  out.byte(parameters.auth_counter_max ? 1 : 0);
  out.number(parameters.auth_counter_max.value_or(0));
  out.byte(parameters.keccak_iterations);
  out.byte(parameters.sqn_options);
  out.number(parameters.sqn_delta);
  out.number(parameters.sqn_age_limit);
  for (const std::uint64_t seq : binding.initial_sqn) out.number(seq);
  out.number(binding.state_cell);
}

void write(gp::OctetWriter& out, const CdmaBinding& binding) {
  out.number(binding.adf);
  for (const auto* secret : {&binding.a_key, &binding.ssd, &binding.hrpd, &binding.simple_ip, &binding.mobile_ip}) out.secret(*secret);
}

Header read_header(gp::OctetReader& in) {
  Header header;
  header.major = in.byte();
  header.minor = in.byte();
  header.type = to_text(in.view());
  header.iccid = in.octets();
  header.services = in.number();
  return header;
}

template <std::size_t Size>
bool read_array(gp::OctetReader& in, std::array<std::uint8_t, Size>& out) {
  const ByteView value = in.view();
  if (value.size() != Size) return false;
  std::copy(value.begin(), value.end(), out.begin());
  return true;
}

bool read(gp::OctetReader& in, AkaBinding& binding) {
  usim::AkaParameters& parameters = binding.parameters;
  binding.adf = in.number_as<uicc::NodeId>();
  const std::uint8_t algorithm = in.byte();
  parameters.algorithm = static_cast<usim::Algorithm>(algorithm);
  parameters.algorithm_options = in.byte();
  parameters.key = in.secret();
  parameters.opc = in.secret();
  const bool constants = read_array(in, parameters.rotation) && read_array(in, parameters.xoring);
  const bool limited = in.byte() != 0;
  const auto limit = in.number_as<std::uint32_t>();
  if (limited) parameters.auth_counter_max = limit;
  parameters.keccak_iterations = in.byte();
  parameters.sqn_options = in.byte();
  parameters.sqn_delta = in.number();
  parameters.sqn_age_limit = in.number();
  for (std::uint64_t& seq : binding.initial_sqn) seq = in.number();
  binding.state_cell = in.number_as<std::uint16_t>();
  return constants && algorithm >= 1 && algorithm <= 3;
}

bool read(gp::OctetReader& in, CdmaBinding& binding) {
  binding.adf = in.number_as<uicc::NodeId>();
  for (auto* secret : {&binding.a_key, &binding.ssd, &binding.hrpd, &binding.simple_ip, &binding.mobile_ip}) *secret = in.secret();
  return true;
}

template <typename Item>
bool read_all(gp::OctetReader& in, std::vector<Item>& items, std::size_t nodes) {
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Item& item = items.emplace_back();
    if (!read(in, item) || item.adf >= nodes) return false;
  }
  return true;
}

}  // namespace

Bytes ProfileImage::encode() const {
  const Bytes file_part = files.encode(), pin_part = pins.encode(), gp_part = gp.encode();
  gp::OctetWriter out(file_part.size() + pin_part.size() + gp_part.size() + 1024);
  out.byte(kFormat);
  write(out, header);
  out.octets(file_part);
  out.octets(pin_part);
  out.number(aka.size());
  for (const AkaBinding& binding : aka) write(out, binding);
  out.number(cdma.size());
  for (const CdmaBinding& binding : cdma) write(out, binding);
  out.octets(gp_part);
  if (!header.connectivity.empty()) out.octets(header.connectivity);  // behind all else: cells of before do not have it
  return out.take();
}

std::optional<ProfileImage> ProfileImage::decode(ByteView encoded) {
  gp::OctetReader in(encoded);
  if (in.byte() != kFormat) return std::nullopt;
  ProfileImage image;
  image.header = read_header(in);
  auto files = uicc::FileTree::decode(in.view());
  if (!files || files->empty()) return std::nullopt;
  image.files = std::move(*files);
  auto pins = uicc::PinTable::decode(in.view());
  if (!pins) return std::nullopt;
  for (const uicc::PinBinding& binding : pins->bindings)
    if (binding.directory >= image.files.size() || binding.pin >= pins->pins.size()) return std::nullopt;
  image.pins = std::move(*pins);
  if (!read_all(in, image.aka, image.files.size()) || !read_all(in, image.cdma, image.files.size())) return std::nullopt;
  auto registry = gp::Registry::decode(in.view());
  if (!registry) return std::nullopt;
  if (in.ok() && !in.ended()) {
    image.header.connectivity = in.octets();
    if (image.header.connectivity.empty()) return std::nullopt;
  }
  if (!in.ended()) return std::nullopt;
  image.gp = std::move(*registry);
  return image;
}

}  // namespace simurgh::profile
