// Every profile element the interpreter knows: one row each, in the order of the ProfileElement choice.
#pragma once

#include <cstdint>
#include <span>

#include "euicc/profile/session.h"

namespace simurgh::profile {

enum class Repeat : std::uint8_t { any, once, once_per_application };
// What must exist before the element.
enum class Needs : std::uint8_t { nothing, no_mf, mf, usim, isim, csim, adf, domain };

inline constexpr std::uint8_t kNoService = 0xFF;

using Handler = Outcome<void> (*)(Session&, const Element&);

struct ElementRow {
  std::uint8_t number = 0;  // n of [n]
  const char* name = "";    // as in the PEDefinitions module
  Handler handler = nullptr;
  Repeat repeat = Repeat::any;
  Needs needs = Needs::nothing;
  std::uint8_t service = kNoService;  // position in eUICC-Mandatory-services without which the card does not process it
  const char* definition = "";
};

[[nodiscard]] std::span<const ElementRow> all_elements() noexcept;
[[nodiscard]] const ElementRow* find_element(std::uint32_t tag) noexcept;
// n of a ProfileElement tag as it is written (A0.., BF1F..); nothing for other tags.
[[nodiscard]] std::optional<std::uint8_t> element_number(std::uint32_t tag) noexcept;

// One file per family; each expects element.members behind the element header.
[[nodiscard]] Outcome<void> process_header(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_generic_file_management(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_pin_codes(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_puk_codes(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_aka(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_cdma(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_security_domain(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_rfm(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_application(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_non_standard(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_dummy(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_iot(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_template(Session& session, const Element& element);
[[nodiscard]] Outcome<void> process_end(Session& session, const Element& element);

// Every key reference of a PIN status template is defined (SAIP: pin-code-missing).
[[nodiscard]] Outcome<void> check_pin_references(const Session& session);

}  // namespace simurgh::profile
