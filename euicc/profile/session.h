// One installation under way: what the elements so far have made, and what an element may ask and say.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "asn1/tlv.h"
#include "euicc/profile/package.h"
#include "euicc/profile/scratch_files.h"

namespace simurgh::profile {

// Why an element is not processed. `fatal` aborts the installation whatever `mandated` says.
struct Refusal {
  PeStatus status = PeStatus::bad_values;
  const char* why = "";
  const std::uint8_t* at = nullptr;  // inside the element
  std::optional<std::uint8_t> additional = {};
  bool fatal = false;
};

template <typename T>
using Outcome = std::expected<T, Refusal>;

[[nodiscard]] inline std::unexpected<Refusal> refuse(PeStatus status, const char* why, ByteView at = {}) {
  return std::unexpected(Refusal{.status = status, .why = why, .at = at.data()});
}
[[nodiscard]] inline std::unexpected<Refusal> malformed(const char* why, ByteView at = {}) {
  return refuse(PeStatus::invalid_request_format, why, at);
}
[[nodiscard]] inline std::unexpected<Refusal> bad_values(const char* why, ByteView at = {}) {
  return refuse(PeStatus::bad_values, why, at);
}

// The next element of a reader as an outcome. BER lengths are accepted: some packages pad them, and nothing is re-encoded.
[[nodiscard]] inline Outcome<asn1::Tlv> next(asn1::TlvReader& in) {
  const ByteView rest = in.rest();
  auto element = in.next();
  if (!element) return malformed(element.error().what, rest);
  return *element;
}

// INTEGER of a package: 0..limit.
[[nodiscard]] inline Outcome<std::uint32_t> number(const asn1::Tlv& integer, std::uint32_t limit) {
  const auto value = asn1::unsigned_value(integer);
  if (!value) return malformed("integer", integer.raw);
  if (*value > limit) return bad_values("number out of range", integer.raw);
  return static_cast<std::uint32_t>(*value);
}

// Positions in eUICC-Mandatory-services.
enum class Service : std::uint8_t {
  contactless,
  usim,
  isim,
  csim,
  milenage,
  tuak128,
  cave,
  gba_usim,
  gba_isim,
  mbms,
  eap,
  javacard,
  multos,
  multiple_usim,
  multiple_isim,
  multiple_csim,
  tuak256,
  usim_test_algorithm,
  ber_tlv,
  df_link,
  cat_tp,
  get_identity,
  profile_a_x25519,
  profile_b_p256,
  suci_calculator_api,
  dns_resolution,
  scp11ac,
  scp11c_authorization_mechanism,
  s16mode,
  eaka,
  kCount,
};

struct ElementRow;

struct Element {
  const ElementRow* row = nullptr;
  ByteView raw;           // with tag and length
  ByteView members = {};  // what follows the element header
  bool mandated = false;
  std::optional<std::uint16_t> identification = {};
};

// The network access application that elements attach to: the one created last of its kind.
struct CurrentApplication {
  NodeId adf = kNoNode;
  std::uint64_t seen = 0;            // elements [n] that belong to it
  std::optional<PeStatus> left_out;  // its own element was not processed
};

struct Session {
  explicit Session(const PackageLimits& given) : limits(given), files(given.memory) {}

  PackageLimits limits;
  Header header;
  ScratchFiles files;
  uicc::PinTable pins;
  std::vector<AkaBinding> aka;
  std::vector<CdmaBinding> cdma;
  gp::Registry gp;
  std::vector<StatusEntry> statuses;

  std::uint64_t seen = 0;  // elements [n] processed so far
  CurrentApplication usim, isim, csim;
  NodeId last_adf = kNoNode;
  std::optional<PeStatus> adf_left_out;      // the element of the last application was not processed
  NodeId pin_context = kNoNode;              // first directory of the last element that made one
  std::optional<PeStatus> context_left_out;  // that element was not processed
  bool ended = false;

  [[nodiscard]] bool supports(Service service) const noexcept;
  // A header may demand it.
  [[nodiscard]] bool may_be_demanded(Service service) const noexcept;
  [[nodiscard]] CurrentApplication* application_of(std::uint8_t element) noexcept;  // usim, isim, csim and their followers
  // Something of an element is left out: a warning, or the refusal itself when the element is mandated.
  [[nodiscard]] Outcome<void> tolerate(const Element& element, Refusal refusal);
  void note(const Element& element, const Refusal& refusal);
  // An ADF came into being.
  void adf_created(NodeId adf, std::uint8_t element);

  struct Mark {
    ScratchFiles::Mark files;
    std::size_t pins, puks, bindings, aka, cdma, domains, rfm, load_files, applications;
    CurrentApplication usim, isim, csim;
    NodeId last_adf;
  };
  [[nodiscard]] Mark mark();
  void undo(const Mark& mark);
};

}  // namespace simurgh::profile
