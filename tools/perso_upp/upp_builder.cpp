#include "tools/perso_upp/upp_builder.h"

#include <algorithm>
#include <map>

#include "tools/perso_upp/upp_coding.h"
#include "tools/perso_upp/upp_elements.h"

namespace simurgh::perso {
namespace {

using namespace literals;

// Temporary identifiers of the ADFs, used in paths of this package only.
constexpr std::uint16_t kUsim = 0x7FD0, kIsim = 0x7FB0, kTelecom = 0x7F10;
// Key references (TS 102 221 table 9.3).
constexpr std::uint8_t kPin1 = 0x01, kPin2 = 0x81, kAdm1 = 0x0A;
constexpr std::uint64_t kUsualSeqStep = 0x10000000;  // default of sqnDelta and sqnAgeLimit
constexpr std::size_t kRuleLength = 40, kAlphaLength = 10;

// n of the profile elements.
enum : unsigned {
  kElementGfm = 1,
  kElementPins = 2,
  kElementPuks = 3,
  kElementAka = 4,
  kElementDomain = 6,
  kElementRfm = 7,
  kElementApplication = 8,
  kElementEnd = 10,
  kElementMf = 16,
  kElementTelecom = 18,
  kElementUsim = 19,
  kElementOptUsim = 20,
  kElementIsim = 21,
  kElementOptIsim = 22,
  kElementGsm = 24,
  kElement5gs = 28,
  kElementSaip = 29,
};

FcpFields records(std::size_t count, std::size_t length) {
  FcpFields fcp;
  fcp.descriptor = 0x42;
  fcp.record_length = static_cast<std::uint16_t>(length);
  fcp.size = static_cast<std::uint32_t>(count * length);
  return fcp;
}

FcpFields sized(std::size_t octets) {
  FcpFields fcp;
  fcp.size = static_cast<std::uint32_t>(octets);
  return fcp;
}

FcpFields directory(Bytes pin_references, std::uint16_t fid = 0, Bytes aid = {}) {
  FcpFields fcp;
  if (fid != 0) fcp.fid = fid;
  fcp.aid = std::move(aid);
  fcp.pin_references = std::move(pin_references);
  return fcp;
}

std::vector<Piece> whole(Bytes content) { return {{0, std::move(content)}}; }

class PackageBuilder {
 public:
  explicit PackageBuilder(const ProfileRecipe& recipe) : recipe_(recipe) {
    if (recipe.imsi.size() < 6) throw RecipeError("an IMSI has 6 to 15 digits");
    if (recipe.mnc_digits != 2 && recipe.mnc_digits != 3) throw RecipeError("an MNC has 2 or 3 digits");
    if (recipe.iccid.size() < 18 || recipe.iccid.size() > 20) throw RecipeError("an ICCID has 18 to 20 digits");
    home_ = recipe.imsi.substr(0, 3 + recipe.mnc_digits);
  }

  Bytes build() {
    mf();
    puks();
    mf_pins();
    telecom();
    usim();
    usim_options();
    usim_pins();
    aka();
    if (recipe_.gsm_access) gsm_access();
    if (recipe_.nr5g) nr5g();
    if (recipe_.isim) isim();
    links();
    extra_files();
    security_domain();
    for (const RfmRecipe& rfm : recipe_.rfm) remote_files(rfm);
    for (const ApplicationRecipe& application : recipe_.applications) load(application);
    { auto end = element(kElementEnd); }
    Bytes package = header();
    append(package, out_.view());
    return package;
  }

 private:
  [[nodiscard]] ElementScope element(unsigned number) { return ElementScope(out_, number, ++identification_); }

  // DER leaves out members that have their default value.
  void put_unless(std::uint32_t tag, unsigned value, unsigned usual) {
    if (value != usual) out_.put_integer(tag, value);
  }

  void template_id(std::uint8_t arc) {
    out_.put(0x81, Bytes{0x67, 0x81, 0x0F, 0x01, 0x02, arc});
    if (std::find(templates_.begin(), templates_.end(), arc) == templates_.end()) templates_.push_back(arc);
  }

  // The header comes last because it lists what the other elements need.
  Bytes header() const {
    asn1::TlvWriter out;
    {
      auto scope = out.open(0xA0);
      out.put_integer(0x80, 2).put_integer(0x81, 3);
      if (!recipe_.name.empty()) out.put_text(0x82, recipe_.name);
      out.put(0x83, digit_octets(recipe_.iccid, 10, false, "ICCID"));
      {
        auto services = out.open(0xA5);
        out.put(0x81, {});
        if (recipe_.isim) out.put(0x82, {});
        const bool long_key = recipe_.aka.key.size() == 32;
        switch (recipe_.aka.algorithm) {
          case usim::Algorithm::milenage:
            out.put(0x84, {});
            break;
          case usim::Algorithm::tuak:
            out.put(long_key ? 0x90 : 0x85, {});
            break;
          case usim::Algorithm::usim_test:
            out.put(0x91, {});
            break;
        }
        if (!recipe_.applications.empty()) out.put(0x8B, {});
        if (ber_tlv_) out.put(0x92, {});
        if (recipe_.nr5g && recipe_.suci_by_usim) out.put(0x95, {});
      }
      {
        auto list = out.open(0xA6);
        for (const std::uint8_t arc : templates_) out.put(0x06, Bytes{0x67, 0x81, 0x0F, 0x01, 0x02, arc});
      }
      if (!recipe_.connectivity.empty()) out.put(0x87, recipe_.connectivity);
    }
    return out.take();
  }

  void rules(unsigned member) {
    const auto& all = access_rules();
    put_file(out_, member, records(all.size(), kRuleLength), record_pieces({all.begin(), all.end()}, kRuleLength));
  }

  void mf() {
    auto scope = element(kElementMf);
    template_id(1);
    put_file(out_, 2, directory({kPin1, kAdm1}));
    put_file(out_, 3, {});
    put_file(out_, 4, {}, whole(digit_octets(recipe_.iccid, 10, true, "ICCID")));
    std::vector<Bytes> applications = {application_entry(recipe_.usim_aid, "USIM")};
    if (recipe_.isim) applications.push_back(application_entry(recipe_.isim_aid, "ISIM"));
    put_file(out_, 5, records(applications.size(), 38), record_pieces(applications, 38));
    rules(6);
    put_file(out_, 7, {}, whole("3C0A00FFFF"_hex));
  }

  // TS 102 221 13.1: application template with AID and label.
  static Bytes application_entry(const Bytes& aid, std::string_view label) {
    asn1::TlvWriter out;
    {
      auto scope = out.open(0x61);
      out.put(0x4F, aid).put_text(0x50, label);
    }
    return out.take();
  }

  void puks() {
    std::vector<std::pair<std::uint8_t, const PinRecipe*>> with_puk;
    for (const auto& [reference, pin] : {std::pair{kPin1, &recipe_.pin1}, std::pair{kPin2, &recipe_.pin2}, std::pair{kAdm1, &recipe_.adm1}})
      if (!pin->puk.empty()) with_puk.emplace_back(puk_reference(reference), pin);
    if (with_puk.empty()) return;
    auto scope = element(kElementPuks);
    auto list = out_.open(0xA1);
    for (const auto& [reference, pin] : with_puk) {
      auto entry = out_.open(0x30);
      out_.put_integer(0x80, reference).put(0x81, pin_octets(pin->puk, "a PUK"));
      put_unless(0x82, static_cast<unsigned>(pin->puk_tries << 4 | pin->puk_tries), 0xAA);
    }
  }
  static std::uint8_t puk_reference(std::uint8_t pin) { return pin == kAdm1 ? std::uint8_t{0x02} : pin; }

  void pin(std::uint8_t reference, const PinRecipe& pin) {
    if (pin.tries == 0 || pin.tries > 15 || pin.puk_tries == 0 || pin.puk_tries > 15) throw RecipeError("a PIN has 1 to 15 tries");
    auto entry = out_.open(0x30);
    out_.put_integer(0x80, reference).put(0x81, pin_octets(pin.value, "a PIN"));
    if (!pin.puk.empty()) out_.put_integer(0x82, puk_reference(reference));
    put_unless(0x83, (pin.enabled ? 1U : 0U) | (pin.changeable ? 2U : 0U) | (pin.can_be_disabled ? 4U : 0U), 7);
    put_unless(0x84, static_cast<unsigned>(pin.tries << 4 | pin.tries), 0x33);
  }

  void mf_pins() {
    auto scope = element(kElementPins);
    auto codes = out_.open(0xA1);
    auto list = out_.open(0xA0);
    pin(kPin1, recipe_.pin1);
    pin(kAdm1, recipe_.adm1);
  }

  void telecom() {
    auto scope = element(kElementTelecom);
    template_id(3);
    put_file(out_, 2, directory({kPin1, kAdm1}));
    rules(3);
    if (!recipe_.phonebook) return;
    put_file(out_, 15, directory({kPin1, kAdm1}));
    // One set: EF.ADN with 50 entries, EF.EXT1 behind it (TS 31.102 4.4.2.1).
    put_file(out_, 16, records(1, 14), whole("A80A C0034F5801 C2034F3802"_hex));
    put_file(out_, 17, with_sfi(records(10, 13), 2));
    for (const unsigned member : {20U, 21U, 22U}) put_file(out_, member, {});
    put_file(out_, 24, with_sfi(records(50, kAlphaLength + 14), 1));
  }

  static FcpFields with_sfi(FcpFields fcp, std::uint8_t sfi) {
    fcp.sfi = sfi;
    return fcp;
  }

  Bytes ust() const {
    if (recipe_.ust) return *recipe_.ust;
    std::vector<unsigned> services = {10, 12, 19, 20, 21, 28, 33, 34, 38, 42, 43, 85, 86};
    if (recipe_.phonebook) services.push_back(1);
    if (!recipe_.gid1.empty()) services.push_back(17);
    if (!recipe_.gid2.empty()) services.push_back(18);
    if (recipe_.gsm_access) services.push_back(27);
    if (!recipe_.ehplmn.empty()) services.push_back(71);
    if (recipe_.nr5g) services.insert(services.end(), {122, 123, 124, 126});
    if (recipe_.nr5g && recipe_.suci_by_usim) services.push_back(125);
    services.insert(services.end(), recipe_.services.begin(), recipe_.services.end());
    return service_table(services, 17);
  }

  void usim() {
    auto scope = element(kElementUsim);
    template_id(4);
    put_file(out_, 2, directory({kPin1, kPin2, kAdm1}, kUsim, recipe_.usim_aid));
    put_file(out_, 3, {}, whole(imsi_octets(recipe_.imsi)));
    rules(4);
    const Bytes table = ust();
    put_file(out_, 8, sized(table.size()), whole(table));
    put_file(out_, 11, {}, {{kAlphaLength, smsp_octets(recipe_.smsc)}});
    Bytes name = {0x01};
    append(name, text_view(recipe_.spn));
    put_file(out_, 13, {}, whole(padded(std::move(name), 17)));
    put_file(out_, 14, {}, whole({0x00}));
    const auto last_digit = static_cast<unsigned>(recipe_.imsi.back() - '0');
    put_file(out_, 18, {}, whole(be_bytes(recipe_.acc.value_or(static_cast<std::uint16_t>(1U << last_digit)), 2)));
    if (!recipe_.forbidden.empty()) {
      Bytes list;
      for (const std::string& plmn : recipe_.forbidden) append(list, plmn_octets(plmn));
      put_file(out_, 19, sized(std::max<std::size_t>(12, list.size())), whole(list));
    }
    put_file(out_, 21, {}, whole({0x00, 0x00, 0x00, static_cast<std::uint8_t>(recipe_.mnc_digits)}));
    std::vector<Bytes> numbers;
    for (const std::string& number : recipe_.emergency) {
      Bytes record = digit_octets(number, 3, true, "emergency number");
      record.push_back(0x00);
      numbers.push_back(std::move(record));
    }
    if (numbers.empty()) throw RecipeError("EF.ECC needs one emergency number at least");
    put_file(out_, 22, records(numbers.size(), 4), record_pieces(numbers, 4));
  }

  void networks(unsigned member, const std::vector<PlmnEntry>& entries, std::size_t least) {
    Bytes list;
    for (const PlmnEntry& entry : entries) {
      append(list, plmn_octets(entry.plmn));
      append(list, be_bytes(entry.access, 2));
    }
    put_file(out_, member, sized(std::max(least, list.size())), whole(std::move(list)));
  }

  void usim_options() {
    auto scope = element(kElementOptUsim);
    template_id(5);
    put_file(out_, 2, {}, whole(to_bytes(text_view("en"))));
    if (!recipe_.gid1.empty()) put_file(out_, 5, sized(recipe_.gid1.size()), whole(recipe_.gid1));
    if (!recipe_.gid2.empty()) put_file(out_, 6, sized(recipe_.gid2.size()), whole(recipe_.gid2));
    put_file(out_, 7, {}, {{kAlphaLength, number_octets(recipe_.msisdn)}});
    networks(15, recipe_.user_plmn, 40);
    networks(16, recipe_.oplmn, 40);
    networks(17, recipe_.hplmn.empty() ? std::vector<PlmnEntry>{{.plmn = home_}} : recipe_.hplmn, 5);
    if (!recipe_.ehplmn.empty()) {
      Bytes list;
      for (const std::string& plmn : recipe_.ehplmn) append(list, plmn_octets(plmn));
      put_file(out_, 58, sized(list.size()), whole(list));
    }
  }

  void usim_pins() {
    auto scope = element(kElementPins);
    auto codes = out_.open(0xA1);
    auto list = out_.open(0xA0);
    pin(kPin2, recipe_.pin2);
  }

  Bytes opc() const {
    const AkaRecipe& aka = recipe_.aka;
    if (!aka.opc.empty()) return aka.opc;
    if (aka.algorithm == usim::Algorithm::usim_test) return Bytes(16, 0x00);
    if (aka.op.empty()) throw RecipeError("the algorithm needs opc or op");
    const std::size_t size = aka.algorithm == usim::Algorithm::tuak ? 32 : 16;
    if (aka.op.size() != size) throw RecipeError("op has " + std::to_string(size) + " octets");
    return to_bytes((aka.algorithm == usim::Algorithm::tuak ? usim::tuak_topc(aka.key, aka.op, aka.keccak_iterations.value_or(1))
                                                            : usim::milenage_opc(aka.key, aka.op))
                        .expose());
  }

  void aka() {
    const AkaRecipe& aka = recipe_.aka;
    const bool tuak = aka.algorithm == usim::Algorithm::tuak;
    if (aka.key.size() != 16 && !(tuak && aka.key.size() == 32)) throw RecipeError("k has 16 octets (TUAK: 16 or 32)");
    const Bytes operator_value = opc();
    if (operator_value.size() != (tuak ? 32U : 16U)) throw RecipeError("opc has 16 octets (TUAK: 32)");
    auto scope = element(kElementAka);
    {
      auto configuration = out_.open(0xA1);
      auto algorithm = out_.open(0xA1);
      out_.put_integer(0x80, static_cast<unsigned>(aka.algorithm));
      out_.put_byte(0x81, aka.options.value_or(aka.algorithm == usim::Algorithm::usim_test ? 0x02 : 0x01));
      out_.put(0x82, aka.key).put(0x83, operator_value);
      if (aka.rotation && *aka.rotation != "4000204060"_hex) out_.put(0x84, *aka.rotation);
      if (aka.xoring) out_.put(0x85, *aka.xoring);
      if (aka.auth_counter_max) out_.put(0x86, be_bytes(*aka.auth_counter_max, 3));
      put_unless(0x87, aka.keccak_iterations.value_or(1), 1);
    }
    if (aka.sqn_options && *aka.sqn_options != 0x02) out_.put_byte(0x82, *aka.sqn_options);
    if (aka.sqn_delta && *aka.sqn_delta != kUsualSeqStep) out_.put(0x83, be_bytes(*aka.sqn_delta, 6));
    if (aka.sqn_age_limit && *aka.sqn_age_limit != kUsualSeqStep) out_.put(0x84, be_bytes(*aka.sqn_age_limit, 6));
    if (!aka.sqn_init.empty()) {
      if (aka.sqn_init.size() > 32) throw RecipeError("sqn_init has 32 values at most");
      auto list = out_.open(0xA5);
      for (std::size_t i = 0; i < 32; ++i) out_.put(0x04, be_bytes(i < aka.sqn_init.size() ? aka.sqn_init[i] : 0, 6));
    }
  }

  void gsm_access() {
    auto scope = element(kElementGsm);
    template_id(7);
    put_file(out_, 2, directory({kPin1, kPin2, kAdm1}));
    put_file(out_, 3, {});
    put_file(out_, 4, {});
  }

  void nr5g() {
    {
      auto scope = element(kElement5gs);
      template_id(13);
      put_file(out_, 2, directory({kPin1, kPin2, kAdm1}));
      for (const unsigned member : {3U, 4U, 5U, 6U}) put_file(out_, member, {});
      put_file(out_, 7, {}, whole(Bytes(110, 0xFF)));
      put_file(out_, 8, {}, whole(Bytes(4, 0x00)));
      put_file(out_, 9, sized(std::max<std::size_t>(recipe_.suci_calc_info.size(), 64)), whole(recipe_.suci_calc_info));
      if (!recipe_.routing_indicator.empty()) {
        Bytes indicator = digit_octets(recipe_.routing_indicator, 2, true, "routing indicator");
        append(indicator, Bytes{0xFF, 0xFF});
        put_file(out_, 12, {}, whole(std::move(indicator)));
      } else {
        put_file(out_, 12, {});
      }
    }
    if (!recipe_.suci_by_usim) return;
    auto scope = element(kElementSaip);
    template_id(14);
    put_file(out_, 2, directory({kPin1, kPin2, kAdm1}));
    put_file(out_, 3, sized(std::max<std::size_t>(recipe_.suci_calc_info.size(), 64)), whole(recipe_.suci_calc_info));
  }

  // TS 23.003 13.2 to 13.4: identities derived from the IMSI.
  std::string ims_domain() const {
    if (!recipe_.domain.empty()) return recipe_.domain;
    const std::string mnc = home_.substr(3);
    return "ims.mnc" + std::string(3 - mnc.size(), '0') + mnc + ".mcc" + home_.substr(0, 3) + ".3gppnetwork.org";
  }

  void isim() {
    const std::string domain = ims_domain();
    {
      auto scope = element(kElementIsim);
      template_id(8);
      put_file(out_, 2, directory({kPin1, kPin2, kAdm1}, kIsim, recipe_.isim_aid));
      const Bytes impi = text_object(recipe_.impi.empty() ? recipe_.imsi + "@" + domain : recipe_.impi);
      put_file(out_, 3, sized(impi.size()), whole(impi));
      const Bytes impu = text_object(recipe_.impu.empty() ? "sip:" + recipe_.imsi + "@" + domain : recipe_.impu);
      put_file(out_, 4, records(1, impu.size()), whole(impu));
      const Bytes name = text_object(domain);
      put_file(out_, 5, sized(name.size()), whole(name));
      put_file(out_, 6, {}, whole(service_table(recipe_.pcscf.empty() ? std::vector<unsigned>{} : std::vector<unsigned>{1, 5}, 14)));
      put_file(out_, 7, {});
      rules(8);
    }
    if (!recipe_.pcscf.empty()) {
      auto scope = element(kElementOptIsim);
      template_id(9);
      Bytes address = {0x00};  // TS 31.103 4.2.8: FQDN
      append(address, text_view(recipe_.pcscf));
      const Bytes object = asn1::tlv(0x80, address);
      put_file(out_, 2, records(1, object.size()), whole(object));
    }
    {
      // The ISIM's PIN2 is the USIM's: same value, same counters.
      auto scope = element(kElementPins);
      auto codes = out_.open(0xA1);
      out_.put(0x81, be_bytes(kUsim, 2));
    }
    {
      auto scope = element(kElementAka);
      auto configuration = out_.open(0xA1);
      auto mapping = out_.open(0xA0);
      out_.put_byte(0x80, 0x06).put(0x81, recipe_.usim_aid);
    }
  }

  Bytes path(const std::vector<std::string>& steps, std::size_t count) const {
    Bytes out;
    for (std::size_t i = 0; i < count; ++i) {
      if (steps[i] == "usim" || steps[i] == "isim") {
        append(out, be_bytes(steps[i] == "usim" ? kUsim : kIsim, 2));
        continue;
      }
      const auto fid = from_hex(steps[i]);
      if (!fid || fid->size() != 2) throw RecipeError("\"" + steps[i] + "\" is no file identifier");
      if (be_value(*fid) != 0x3F00) append(out, *fid);
    }
    return out;
  }

  // EFs of DF.TELECOM that old terminals look for are links to the USIM's (TS 51.011 10.5).
  void links() {
    auto scope = element(kElementGfm);
    auto commands = out_.open(0xA1);
    auto list = out_.open(0x30);
    out_.put(0x80, be_bytes(kTelecom, 2));
    const auto link = [&](std::uint16_t fid, std::uint8_t rule, std::uint8_t descriptor, Bytes target) {
      FcpFields fcp;
      fcp.descriptor = descriptor;
      fcp.fid = fid;
      fcp.access = {rule};
      fcp.sfi = 0;
      fcp.link = std::move(target);
      put_managed_file(out_, fcp);
    };
    if (recipe_.phonebook) link(0x6F3A, 5, 0x42, "7F105F3A4F58"_hex);
    for (const auto fid : std::to_array<std::uint16_t>({0x6F3B, 0x6F3C, 0x6F40, 0x6F42})) {
      Bytes target = be_bytes(kUsim, 2);
      append(target, be_bytes(fid, 2));
      link(fid, fid == 0x6F3B ? 8 : fid == 0x6F40 ? 2 : 5, 0x42, std::move(target));
    }
    Bytes status = be_bytes(kUsim, 2);
    append(status, be_bytes(0x6F43, 2));
    link(0x6F43, 5, 0x41, std::move(status));
  }

  void extra_file(const FileRecipe& file) {
    using Type = FileRecipe::Type;
    if (file.path.empty()) throw RecipeError("a file needs a path");
    FcpFields fcp;
    const Bytes fid = path({file.path.back()}, 1);
    if (fid.size() != 2) throw RecipeError("\"" + file.path.back() + "\" is no file identifier");
    fcp.fid = static_cast<std::uint16_t>(be_value(fid));
    // What lies in a directory that the recipe makes under the MF finds no EF.ARR but the MF's.
    const bool inside = file.path.size() > 1 && std::ranges::any_of(recipe_.files, [&](const FileRecipe& other) {
                          return other.type == Type::directory && other.path.size() == 1 && other.path[0] == file.path[0];
                        });
    const auto rule = [&](std::uint8_t number) { return inside ? Bytes{0x2F, 0x06, number} : Bytes{number}; };
    fcp.access = rule(file.rule);
    std::vector<Piece> pieces;
    switch (file.type) {
      case Type::directory:
        fcp.descriptor = 0x78;
        fcp.access = rule(14);
        fcp.pin_references = {kPin1, kAdm1};
        break;
      case Type::transparent:
        fcp.descriptor = 0x41;
        fcp.size = file.size != 0 ? file.size : static_cast<std::uint32_t>(file.content.size());
        break;
      case Type::ber_tlv:
        fcp.descriptor = 0x79;
        fcp.size = file.size != 0 ? file.size : 1024;
        ber_tlv_ = true;
        break;
      case Type::link:
        fcp.descriptor = 0x41;
        fcp.link = path(file.target, file.target.size());
        break;
      case Type::linear_fixed:
      case Type::cyclic: {
        const std::size_t count = std::max<std::size_t>(file.records, file.record_contents.size());
        fcp.descriptor = file.type == Type::cyclic ? 0x46 : 0x42;
        fcp.record_length = file.record_length;
        fcp.size = static_cast<std::uint32_t>(count * file.record_length);
        for (const Bytes& record : file.record_contents) (void)padded(record, file.record_length);
        pieces = record_pieces(file.record_contents, file.record_length);
        break;
      }
    }
    if (!file.shareable) *fcp.descriptor &= 0xBF;  // TS 102 221 11.1.1.4.3, bit 7
    if (fcp.size && *fcp.size == 0) throw RecipeError("file " + file.path.back() + " has no size");
    if (!file.content.empty()) pieces = whole(file.content);
    if (file.type != Type::directory) fcp.sfi = file.sfi;
    auto list = out_.open(0x30);
    out_.put(0x80, path(file.path, file.path.size() - 1));
    put_managed_file(out_, fcp, pieces);
  }

  void extra_files() {
    if (recipe_.files.empty()) return;
    auto scope = element(kElementGfm);
    auto commands = out_.open(0xA1);
    for (const FileRecipe& file : recipe_.files) extra_file(file);
  }

  // SIM toolkit application specific parameters (TS 102 226 8.2.1.3.2.1) that give a domain its SCP80 addresses.
  static Bytes toolkit_field(const DomainRecipe& domain) {
    Bytes out = {
        0x01, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, domain.minimum_security_level, static_cast<std::uint8_t>(domain.tars.size() * 3)};
    for (const Bytes& tar : domain.tars) append(out, tar);
    out.push_back(0x00);
    return out;
  }

  // Card recognition data (GlobalPlatform 2.3 H.2) with the secure channel protocols of the key sets.
  static Bytes recognition_data(const DomainRecipe& domain) {
    asn1::TlvWriter out;
    {
      auto data = out.open(0x66);
      auto template_scope = out.open(0x73);
      out.put(0x06, "2A864886FC6B01"_hex);
      {
        auto version = out.open(0x60);
        out.put(0x06, "2A864886FC6B02020203"_hex);
      }
      {
        auto identification = out.open(0x63);
        out.put(0x06, "2A864886FC6B03"_hex);
      }
      const auto protocol = [&](Bytes oid) {
        auto scope = out.open(0x64);
        out.put(0x06, oid);
      };
      if (!domain.tars.empty()) protocol("2A864886FC6B048000"_hex);
      const bool scp03 = std::any_of(domain.keys.begin(), domain.keys.end(), [](const KeyRecipe& k) { return (k.version & 0xF0) == 0x30; });
      if (scp03) protocol("2A864886FC6B040370"_hex);
    }
    Bytes group = {0x00, 0x70, static_cast<std::uint8_t>(out.view().size())};
    append(group, out.view());
    return group;
  }

  void security_domain() {
    const DomainRecipe& domain = recipe_.mno_sd;
    auto scope = element(kElementDomain);
    {
      auto instance = out_.open(0xA1);
      out_.put(0x4F, "A0000001515350"_hex).put(0x4F, "A000000151535041"_hex).put(0x4F, domain.aid);
      out_.put(0x82, "82DC00"_hex).put_byte(0x83, 0x0F).put(0xC9, "810280008201F08301F08701F0"_hex);
      if (!domain.tars.empty()) {
        auto parameters = out_.open(0xEA);
        out_.put(0x80, toolkit_field(domain));
      }
    }
    if (!domain.keys.empty()) {
      auto list = out_.open(0xA2);
      for (const KeyRecipe& key : domain.keys) {
        auto object = out_.open(0x30);
        out_.put_byte(0x95, key.usage).put_byte(0x82, key.identifier).put_byte(0x83, key.version);
        auto components = out_.open(0x30);
        auto component = out_.open(0x30);
        out_.put_byte(0x80, key.type).put(0x86, key.value);
      }
    }
    auto data = out_.open(0xA3);
    out_.put(0x04, recognition_data(domain));
  }

  void remote_files(const RfmRecipe& rfm) {
    auto scope = element(kElementRfm);
    out_.put(0x4F, rfm.aid);
    if (!rfm.tars.empty()) {
      auto list = out_.open(0xA0);
      for (const Bytes& tar : rfm.tars) out_.put(0x04, tar);
    }
    out_.put_byte(0x81, rfm.minimum_security_level).put_byte(0x04, 0x00).put_byte(0x04, 0x00);
    if (rfm.adf.empty()) return;
    if (rfm.adf != "usim" && rfm.adf != "isim") throw RecipeError("rfm: adf is usim or isim");
    auto access = out_.open(0x30);
    out_.put(0x80, rfm.adf == "usim" ? recipe_.usim_aid : recipe_.isim_aid).put_byte(0x81, 0x00).put_byte(0x82, 0x00);
  }

  void load(const ApplicationRecipe& application) {
    auto scope = element(kElementApplication);
    {
      auto block = out_.open(0xA1);
      out_.put(0x4F, application.package_aid).put(0xC4, application.code);
    }
    if (application.instances.empty()) return;
    auto list = out_.open(0xA2);
    for (const InstanceRecipe& instance : application.instances) {
      auto entry = out_.open(0x30);
      out_.put(0x4F, application.package_aid).put(0x4F, instance.class_aid).put(0x4F, instance.aid);
      out_.put(0x82, instance.privileges).put(0xC9, instance.parameters_c9);
      if (!instance.toolkit.empty()) {
        auto parameters = out_.open(0xEA);
        out_.put(0x80, instance.toolkit);
      }
      if (!instance.process_data.empty()) {
        auto data = out_.open(0x30);
        for (const Bytes& entry_data : instance.process_data) out_.put(0x04, entry_data);
      }
    }
  }

  const ProfileRecipe& recipe_;
  std::string home_;
  asn1::TlvWriter out_;
  unsigned identification_ = 0;
  std::vector<std::uint8_t> templates_;
  bool ber_tlv_ = false;
};

}  // namespace

const std::array<Bytes, 14>& access_rules() {
  // TS 102 221 9.2.4, expanded format: access mode, then condition. 01 is PIN1, 81 PIN2, 0A ADM1.
  static const std::array<Bytes, 14> kRules = {
      "8001019000 800102A406830101950108 800158A40683010A950108"_hex,              // read always, update PIN1
      "800101A406830101950108 80015AA40683010A950108"_hex,                         // read PIN1, update ADM1
      "80015BA40683010A950108"_hex,                                                // ADM1
      "8001019000 80011A9700 800140A40683010A950108"_hex,                          // read always, update never
      "800103A406830101950108 800158A40683010A950108"_hex,                         // read and update PIN1
      "800111A406830101950108 80014AA40683010A950108"_hex,                         // read and activate PIN1, update ADM1
      "800103A406830101950108 800158A40683010A950108 840132A406830101950108"_hex,  // as 5, INCREASE PIN1
      "800101A406830101950108 800102A406830181950108 800158A40683010A950108"_hex,  // read PIN1, update PIN2
      "8001019000 80011AA406830101950108 800140A40683010A950108"_hex,              // read always, update and (de)activate PIN1
      "8001019000 80015AA40683010A950108"_hex,                                     // read always, update ADM1
      "8001019000 800118A40683010A950108 8001429700"_hex,                          // read always, (de)activate ADM1
      "800101A406830101950108 80015A9700"_hex,                                     // read PIN1, nothing else
      "800113A406830101950108 800148A40683010A950108"_hex,                         // read, update, activate PIN1
      "80015EA40683010A950108"_hex,                                                // directories: ADM1
  };
  return kRules;
}

Bytes build_profile(const ProfileRecipe& recipe) { return PackageBuilder(recipe).build(); }

ProfileRecipe default_recipe(std::string iccid, std::string imsi, Bytes key, Bytes opc) {
  ProfileRecipe recipe;
  recipe.iccid = std::move(iccid);
  recipe.imsi = std::move(imsi);
  recipe.aka.key = std::move(key);
  recipe.aka.opc = std::move(opc);
  const Bytes test_key = "000102030405060708090A0B0C0D0E0F"_hex;
  recipe.mno_sd.aid = "A000000151000000"_hex;
  recipe.mno_sd.tars = {"B20100"_hex, "000000"_hex};
  for (const std::uint8_t version : {std::uint8_t{0x01}, std::uint8_t{0x30}}) {
    recipe.mno_sd.keys.push_back({.version = version, .identifier = 1, .usage = 0x18, .value = test_key});
    recipe.mno_sd.keys.push_back({.version = version, .identifier = 2, .usage = 0x14, .value = test_key});
    recipe.mno_sd.keys.push_back({.version = version, .identifier = 3, .usage = 0x48, .value = test_key});
  }
  recipe.rfm = {{.aid = "A00000055910100001"_hex, .tars = {"B00120"_hex}, .minimum_security_level = 0x06, .adf = {}},
                {.aid = "A00000055910100002"_hex, .tars = {"B00140"_hex}, .minimum_security_level = 0x06, .adf = "usim"}};
  return recipe;
}

// Default bearer (TS 102 223 8.52) and a network access name (8.70): labels of an APN with their lengths in front.
Bytes connectivity_of(const std::string& apn) {
  Bytes name;
  for (std::size_t from = 0; from <= apn.size();) {
    const std::size_t to = std::min(apn.find('.', from), apn.size());
    if (to == from || to - from > 63) throw RecipeError("'apn' has labels of 1 to 63 characters between its dots");
    name.push_back(static_cast<std::uint8_t>(to - from));
    append(name, text_view(std::string_view(apn).substr(from, to - from)));
    from = to + 1;
  }
  if (name.size() > 100) throw RecipeError("'apn' is longer than 100 characters");
  return concat({Bytes{0x35, 0x01, 0x03}, asn1::tlv(0x47, name)});
}

}  // namespace simurgh::perso
