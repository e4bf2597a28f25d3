#include "euicc/profile/session.h"

#include <algorithm>

#include "euicc/profile/elements.h"

namespace simurgh::profile {
namespace {

constexpr std::size_t kMaximumStatuses = 64;

// What no recipe can switch on: the card has neither linked directories nor a MULTOS runtime.
constexpr std::uint64_t kNever =
    std::uint64_t{1} << static_cast<unsigned>(Service::df_link) | std::uint64_t{1} << static_cast<unsigned>(Service::multos);

struct ApplicationCode {
  std::uint8_t aid[7];
  std::uint8_t element;
};
// Registered application codes (ETSI TS 101 220, 3GPP2): which application an ADF is that GenericFileManagement made.
constexpr ApplicationCode kCodes[] = {{{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02}, 19},
                                      {{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04}, 21},
                                      {{0xA0, 0x00, 0x00, 0x03, 0x43, 0x10, 0x02}, 25}};

// Bits of UICCCapability in the order of its names (SGP.22 v2.5 annex H); rfu2 is no service.
constexpr Service kCapabilityBits[] = {
    Service::contactless, Service::usim, Service::isim, Service::csim, Service::milenage, Service::cave, Service::tuak128, Service::tuak256,
    Service::usim_test_algorithm, Service::kCount, Service::gba_usim, Service::gba_isim, Service::mbms, Service::eap, Service::javacard,
    Service::multos, Service::multiple_usim, Service::multiple_isim, Service::multiple_csim, Service::ber_tlv, Service::df_link, Service::cat_tp,
    Service::get_identity, Service::profile_a_x25519, Service::profile_b_p256, Service::suci_calculator_api, Service::dns_resolution,
    Service::scp11ac, Service::scp11c_authorization_mechanism, Service::s16mode, Service::eaka};

}  // namespace

std::uint64_t demandable_services(std::uint64_t uicc_capability) noexcept {
  const std::uint64_t said = uicc_capability != 0 ? uicc_capability : kBuiltInCapability;
  std::uint64_t out = std::uint64_t{1} << static_cast<unsigned>(Service::javacard);
  for (std::size_t bit = 0; bit < std::size(kCapabilityBits); ++bit) {
    if ((said >> bit & 1) != 0 && kCapabilityBits[bit] != Service::kCount) out |= std::uint64_t{1} << static_cast<unsigned>(kCapabilityBits[bit]);
  }
  return out & ~kNever;
}

bool Session::may_be_demanded(Service service) const noexcept { return supports(service) && (limits.demandable >> static_cast<unsigned>(service) & 1) != 0; }

bool Session::supports(Service service) const noexcept { return ((limits.services & ~kNever) >> static_cast<unsigned>(service) & 1) != 0; }

CurrentApplication* Session::application_of(std::uint8_t element) noexcept {
  switch (element) {
    case 19:
    case 20:
    case 23:
    case 24:
    case 28:
    case 29:
    case 30:
    case 31:
      return &usim;
    case 21:
    case 22:
      return &isim;
    case 25:
    case 26:
    case 5:
      return &csim;
    default:
      return nullptr;
  }
}

void Session::note(const Element& element, const Refusal& refusal) {
  if (statuses.size() >= kMaximumStatuses) return;
  StatusEntry entry{.status = refusal.status,
                    .identification = element.identification,
                    .additional = refusal.additional,
                    .offset = {},
                    .why = refusal.why,
                    .element = element.row != nullptr ? element.row->name : "unknown"};
  if (refusal.at != nullptr && refusal.at >= element.raw.data() && refusal.at <= element.raw.data() + element.raw.size())
    entry.offset = static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(refusal.at - element.raw.data(), 0x7FFF));
  statuses.push_back(entry);
}

Outcome<void> Session::tolerate(const Element& element, Refusal refusal) {
  if (element.mandated || refusal.fatal) return std::unexpected(refusal);
  note(element, refusal);
  return {};
}

void Session::adf_created(NodeId adf, std::uint8_t element) {
  last_adf = adf;
  adf_left_out.reset();
  for (const ApplicationCode& code : kCodes) {
    const ByteView aid = files.at(adf).aid;
    const bool match =
        element == 1 ? aid.size() >= sizeof code.aid && equal(aid.first(sizeof code.aid), code.aid) : element == code.element;
    if (match) *application_of(code.element) = {.adf = adf, .seen = 0, .left_out = {}};
  }
}

Session::Mark Session::mark() {
  return {.files = files.mark(),
          .pins = pins.pins.size(),
          .puks = pins.puks.size(),
          .bindings = pins.bindings.size(),
          .aka = aka.size(),
          .cdma = cdma.size(),
          .domains = gp.domains.size(),
          .rfm = gp.rfm.size(),
          .load_files = gp.load_files.size(),
          .applications = gp.applications.size(),
          .usim = usim,
          .isim = isim,
          .csim = csim,
          .last_adf = last_adf};
}

void Session::undo(const Mark& mark) {
  files.undo(mark.files);
  pins.pins.resize(mark.pins);
  pins.puks.resize(mark.puks);
  pins.bindings.resize(mark.bindings);
  aka.resize(mark.aka);
  cdma.resize(mark.cdma);
  gp.domains.resize(mark.domains);
  gp.rfm.resize(mark.rfm);
  gp.load_files.resize(mark.load_files);
  gp.applications.resize(mark.applications);
  usim = mark.usim;
  isim = mark.isim;
  csim = mark.csim;
  last_adf = mark.last_adf;
}

}  // namespace simurgh::profile
