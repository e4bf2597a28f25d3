// Recipes in YAML: every key has a default except iccid, imsi, k and one of opc and op.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "asn1/tlv.h"
#include "tools/perso_upp/multi_imsi_recipe.h"
#include "tools/perso_upp/upp_builder.h"

namespace simurgh::perso {
namespace {

std::string text(const YAML::Node& node, const std::string& what) {
  if (!node.IsScalar()) throw RecipeError(what + " is not a single value");
  return node.Scalar();
}

Bytes hex(const YAML::Node& node, const std::string& what) {
  auto octets = from_hex(text(node, what));
  if (!octets) throw RecipeError(what + " is not hexadecimal");
  return std::move(*octets);
}

std::uint64_t number(const YAML::Node& node, const std::string& what, std::uint64_t highest) {
  const std::string spelling = text(node, what);
  try {
    std::size_t end = 0;
    const std::uint64_t value = std::stoull(spelling, &end, 0);
    if (end == spelling.size() && value <= highest && spelling.front() != '-') return value;
  } catch (const std::logic_error&) {
    // answered below: not a number, or too large for one
  }
  throw RecipeError(what + " is not a number up to " + std::to_string(highest));
}

bool flag(const YAML::Node& node, const std::string& what) {
  try {
    return node.as<bool>();
  } catch (const YAML::Exception&) {
    throw RecipeError(what + " is not yes or no");
  }
}

// A mapping whose keys are all known: a misspelt key is an error, not a silent default.
class Map {
 public:
  Map(const YAML::Node& node, std::string what, std::set<std::string> known) : node_(node), what_(std::move(what)) {
    if (!node.IsMap()) throw RecipeError(what_ + " is not a mapping");
    for (const auto& entry : node)
      if (!known.contains(entry.first.Scalar())) throw RecipeError(what_ + " has no key \"" + entry.first.Scalar() + "\"");
  }
  [[nodiscard]] YAML::Node operator[](const char* key) const { return node_[key]; }
  [[nodiscard]] std::string name(const char* key) const { return what_ + "." + key; }

  void get(const char* key, std::string& out) const {
    if (const auto node = node_[key]) out = text(node, name(key));
  }
  void get(const char* key, Bytes& out) const {
    if (const auto node = node_[key]) out = hex(node, name(key));
  }
  void get(const char* key, bool& out) const {
    if (const auto node = node_[key]) out = flag(node, name(key));
  }
  template <typename Number>
  requires std::is_unsigned_v<Number>
  void get(const char* key, Number& out) const {
    if (const auto node = node_[key]) out = static_cast<Number>(number(node, name(key), static_cast<Number>(~Number{0})));
  }
  template <typename Value>
  void get(const char* key, std::optional<Value>& out) const {
    if (node_[key]) get(key, out.emplace());
  }
  void get(const char* key, std::vector<Bytes>& out) const {
    each(key, [&](const YAML::Node& item) { out.push_back(hex(item, name(key))); });
  }
  void get(const char* key, std::vector<std::string>& out) const {
    const auto node = node_[key];
    if (!node) return;
    out.clear();
    each(key, [&](const YAML::Node& item) { out.push_back(text(item, name(key))); });
  }
  template <typename Visit>
  void each(const char* key, Visit&& visit) const {
    const auto node = node_[key];
    if (!node) return;
    if (!node.IsSequence()) throw RecipeError(name(key) + " is not a list");
    for (const auto& item : node) visit(item);
  }

 private:
  YAML::Node node_;
  std::string what_;
};

void read_pin(const Map& root, const char* key, PinRecipe& pin) {
  if (!root[key]) return;
  const Map map(root[key], root.name(key), {"value", "puk", "tries", "puk_tries", "enabled", "changeable", "can_be_disabled"});
  map.get("value", pin.value);
  map.get("puk", pin.puk);
  map.get("tries", pin.tries);
  map.get("puk_tries", pin.puk_tries);
  map.get("enabled", pin.enabled);
  map.get("changeable", pin.changeable);
  map.get("can_be_disabled", pin.can_be_disabled);
}

void read_aka(const Map& root, AkaRecipe& aka) {
  root.get("k", aka.key);
  root.get("opc", aka.opc);
  root.get("op", aka.op);
  if (const auto node = root["algorithm"]) {
    const std::string name = text(node, root.name("algorithm"));
    if (name == "milenage")
      aka.algorithm = usim::Algorithm::milenage;
    else if (name == "tuak")
      aka.algorithm = usim::Algorithm::tuak;
    else if (name == "xor")
      aka.algorithm = usim::Algorithm::usim_test;
    else
      throw RecipeError("algorithm is milenage, tuak or xor");
  }
  if (!root["aka"]) return;
  const Map map(root["aka"], "aka",
                {"options", "rotation", "xoring", "counter_max", "keccak", "sqn_options", "sqn_delta", "sqn_age_limit", "sqn_init"});
  map.get("options", aka.options);
  map.get("rotation", aka.rotation);
  map.get("xoring", aka.xoring);
  map.get("counter_max", aka.auth_counter_max);
  map.get("keccak", aka.keccak_iterations);
  map.get("sqn_options", aka.sqn_options);
  map.get("sqn_delta", aka.sqn_delta);
  map.get("sqn_age_limit", aka.sqn_age_limit);
  map.each("sqn_init", [&](const YAML::Node& item) { aka.sqn_init.push_back(number(item, "aka.sqn_init", 0x07FFFFFFFFFF)); });
}

// "00101", or {plmn: "00101", access: 0xC880}.
void read_networks(const Map& root, const char* key, std::vector<PlmnEntry>& out) {
  root.each(key, [&](const YAML::Node& item) {
    PlmnEntry& entry = out.emplace_back();
    if (item.IsScalar()) {
      entry.plmn = item.Scalar();
      return;
    }
    const Map map(item, root.name(key), {"plmn", "access"});
    map.get("plmn", entry.plmn);
    map.get("access", entry.access);
  });
}

// "usim/6F99", "7F10/5F50/4F20", with or without 3F00 in front.
std::vector<std::string> path_steps(const std::string& path) {
  std::vector<std::string> steps;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) steps.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return steps;
}

FileRecipe read_file_recipe(const YAML::Node& node) {
  const Map map(node, "files", {"path", "type", "size", "record_length", "records", "sfi", "shareable", "rule", "content", "contents", "target"});
  FileRecipe file;
  std::string path, type = "transparent", target;
  map.get("path", path);
  map.get("type", type);
  map.get("target", target);
  file.path = path_steps(path);
  file.target = path_steps(target);
  using Type = FileRecipe::Type;
  static constexpr std::pair<const char*, Type> kTypes[] = {
      {"transparent", Type::transparent}, {"linear", Type::linear_fixed}, {"cyclic", Type::cyclic},
      {"ber-tlv", Type::ber_tlv},         {"df", Type::directory},        {"link", Type::link}};
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& entry) { return type == entry.first; });
  if (found == std::end(kTypes)) throw RecipeError("files.type is transparent, linear, cyclic, ber-tlv, df or link");
  file.type = found->second;
  map.get("size", file.size);
  map.get("record_length", file.record_length);
  map.get("records", file.records);
  map.get("sfi", file.sfi);
  if (file.sfi > 30) throw RecipeError("files.sfi is 1 to 30, or 0 for none");
  map.get("shareable", file.shareable);
  map.get("rule", file.rule);
  map.get("content", file.content);
  map.get("contents", file.record_contents);
  return file;
}

void read_keys(const Map& root, const char* key, std::uint8_t default_version, std::vector<KeyRecipe>& keys) {
  if (!root[key]) return;
  const Map map(root[key], root.name(key), {"version", "type", "enc", "mac", "dek"});
  std::uint8_t version = default_version;
  std::string type = "aes";
  map.get("version", version);
  map.get("type", type);
  if (type != "aes" && type != "des") throw RecipeError(map.name("type") + " is aes or des");
  std::uint8_t identifier = 1;
  for (const auto& [name, usage] : {std::pair{"enc", 0x18}, std::pair{"mac", 0x14}, std::pair{"dek", 0x48}}) {
    KeyRecipe entry{.version = version,
                    .identifier = identifier++,
                    .type = type == "aes" ? std::uint8_t{0x88} : std::uint8_t{0x80},
                    .usage = static_cast<std::uint8_t>(usage),
                    .value = {}};
    map.get(name, entry.value);
    if (entry.value.empty()) throw RecipeError(map.name(name) + " is missing");
    keys.push_back(std::move(entry));
  }
}

Bytes load_file(const std::string& folder, const std::string& path) {
  std::ifstream in(path.starts_with('/') ? path : folder + "/" + path, std::ios::binary);
  if (!in) throw RecipeError("cannot read " + path);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

ApplicationRecipe read_application(const YAML::Node& node, const std::string& folder) {
  const Map map(node, "applications", {"package", "file", "code", "instances"});
  ApplicationRecipe application;
  map.get("package", application.package_aid);
  map.get("code", application.code);
  if (const auto file = map["file"]) application.code = load_file(folder, text(file, "applications.file"));
  map.each("instances", [&](const YAML::Node& item) {
    const Map entry(item, "applications.instances", {"class", "aid", "privileges", "c9", "toolkit", "data"});
    InstanceRecipe& instance = application.instances.emplace_back();
    entry.get("class", instance.class_aid);
    entry.get("aid", instance.aid);
    entry.get("privileges", instance.privileges);
    entry.get("c9", instance.parameters_c9);
    entry.get("toolkit", instance.toolkit);
    entry.get("data", instance.process_data);
  });
  return application;
}

ProfileRecipe read_document(const YAML::Node& document, const std::string& folder) {
  const Map root(document, "recipe",
                 {"name",
                  "iccid",
                  "imsi",
                  "mnc_digits",
                  "spn",
                  "msisdn",
                  "smsc",
                  "apn",
                  "connectivity",
                  "gid1",
                  "gid2",
                  "acc",
                  "k",
                  "opc",
                  "op",
                  "algorithm",
                  "aka",
                  "pin1",
                  "pin2",
                  "adm1",
                  "emergency",
                  "hplmn",
                  "oplmn",
                  "plmn",
                  "ehplmn",
                  "forbidden",
                  "services",
                  "ust",
                  "isim",
                  "gsm_access",
                  "5gs",
                  "phonebook",
                  "impi",
                  "impu",
                  "domain",
                  "pcscf",
                  "suci_calc_info",
                  "suci_by_usim",
                  "routing_indicator",
                  "usim_aid",
                  "isim_aid",
                  "security_domain",
                  "rfm",
                  "files",
                  "applications",
                  "multi_imsi"});
  for (const char* key : {"iccid", "imsi", "k"})
    if (!root[key]) throw RecipeError(std::string("recipe needs ") + key);
  ProfileRecipe recipe = default_recipe(text(root["iccid"], "iccid"), text(root["imsi"], "imsi"), {}, {});
  root.get("name", recipe.name);
  root.get("mnc_digits", recipe.mnc_digits);
  root.get("spn", recipe.spn);
  root.get("msisdn", recipe.msisdn);
  root.get("smsc", recipe.smsc);
  root.get("connectivity", recipe.connectivity);
  std::string apn;
  root.get("apn", apn);
  if (!apn.empty()) recipe.connectivity = connectivity_of(apn);
  root.get("gid1", recipe.gid1);
  root.get("gid2", recipe.gid2);
  root.get("acc", recipe.acc);
  read_aka(root, recipe.aka);
  read_pin(root, "pin1", recipe.pin1);
  read_pin(root, "pin2", recipe.pin2);
  read_pin(root, "adm1", recipe.adm1);
  root.get("emergency", recipe.emergency);
  read_networks(root, "hplmn", recipe.hplmn);
  read_networks(root, "oplmn", recipe.oplmn);
  read_networks(root, "plmn", recipe.user_plmn);
  root.get("ehplmn", recipe.ehplmn);
  root.get("forbidden", recipe.forbidden);
  root.each("services", [&](const YAML::Node& item) { recipe.services.push_back(static_cast<unsigned>(number(item, "services", 512))); });
  root.get("ust", recipe.ust);
  root.get("isim", recipe.isim);
  root.get("gsm_access", recipe.gsm_access);
  root.get("5gs", recipe.nr5g);
  root.get("phonebook", recipe.phonebook);
  root.get("impi", recipe.impi);
  root.get("impu", recipe.impu);
  root.get("domain", recipe.domain);
  root.get("pcscf", recipe.pcscf);
  root.get("suci_calc_info", recipe.suci_calc_info);
  root.get("suci_by_usim", recipe.suci_by_usim);
  root.get("routing_indicator", recipe.routing_indicator);
  root.get("usim_aid", recipe.usim_aid);
  root.get("isim_aid", recipe.isim_aid);
  if (root["security_domain"]) {
    const Map map(root["security_domain"], "security_domain", {"aid", "tars", "msl", "scp80", "scp03"});
    map.get("aid", recipe.mno_sd.aid);
    if (map["tars"]) recipe.mno_sd.tars.clear();
    map.get("tars", recipe.mno_sd.tars);
    map.get("msl", recipe.mno_sd.minimum_security_level);
    if (map["scp80"] || map["scp03"]) recipe.mno_sd.keys.clear();
    read_keys(map, "scp80", 0x01, recipe.mno_sd.keys);
    read_keys(map, "scp03", 0x30, recipe.mno_sd.keys);
  }
  if (root["rfm"]) recipe.rfm.clear();
  root.each("rfm", [&](const YAML::Node& item) {
    const Map map(item, "rfm", {"aid", "tars", "msl", "adf"});
    RfmRecipe& rfm = recipe.rfm.emplace_back();
    map.get("aid", rfm.aid);
    map.get("tars", rfm.tars);
    map.get("msl", rfm.minimum_security_level);
    map.get("adf", rfm.adf);
  });
  root.each("files", [&](const YAML::Node& item) { recipe.files.push_back(read_file_recipe(item)); });
  root.each("applications", [&](const YAML::Node& item) { recipe.applications.push_back(read_application(item, folder)); });
  if (root["multi_imsi"]) read_multi_imsi(root["multi_imsi"], recipe);
  return recipe;
}

}  // namespace

ProfileRecipe read_recipe(std::string_view yaml, const std::string& folder) {
  try {
    return read_document(YAML::Load(std::string(yaml)), folder);
  } catch (const YAML::Exception& error) {
    throw RecipeError(std::string("the recipe is not YAML: ") + error.what());
  }
}

}  // namespace simurgh::perso
