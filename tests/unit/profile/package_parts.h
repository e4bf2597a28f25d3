// Profile packages for tests, put together from parts.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "asn1/tlv.h"
#include "euicc/profile/package.h"
#include "tools/perso_upp/upp_elements.h"

namespace simurgh::parts {

using Members = std::function<void(asn1::TlvWriter&)>;

[[nodiscard]] Bytes element(unsigned number, unsigned identification, const Members& members, bool mandated = true);
// The same with a template identifier in front, 2.23.143.1.2.<arc>[.<version>].
[[nodiscard]] Bytes template_element(unsigned number, unsigned identification, unsigned arc, unsigned version, const Members& members,
                                     bool mandated = true);
[[nodiscard]] Bytes header(std::initializer_list<unsigned> services = {1, 4}, unsigned major = 2, unsigned minor = 3);
[[nodiscard]] Bytes mf();    // identification 1; PIN references 01 0A
[[nodiscard]] Bytes puks();  // 2; PUK 01 and 81
[[nodiscard]] Bytes pins();  // 3; PIN1 with PUK 01, ADM1
// 4; mandatory files only, PIN references 01 0A; `more` adds members behind them. AID ...FF <last>.
[[nodiscard]] Bytes usim(const Members& more = {}, std::uint16_t temporary = 0x7FD0, std::uint8_t last = 0x01, unsigned version = 1);
[[nodiscard]] Bytes usim_aid(std::uint8_t last = 0x01);
[[nodiscard]] Bytes isim(unsigned identification = 40);
[[nodiscard]] Bytes milenage();  // 5
[[nodiscard]] Bytes domain(std::uint8_t life_cycle = 0x0F, unsigned identification = 6, std::uint8_t last = 0x00, const Bytes& tar = {});
[[nodiscard]] Bytes end();  // 99
// Header to USIM and its parameters, then the extra parts, then the end.
[[nodiscard]] Bytes profile(std::initializer_list<Bytes> more = {});
[[nodiscard]] Bytes join(std::initializer_list<Bytes> elements);

// Members that carry a File list.
void file(asn1::TlvWriter& out, unsigned member, const perso::FcpFields& fcp = {}, const std::vector<perso::Piece>& pieces = {});

struct Result {
  bool installed = false;
  profile::PeStatus status = profile::PeStatus::ok;
  std::vector<profile::StatusEntry> statuses;
  Bytes response;
  profile::ProfileImage image;
};
[[nodiscard]] Result install(ByteView package, const profile::PackageLimits& limits = {}, std::size_t slice = 0);
// Installs and requires that it worked without a word.
[[nodiscard]] profile::ProfileImage installed(ByteView package);
// The node behind a path of identifiers, ADFs by temporary ones; fails the test when there is none.
[[nodiscard]] const uicc::FileNode& at(const profile::ProfileImage& image, ByteView path);
[[nodiscard]] bool exists(const profile::ProfileImage& image, ByteView path);

[[nodiscard]] Bytes read_hex_file(const std::string& path);  // hexadecimal text, "#" starts a comment
[[nodiscard]] std::string shared_vectors();                  // folder, empty when there is none

}  // namespace simurgh::parts
