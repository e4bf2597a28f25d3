// Makes unprotected profile packages (SAIP 2.3) from a short description of a subscription.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/usim/algorithms.h"

namespace simurgh::perso {

// What is wrong with a recipe, as one sentence for people.
class RecipeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct PinRecipe {
  std::string value;  // up to eight digits, padded with FF
  std::string puk;    // eight digits; empty: none
  std::uint8_t tries = 3, puk_tries = 10;
  bool enabled = true;
  bool changeable = true, can_be_disabled = true;
};

struct AkaRecipe {
  usim::Algorithm algorithm = usim::Algorithm::milenage;
  Bytes key;                              // K, 16 octets; TUAK also 32
  Bytes opc;                              // OPc or TOPc
  Bytes op;                               // OP or TOP when `opc` is empty
  std::optional<std::uint8_t> options;    // algorithmOptions, e.g. the length of RES
  std::optional<Bytes> rotation, xoring;  // 5 and 80 octets
  std::optional<std::uint32_t> auth_counter_max;
  std::optional<std::uint8_t> keccak_iterations;
  std::optional<std::uint8_t> sqn_options;
  std::optional<std::uint64_t> sqn_delta, sqn_age_limit;
  std::vector<std::uint64_t> sqn_init;  // SEQ values, at most 32
};

struct PlmnEntry {
  std::string plmn;               // MCC and MNC digits: "00101"
  std::uint16_t access = 0xC880;  // TS 31.102 4.2.5: UTRAN 8000, E-UTRAN 4000, NG-RAN 0800, GSM 0080
};

struct FileRecipe {
  std::vector<std::string> path;  // from the MF; "usim" and "isim" name the ADFs: {"usim", "6F99"}
  enum class Type : std::uint8_t { transparent, linear_fixed, cyclic, ber_tlv, directory, link } type = Type::transparent;
  std::uint32_t size = 0;  // octets; 0: the content's, BER-TLV: 1024
  std::uint16_t record_length = 0;
  std::uint16_t records = 0;  // 0: as many as `record_contents`
  std::uint8_t sfi = 0;       // 0: none
  bool shareable = true;      // current on several channels at once
  std::uint8_t rule = 5;      // record of the access rules in access_rules()
  Bytes content;
  std::vector<Bytes> record_contents;
  std::vector<std::string> target;  // of a link
};

struct KeyRecipe {
  std::uint8_t version = 1, identifier = 1;
  std::uint8_t type = 0x88;   // 80 DES, 88 AES
  std::uint8_t usage = 0x18;  // 18 ENC, 14 MAC, 48 DEK
  Bytes value;
};

struct DomainRecipe {
  Bytes aid;
  std::vector<Bytes> tars;  // SCP80 addresses
  std::uint8_t minimum_security_level = 0x06;
  std::vector<KeyRecipe> keys;
};

struct RfmRecipe {
  Bytes aid;
  std::vector<Bytes> tars;
  std::uint8_t minimum_security_level = 0x06;
  std::string adf;  // "usim", "isim", empty: the UICC file system
};

struct InstanceRecipe {
  Bytes class_aid, aid, privileges = {0x00, 0x00, 0x00}, parameters_c9 = {0x81, 0x00}, toolkit;
  std::vector<Bytes> process_data;
};
struct ApplicationRecipe {
  Bytes package_aid, code;  // load file data block
  std::vector<InstanceRecipe> instances;
};

struct ProfileRecipe {
  std::string name = "Simurgh profile";  // profileType
  std::string iccid;                     // 18 to 20 digits
  std::string imsi;                      // 6 to 15 digits
  unsigned mnc_digits = 2;
  std::string spn = "Simurgh";
  std::string msisdn, smsc;  // digits, "+" for international
  Bytes gid1, gid2;
  std::optional<std::uint16_t> acc;  // default: the class of the last IMSI digit
  AkaRecipe aka;
  PinRecipe pin1{.value = "1234", .puk = "12345678", .enabled = false};
  PinRecipe pin2{.value = "5678", .puk = "87654321", .enabled = true, .can_be_disabled = false};
  PinRecipe adm1{.value = "88888888", .puk = {}, .tries = 10, .can_be_disabled = false};
  std::vector<std::string> emergency = {"112", "911"};
  std::vector<PlmnEntry> hplmn, oplmn, user_plmn;  // hplmn defaults to the home network
  std::vector<std::string> ehplmn, forbidden;
  std::vector<unsigned> services;  // further UST services
  std::optional<Bytes> ust;        // instead of the computed table
  bool isim = true, gsm_access = true, nr5g = true, phonebook = true;
  std::string impi, impu, domain;                               // derived from the IMSI when empty (TS 23.003 13)
  std::string pcscf;                                            // host name; empty: no EF.P-CSCF
  Bytes suci_calc_info = {0xA0, 0x02, 0x00, 0x00, 0xA1, 0x00};  // EF.SUCI_Calc_Info
  bool suci_by_usim = false;                                    // in DF.SAIP and UST service 125: GET IDENTITY answers the SUCI
  std::string routing_indicator;                                // up to four digits
  Bytes usim_aid = {0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x03, 0x02, 0x00, 0x00};
  Bytes isim_aid = {0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x03, 0x02, 0x00, 0x00};
  Bytes connectivity;                                           // connectivityParameters of the header: comprehension TLVs
  DomainRecipe mno_sd;
  std::vector<RfmRecipe> rfm;
  std::vector<FileRecipe> files;
  std::vector<ApplicationRecipe> applications;
};

// A complete subscription with public test values for everything that is not named: an AES SCP80 key set of 000102..0F with
// version 1, an SCP03 set with version 30, RFM for the UICC (B00120) and the USIM (B00140), PIN1 1234 disabled, PUK1 12345678, ADM1
// 88888888.
[[nodiscard]] ProfileRecipe default_recipe(std::string iccid, std::string imsi, Bytes key, Bytes opc);
// `connectivity` for this access point. Throws RecipeError.
[[nodiscard]] Bytes connectivity_of(const std::string& apn);

// From YAML; keys are those of docs: iccid, imsi, k, opc, ... Throws RecipeError. `folder`: where relative paths of load files start.
[[nodiscard]] ProfileRecipe read_recipe(std::string_view yaml, const std::string& folder = ".");

// The package. Throws RecipeError when the recipe cannot be met.
[[nodiscard]] Bytes build_profile(const ProfileRecipe& recipe);

// Records 1 to 14 of every EF.ARR that build_profile writes; the numbers are those that the templates name.
[[nodiscard]] const std::array<Bytes, 14>& access_rules();

}  // namespace simurgh::perso
