// The answer to GetBoundProfilePackage as it arrives: the package goes on to its sink, the little around it is kept. A package is as large as its
// profile and whoever receives it may be small, so it is never whole here.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "ipae/es9/base64.h"
#include "ipae/es9/messages.h"
#include "ipae/transport/ports.h"

namespace simurgh::ipae {

class PackageBody final : public OctetSink {
 public:
  enum class Form : std::uint8_t {
    json,        // the string of the member boundProfilePackage, on ES9+ and ESipa (SGP.22 v2.5 6.5.2.8)
    es9_asn1,    // BF36 in A2 { BF3A { A0 } } (SGP.22 v2.5 6.6.2.3)
    esipa_asn1,  // BF36 in BF3A { A0 } (SGP.32 v1.2 6.3.2.3)
  };
  static constexpr std::size_t kMost = 4096;  // octets around the package

  // `package` takes BF36 and outlives this.
  PackageBody(Form form, OctetSink& package) : form_(form), package_(package) {}
  [[nodiscard]] bool take(ByteView octets) override;
  // The body has ended: the answer with nothing in its package (BF36 00), for whoever reads whole answers.
  [[nodiscard]] Es9Result<Bytes> end();
  // Why the rest was not taken; nothing when it was the package's sink that wanted no more.
  [[nodiscard]] const std::optional<Es9Error>& problem() const noexcept { return problem_; }

 private:
  [[nodiscard]] bool take_der(ByteView octets);
  [[nodiscard]] bool take_head();
  [[nodiscard]] bool take_json(char c, Bytes& decoded);
  [[nodiscard]] bool in_package(char c, Bytes& decoded);
  [[nodiscard]] bool keep(ByteView octets);
  [[nodiscard]] bool fail(const char* why);
  [[nodiscard]] std::span<const std::uint32_t> around() const;

  Form form_;
  OctetSink& package_;
  std::optional<Es9Error> problem_;
  Bytes kept_;             // what is around the package, as it arrived (JSON), or the elements beside it (DER)
  bool came_ = false;      // the package has begun

  // DER
  Bytes head_;                          // of the element that begins
  std::array<std::uint64_t, 3> ends_{};  // of the elements around, in octets from the start
  std::size_t depth_ = 0;               // of them that have begun
  std::uint64_t at_ = 0, left_ = 0;     // octets taken, octets left of the element that is on
  bool is_package_ = false;             // that element

  // JSON
  enum class Text : std::uint8_t { none, other, package };
  Text text_ = Text::none;  // the string that is on
  std::string name_;        // of the member of the outermost object that is on, as it arrived
  bool naming_ = false, valued_ = false;
  int nesting_ = 0;
  bool escaped_ = false;
  std::optional<std::string> code_;  // hexadecimal digits after \u
  Base64Decoder decoder_;
};

// What the answer held when it was judged: nothing (BF36 00) when the package has gone to the sink already, else it goes there now.
[[nodiscard]] Es9Result<void> hand_on(ByteView package, OctetSink& sink);

}  // namespace simurgh::ipae
