// PE-RFM: remote file management instances of TS 102 226.
#include "euicc/profile/elements.h"
#include "euicc/profile/gp_members.h"

namespace simurgh::profile {
namespace {

constexpr std::size_t kTarSize = 3, kTarOffset = 12;

// TS 102 226 8.2.1.3.2.5: 00 full access, 02 with key references, FF none.
Outcome<Bytes> access_domain(const asn1::Tlv& member) {
  if (member.value.empty()) return bad_values("access domain", member.raw);
  return to_bytes(member.value);
}

Outcome<void> read_adf_access(Session& session, const asn1::Tlv& sequence, gp::RfmInstance& rfm) {
  asn1::TlvReader in(sequence.value);
  const auto aid = next(in);
  if (!aid) return std::unexpected(aid.error());
  const auto access = next(in);
  if (!access) return std::unexpected(access.error());
  const auto admin = next(in);
  if (!admin) return std::unexpected(admin.error());
  if (aid->tag != 0x80 || access->tag != 0x81 || admin->tag != 0x82) return malformed("adfRFMAccess", sequence.raw);
  if (session.files.adf_by_aid(aid->value) == kNoNode) return bad_values("ADF does not exist", aid->raw);
  rfm.adf_aid = to_bytes(aid->value);
  rfm.adf_access_domain = to_bytes(access->value);
  rfm.adf_admin_access_domain = to_bytes(admin->value);
  return {};
}

Outcome<void> read_tars(Session& session, const asn1::Tlv& list, gp::RfmInstance& rfm) {
  for (asn1::TlvReader in(list.value); !in.at_end();) {
    const auto tar = next(in);
    if (!tar) return std::unexpected(tar.error());
    if (tar->tag != 0x04) return malformed("TAR list", tar->raw);
    if (tar->value.size() != kTarSize) return bad_values("length of a TAR", tar->raw);
    if (tar_taken(session, tar->value)) return bad_values("TAR exists", tar->raw);
    for (const Bytes& other : rfm.tars)
      if (equal(other, tar->value)) return bad_values("TAR twice", tar->raw);
    rfm.tars.push_back(to_bytes(tar->value));
  }
  return {};
}

}  // namespace

Outcome<void> process_rfm(Session& session, const Element& element) {
  gp::RfmInstance rfm;
  bool tar_list = false;
  unsigned domains = 0;
  bool level = false;
  for (asn1::TlvReader in(element.members); !in.at_end();) {
    const auto member = next(in);
    if (!member) return std::unexpected(member.error());
    Outcome<void> done;
    switch (member->tag) {
      case 0x4F:  // the instance, then optionally its security domain
        if (!rfm.security_domain.empty()) return malformed("too many AIDs", member->raw);
        if (member->value.size() < 5 || member->value.size() > 16) return bad_values("length of an AID", member->raw);
        (rfm.aid.empty() ? rfm.aid : rfm.security_domain) = to_bytes(member->value);
        break;
      case 0xA0:
        if (tar_list) return malformed("member twice", member->raw);
        tar_list = true;
        done = read_tars(session, *member, rfm);
        break;
      case 0x81:
        if (member->value.size() != 1) return bad_values("minimum security level", member->raw);
        rfm.minimum_security_level = member->value[0];
        level = true;
        break;
      case 0x04: {
        if (domains == 2) return malformed("too many access domains", member->raw);
        auto domain = access_domain(*member);
        if (!domain) return std::unexpected(domain.error());
        (domains++ == 0 ? rfm.access_domain : rfm.admin_access_domain) = std::move(*domain);
        break;
      }
      case 0x30:
        done = read_adf_access(session, *member, rfm);
        break;
      default:
        done = session.tolerate(element, {PeStatus::invalid_parameter, "unknown member", member->raw.data()});
    }
    if (!done) return done;
  }
  if (rfm.aid.empty() || !level || domains != 2) return malformed("RFM member is missing");
  if (aid_taken(session, rfm.aid)) return bad_values("AID exists");
  if (auto associated = check_association(session, rfm.security_domain, {}); !associated) return associated;
  // Without a list the TAR is octets 13 to 15 of the AID; a shorter AID cannot be addressed by TAR.
  if (!tar_list && rfm.aid.size() >= kTarOffset + kTarSize) {
    const ByteView tar = ByteView(rfm.aid).subspan(kTarOffset, kTarSize);
    if (tar_taken(session, tar)) return bad_values("TAR exists");
    rfm.tars.push_back(to_bytes(tar));
  }
  session.gp.rfm.push_back(std::move(rfm));
  return {};
}

}  // namespace simurgh::profile
