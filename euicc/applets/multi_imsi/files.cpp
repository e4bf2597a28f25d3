#include "euicc/applets/multi_imsi/files.h"

#include <algorithm>
#include <array>

namespace simurgh::multi_imsi {
namespace {

using namespace simurgh::literals;

enum class Where : std::uint8_t { usim, fivegs, gsm_access, gsm, isim };
enum class What : std::uint8_t {
  imsi, ad, acc, loci, psloci, epsloci, loci5gs, context, keys, kc, hfn, fplmn, hplmn_act, oplmn_act, ehplmn, hpplmn, lrplmnsi, smsp, psismsc, spn, pnn,
  opl, spdi, gid1, gid2, msisdn, suci, routing, nasconfig, acl, impi, impu, domain,
};

struct Row {
  Where where;
  std::uint16_t fid;
  What what;
  bool session = false;  // the terminal writes it when a session ends
};

// TS 31.102 4.2, 4.4; TS 51.011 10.3; TS 31.103 4.2. Files that a profile links are written once.
constexpr auto kRows = std::to_array<Row>({
    {Where::usim, 0x6F07, What::imsi},
    {Where::usim, 0x6FAD, What::ad},
    {Where::usim, 0x6F78, What::acc},
    {Where::usim, 0x6F7E, What::loci, true},
    {Where::usim, 0x6F73, What::psloci, true},
    {Where::usim, 0x6FE3, What::epsloci, true},
    {Where::usim, 0x6FE4, What::context, true},
    {Where::usim, 0x6F08, What::keys, true},
    {Where::usim, 0x6F09, What::keys, true},
    {Where::usim, 0x6F5B, What::hfn, true},
    {Where::usim, 0x6F7B, What::fplmn},
    {Where::usim, 0x6F62, What::hplmn_act},
    {Where::usim, 0x6F61, What::oplmn_act},
    {Where::usim, 0x6FD9, What::ehplmn},
    {Where::usim, 0x6F31, What::hpplmn},
    {Where::usim, 0x6FDC, What::lrplmnsi},
    {Where::usim, 0x6F42, What::smsp},
    {Where::usim, 0x6FE5, What::psismsc},
    {Where::usim, 0x6F46, What::spn},
    {Where::usim, 0x6FC5, What::pnn},
    {Where::usim, 0x6FC6, What::opl},
    {Where::usim, 0x6FCD, What::spdi},
    {Where::usim, 0x6F3E, What::gid1},
    {Where::usim, 0x6F3F, What::gid2},
    {Where::usim, 0x6F40, What::msisdn},
    {Where::usim, 0x6FE8, What::nasconfig},
    {Where::usim, 0x6F57, What::acl},
    {Where::fivegs, 0x4F01, What::loci5gs, true},
    {Where::fivegs, 0x4F02, What::loci5gs, true},
    {Where::fivegs, 0x4F03, What::context, true},
    {Where::fivegs, 0x4F04, What::context, true},
    {Where::fivegs, 0x4F05, What::context, true},
    {Where::fivegs, 0x4F07, What::suci},
    {Where::fivegs, 0x4F0A, What::routing},
    {Where::gsm_access, 0x4F20, What::kc, true},
    {Where::gsm_access, 0x4F52, What::kc, true},
    {Where::gsm, 0x6F07, What::imsi},
    {Where::gsm, 0x6FAD, What::ad},
    {Where::gsm, 0x6F78, What::acc},
    {Where::gsm, 0x6F7E, What::loci, true},
    {Where::gsm, 0x6F7B, What::fplmn},
    {Where::gsm, 0x6F20, What::kc, true},
    {Where::gsm, 0x6F52, What::kc, true},
    {Where::gsm, 0x6F46, What::spn},
    {Where::gsm, 0x6F3E, What::gid1},
    {Where::gsm, 0x6F3F, What::gid2},
    {Where::isim, 0x6F02, What::impi},
    {Where::isim, 0x6F03, What::domain},
    {Where::isim, 0x6F04, What::impu},
});

uicc::NodeId adf(const uicc::Uicc& uicc, std::uint8_t kind) {
  static const Bytes k3gpp = "A000000087"_hex;
  for (const uicc::NodeId id : uicc.tree().adfs()) {
    const ByteView aid = uicc.tree().at(id).aid;
    if (aid.size() >= 7 && equal(aid.first(5), k3gpp) && aid[5] == 0x10 && aid[6] == kind) return id;
  }
  return uicc::kNoNode;
}

uicc::NodeId directory(const uicc::Uicc& uicc, Where where) {
  const auto& tree = uicc.tree();
  const auto below = [&](uicc::NodeId parent, std::uint16_t fid) { return parent == uicc::kNoNode ? uicc::kNoNode : tree.child(parent, fid); };
  switch (where) {
    case Where::usim: return adf(uicc, 0x02);
    case Where::fivegs: return below(adf(uicc, 0x02), 0x5FC0);
    case Where::gsm_access: return below(adf(uicc, 0x02), 0x5F3B);
    case Where::gsm: return below(uicc::kMf, 0x7F20);
    case Where::isim: return adf(uicc, 0x04);
  }
  return uicc::kNoNode;
}

uicc::NodeId file_of(const uicc::Uicc& uicc, const Row& row) {
  const uicc::NodeId parent = directory(uicc, row.where);
  if (parent == uicc::kNoNode) return uicc::kNoNode;
  const uicc::NodeId file = uicc.tree().child(parent, row.fid);
  if (file == uicc::kNoNode || uicc.tree().at(file).is_directory() || uicc.tree().at(uicc.tree().body_of(file)).kind == uicc::FileKind::removed)
    return uicc::kNoNode;
  return uicc.tree().body_of(file);
}

Bytes filled(std::size_t size, ByteView front, std::uint8_t fill = 0xFF) {
  Bytes out(size, fill);
  std::ranges::copy(front.first(std::min(front.size(), size)), out.begin());
  return out;
}

std::string home_realm(const Identity& identity) {
  const std::string digits = identity.imsi_digits();
  std::string mnc = digits.substr(3, identity.mnc_length);
  if (mnc.size() == 2) mnc = "0" + mnc;
  return "ims.mnc" + mnc + ".mcc" + digits.substr(0, 3) + ".3gppnetwork.org";
}

Bytes text_object(const std::string& text) {
  Bytes out{0x80, static_cast<std::uint8_t>(text.size())};
  append(out, text_view(text));
  return out;
}

// TS 31.102 4.2.48: how many, then each as labels (TS 23.003 9.1).
Bytes access_points(const std::string& apn) {
  Bytes labels;
  for (std::size_t at = 0; at <= apn.size();) {
    const std::size_t end = std::min(apn.find('.', at), apn.size());
    labels.push_back(static_cast<std::uint8_t>(end - at));
    append(labels, text_view(apn.substr(at, end - at)));
    at = end + 1;
  }
  Bytes out{0x01, 0xDD, static_cast<std::uint8_t>(labels.size())};
  append(out, labels);
  return out;
}

// The octets of a session file that belongs to nobody, at its length.
Bytes nobody(What what, std::size_t size) {
  switch (what) {
    case What::loci: return filled(size, "FFFFFFFF FFFFFF0000 FF 01"_hex);
    case What::psloci: return filled(size, "FFFFFFFF FFFFFF FFFFFF0000 FF 01"_hex);
    case What::epsloci: return filled(size, "FFFFFFFFFFFFFFFFFFFFFFFF FFFFFF0000 01"_hex);
    case What::loci5gs: return filled(size, "FFFFFFFFFFFFFFFFFFFFFFFFFF FFFFFF000000 01"_hex);
    case What::keys: return filled(size, "07"_hex);
    case What::kc: return filled(size, "FFFFFFFFFFFFFFFF 07"_hex);
    case What::hfn: return filled(size, "F00000F00000"_hex);
    default: return Bytes(size, 0xFF);
  }
}

std::uint32_t name_of(const Row& row) { return static_cast<std::uint32_t>(row.where) << 16 | row.fid; }

// The octet with the update status; nothing for files that are no places.
std::optional<std::size_t> status_at(What what) {
  switch (what) {
    case What::loci: return 10;
    case What::psloci: return 13;
    case What::epsloci: return 17;
    case What::loci5gs: return 19;
    default: return std::nullopt;
  }
}

// Where the identity was left, or nobody: an identity that comes back has its own temporary identity, and an update to make. Keys never come back
// (KSI 07), so that the network authenticates it.
Bytes begun(const Row& row, std::size_t size, const std::vector<FileImage>& places) {
  const auto status = status_at(row.what);
  const auto place = std::ranges::find(places, name_of(row), &FileImage::file);
  if (!status || place == places.end() || place->content.size() != size || size <= *status) return nobody(row.what, size);
  Bytes out = place->content;
  out[*status] = 0x01;  // not updated
  return out;
}

}  // namespace

std::expected<std::vector<FileChange>, const char*> shadow(const uicc::Uicc& uicc, const state::Transaction& txn, const Identity& identity,
                                                           const Remembered& remembered) {
  std::vector<FileChange> out;
  for (const Row& row : kRows) {
    const uicc::NodeId file = file_of(uicc, row);
    if (file == uicc::kNoNode) continue;
    if (std::ranges::find(out, file, &FileChange::file) != out.end()) continue;
    const ByteView now = uicc.body(file, txn);
    const std::size_t size = now.size(), record = uicc.tree().at(file).record_length;
    Bytes content;
    const char* too_small = nullptr;
    // Whole files, or the first record of a file with records; the rest is FF.
    const auto put = [&](ByteView value, const char* name) {
      if (value.size() > (record != 0 ? record : size)) too_small = name;
      content = filled(size, value);
    };
    switch (row.what) {
      case What::imsi: put(identity.imsi, "EF.IMSI is too short"); break;
      case What::ad:
        content = to_bytes(now);
        if (size >= 4) content[3] = static_cast<std::uint8_t>((content[3] & 0xF0) | identity.mnc_length);
        else if (identity.mnc_length != 2) too_small = "EF.AD has no length of the MNC";
        break;
      case What::acc: put(be_bytes(identity.access_classes(), 2), "EF.ACC is too short"); break;
      case What::fplmn: {
        if (identity.fplmn == FplmnPolicy::leave) continue;
        Bytes list;
        if (identity.fplmn == FplmnPolicy::restore) list = remembered.fplmn;
        if (identity.fplmn == FplmnPolicy::seed) {
          for (const Pattern& pattern : identity.deny) {
            if (pattern.specificity() == 6 && list.size() + 3 <= size) append(list, pattern.octets);
          }
        }
        content = filled(size, list);
        break;
      }
      case What::hplmn_act: put(identity.hplmn_act, "EF.HPLMNwAcT is too short"); break;
      case What::oplmn_act: put(identity.oplmn_act, "EF.OPLMNwAcT is too short"); break;
      case What::ehplmn: put(identity.ehplmn, "EF.EHPLMN is too short"); break;
      case What::hpplmn:
        if (identity.hpplmn.empty()) continue;
        put(identity.hpplmn, "EF.HPPLMN is too short");
        break;
      case What::smsp:
        // TS 31.102 4.2.27: parameter indicators, destination, service centre, PID, DCS, validity behind the alpha identifier, which stays.
        if (identity.smsp.empty()) continue;
        if (record < 28) {
          too_small = "EF.SMSP is too short";
          break;
        }
        content = to_bytes(now);
        {
          const std::size_t at = record - 28;
          content[at] = static_cast<std::uint8_t>(content[at] & ~0x02U);
          content[at + 13] = static_cast<std::uint8_t>(identity.smsp.size());
          std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(at + 14), 11, std::uint8_t{0xFF});
          std::ranges::copy(identity.smsp, content.begin() + static_cast<std::ptrdiff_t>(at + 14));
        }
        break;
      case What::psismsc:
        if (identity.psismsc.empty()) continue;
        put(identity.psismsc, "EF.PSISMSC is too short");
        break;
      case What::spn: put(identity.spn, "EF.SPN is too short"); break;
      case What::pnn: put(identity.pnn, "EF.PNN is too short"); break;
      case What::opl: put(identity.opl, "EF.OPL is too short"); break;
      case What::spdi: put(identity.spdi, "EF.SPDI is too short"); break;
      case What::gid1: put(identity.gid1, "EF.GID1 is too short"); break;
      case What::gid2: put(identity.gid2, "EF.GID2 is too short"); break;
      case What::msisdn: {
        Bytes entry;
        if (!identity.msisdn.empty() && record >= 14) {
          entry = Bytes(record - 14, 0xFF);
          append(entry, filled(12, identity.msisdn));
        }
        put(entry, "EF.MSISDN is too short");
        break;
      }
      case What::suci:
        // Without keys of its own the null scheme.
        put(identity.suci.empty() ? "A0020000 A100"_hex : identity.suci, "EF.SUCI_Calc_Info is too short");
        break;
      case What::routing: put(identity.routing_indicator.empty() ? "F0FF0000"_hex : identity.routing_indicator, "EF.Routing_Indicator is too short"); break;
      case What::nasconfig:
        if (identity.nasconfig.empty()) continue;
        put(identity.nasconfig, "EF.NASCONFIG is too short");
        break;
      case What::acl:
        if (identity.apn.empty()) continue;
        put(access_points(to_text(identity.apn)), "EF.ACL is too short");
        break;
      case What::lrplmnsi: content = Bytes(size, 0x00); break;
      case What::impi: put(text_object(identity.imsi_digits() + "@" + home_realm(identity)), "EF.IMPI is too short"); break;
      case What::impu: put(text_object("sip:" + identity.imsi_digits() + "@" + home_realm(identity)), "EF.IMPU is too short"); break;
      case What::domain: put(text_object(home_realm(identity)), "EF.DOMAIN is too short"); break;
      default: content = begun(row, size, remembered.places);
    }
    if (too_small != nullptr) return std::unexpected(too_small);
    out.push_back({file, std::move(content)});
  }
  return out;
}

std::optional<Bytes> session_content(const uicc::Uicc& uicc, uicc::NodeId file, const std::vector<FileImage>& places) {
  for (const Row& row : kRows) {
    if (row.session && file_of(uicc, row) == file) return begun(row, uicc.tree().at(file).size, places);
  }
  return std::nullopt;
}

std::optional<FileImage> place_of(const uicc::Uicc& uicc, const state::Transaction& txn, uicc::NodeId file) {
  for (const Row& row : kRows) {
    if (!status_at(row.what) || file_of(uicc, row) != file) continue;
    const ByteView body = uicc.body(file, txn);
    if (equal(body, nobody(row.what, body.size()))) return std::nullopt;
    return FileImage{name_of(row), to_bytes(body)};
  }
  return std::nullopt;
}

std::vector<FileImage> places_left(const uicc::Uicc& uicc, const state::Transaction& txn) {
  std::vector<FileImage> out;
  for (const Row& row : kRows) {
    const uicc::NodeId file = status_at(row.what) ? file_of(uicc, row) : uicc::kNoNode;
    if (file == uicc::kNoNode) continue;
    if (auto place = place_of(uicc, txn, file); place && std::ranges::find(out, *place) == out.end()) out.push_back(*std::move(place));
  }
  return out;
}

uicc::NodeId fplmn_file(const uicc::Uicc& uicc) { return file_of(uicc, {Where::usim, 0x6F7B, What::fplmn}); }

std::optional<StoredLocation> stored_location(const uicc::Uicc& uicc, const state::Transaction& txn, uicc::NodeId file) {
  struct Layout {
    Where where;
    std::uint16_t fid;
    What what;
    std::size_t plmn, area, area_size, status;
  };
  static constexpr std::array<Layout, 4> kLayouts{{{Where::usim, 0x6FE3, What::epsloci, 12, 15, 2, 17},
                                                   {Where::usim, 0x6F73, What::psloci, 7, 10, 2, 13},
                                                   {Where::usim, 0x6F7E, What::loci, 4, 7, 2, 10},
                                                   {Where::fivegs, 0x4F01, What::loci5gs, 13, 16, 3, 19}}};
  for (const Layout& layout : kLayouts) {
    if (file_of(uicc, {layout.where, layout.fid, layout.what}) != file || file == uicc::kNoNode) continue;
    const ByteView body = uicc.body(file, txn);
    if (body.size() <= layout.status) return std::nullopt;
    StoredLocation out;
    out.status = body[layout.status] & 0x07;
    out.plmn = Plmn::read(body.subspan(layout.plmn, 3)).value_or(Plmn{});
    out.area = static_cast<std::uint32_t>(be_value(body.subspan(layout.area, layout.area_size)));
    return out;
  }
  return std::nullopt;
}

StoredLocation stored_location(const uicc::Uicc& uicc, const state::Transaction& txn) {
  for (const auto& [where, fid] : {std::pair{Where::usim, 0x6FE3}, std::pair{Where::usim, 0x6F73}, std::pair{Where::usim, 0x6F7E}, std::pair{Where::fivegs, 0x4F01}}) {
    const uicc::NodeId file = file_of(uicc, {where, static_cast<std::uint16_t>(fid), What::loci});
    const auto location = stored_location(uicc, txn, file);
    if (location && location->status == 0 && location->plmn.known()) return *location;
  }
  return {};
}

}  // namespace simurgh::multi_imsi
