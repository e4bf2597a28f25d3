// simurgh profile: unprotected profile packages on disk. What is in one, whether a card takes it, and how to make one.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "euicc/profile/package.h"
#include "tools/perso_upp/upp_builder.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/multi_imsi_view.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string file, recipe, output;
  std::string iccid, imsi, key, opc;
  bool secrets = false;
  std::vector<unsigned> missing_services;
  std::size_t memory = 512 * 1024;
};

const char* kind_text(uicc::FileKind kind) {
  switch (kind) {
    case uicc::FileKind::mf:
      return "MF";
    case uicc::FileKind::df:
      return "DF";
    case uicc::FileKind::adf:
      return "ADF";
    case uicc::FileKind::transparent:
      return "transparent";
    case uicc::FileKind::linear_fixed:
      return "linear fixed";
    case uicc::FileKind::cyclic:
      return "cyclic";
    case uicc::FileKind::removed:
      return "removed";
    case uicc::FileKind::ber_tlv:
      return "BER-TLV";
  }
  return "";
}

const char* algorithm_text(usim::Algorithm algorithm) {
  switch (algorithm) {
    case usim::Algorithm::milenage:
      return "Milenage";
    case usim::Algorithm::tuak:
      return "TUAK";
    case usim::Algorithm::usim_test:
      return "USIM test (XOR)";
  }
  return "";
}

std::string fid_text(std::uint16_t fid) { return to_hex(be_bytes(fid, 2)); }

// 3F00/7F10/6F3A; an ADF stands under its AID because its temporary identifier ends with the installation.
std::string path_text(const uicc::FileTree& tree, uicc::NodeId id) {
  const uicc::FileNode& node = tree.at(id);
  if (node.kind == uicc::FileKind::mf) return "3F00";
  if (node.kind == uicc::FileKind::adf) return "ADF " + to_hex(node.aid);
  return path_text(tree, node.parent) + "/" + fid_text(node.fid);
}

std::string secret_text(const crypto::SecretBytes& secret, bool show) {
  return show ? to_hex(secret.expose()) : "(" + std::to_string(secret.size()) + " octets)";
}

Json hex_list(const std::vector<Bytes>& list) {
  Json out = Json::array();
  for (const Bytes& item : list) out.push_back(to_hex(item));
  return out;
}

Bytes package_of(const std::string& path) { return to_bytes(text_view(read_file(path))); }

struct Installation {
  profile::PackageInterpreter interpreter;
  bool installed = false;
};

Installation install(const Options& options) {
  const Bytes package = package_of(options.file);
  profile::PackageLimits limits{.memory = options.memory};
  for (const unsigned service : options.missing_services)
    if (service < 64) limits.services &= ~(std::uint64_t{1} << service);
  Installation out{profile::PackageInterpreter(limits)};
  (void)out.interpreter.feed(package);
  out.installed = out.interpreter.finish();
  return out;
}

Json elements_json(const profile::PackageInterpreter& interpreter) {
  Json out = Json::array();
  for (const auto& element : interpreter.elements()) {
    Json entry{{"element", element.name}, {"octets", element.size}};
    if (element.identification) entry["identification"] = *element.identification;
    entry["mandated"] = element.mandated;
    entry["status"] = profile::name(element.status);
    out.push_back(std::move(entry));
  }
  return out;
}

Json statuses_json(const profile::PackageInterpreter& interpreter) {
  Json out = Json::array();
  for (const auto& status : interpreter.statuses()) {
    Json entry{{"status", profile::name(status.status)}, {"element", status.element}, {"reason", status.why}};
    if (status.identification) entry["identification"] = *status.identification;
    if (status.additional) entry["additionalInformation"] = *status.additional;
    if (status.offset) entry["offset"] = *status.offset;
    out.push_back(std::move(entry));
  }
  return out;
}

void print_elements(const profile::PackageInterpreter& interpreter) {
  for (const auto& element : interpreter.elements()) {
    std::cout << "  " << (element.identification ? std::to_string(*element.identification) : std::string("-")) << "  " << element.name
              << "  " << element.size << " octets" << (element.mandated ? "  mandated  " : "  ") << profile::name(element.status) << '\n';
  }
  for (const auto& status : interpreter.statuses()) {
    std::cout << "  " << profile::name(status.status) << " in " << status.element;
    if (status.offset) std::cout << " at octet " << *status.offset;
    std::cout << ": " << status.why << '\n';
  }
}

[[noreturn]] void refuse(const profile::PackageInterpreter& interpreter) {
  const auto& last = interpreter.statuses().back();
  std::string where = last.element;
  if (last.identification) where += " (identification " + std::to_string(*last.identification) + ")";
  throw Failure(Exit::refused, std::string("the package is refused: ") + last.why + " in element " + where,
                std::string(profile::name(last.status)) + ", EUICCResponse " + to_hex(interpreter.euicc_response()));
}

void check(const Options& options, const Globals& globals) {
  const Installation result = install(options);
  const auto& interpreter = result.interpreter;
  if (!globals.json) {
    print_elements(interpreter);
    if (result.installed) std::cout << "installs; EUICCResponse " << to_hex(interpreter.euicc_response()) << '\n';
  }
  if (!result.installed) refuse(interpreter);
  if (globals.json) {
    print_json(globals, Json{{"installs", true},
                             {"elements", elements_json(interpreter)},
                             {"statuses", statuses_json(interpreter)},
                             {"euiccResponse", to_hex(interpreter.euicc_response())}}
                            .dump());
  }
}

Json files_json(const uicc::FileTree& tree) {
  Json out = Json::array();
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto id = static_cast<uicc::NodeId>(i);
    const uicc::FileNode& node = tree.at(id);
    Json entry{{"path", path_text(tree, id)}, {"fid", fid_text(node.fid)}, {"type", kind_text(node.kind)}};
    if (node.access.record != 0) entry["access"] = fid_text(node.access.arr_fid) + " record " + std::to_string(node.access.record);
    if (node.is_directory()) {
      entry["pinReferences"] = to_hex(node.pin_references);
    } else {
      entry["size"] = node.size;
      if (node.record_length != 0) entry["recordLength"] = node.record_length;
      if (node.sfi != 0) entry["sfi"] = node.sfi;
      if (node.link_target != uicc::kNoNode)
        entry["linkTo"] = path_text(tree, node.link_target);
      else
        entry["content"] = to_hex(node.body);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

Json pins_json(const profile::ProfileImage& image, bool secrets) {
  Json out = Json::array();
  for (const auto& binding : image.pins.bindings) {
    const auto& pin = image.pins.pins.at(binding.pin);
    Json entry{{"reference", to_hex(Bytes{binding.reference})},
               {"directory", path_text(image.files, binding.directory)},
               {"value", secret_text(pin.value, secrets)},
               {"tries", std::to_string(pin.tries) + "/" + std::to_string(pin.max_tries)},
               {"enabled", pin.enabled},
               {"changeable", pin.changeable},
               {"canBeDisabled", pin.can_be_disabled}};
    if (pin.puk != 0) entry["puk"] = to_hex(Bytes{pin.puk});
    out.push_back(std::move(entry));
  }
  return out;
}

Json image_json(const profile::ProfileImage& image, bool secrets) {
  Json out{{"version", std::to_string(image.header.major) + "." + std::to_string(image.header.minor)},
           {"profileType", image.header.type},
           {"iccid", to_hex(image.header.iccid)}};
  out["files"] = files_json(image.files);
  out["pins"] = pins_json(image, secrets);
  Json puks = Json::array();
  for (const auto& puk : image.pins.puks) {
    puks.push_back({{"reference", to_hex(Bytes{puk.reference})},
                    {"value", secret_text(puk.value, secrets)},
                    {"tries", std::to_string(puk.tries) + "/" + std::to_string(puk.max_tries)}});
  }
  out["puks"] = std::move(puks);
  Json aka = Json::array();
  for (const auto& binding : image.aka) {
    aka.push_back({{"application", to_hex(image.files.at(binding.adf).aid)},
                   {"algorithm", algorithm_text(binding.parameters.algorithm)},
                   {"k", secret_text(binding.parameters.key, secrets)},
                   {"opc", secret_text(binding.parameters.opc, secrets)},
                   {"algorithmOptions", to_hex(Bytes{binding.parameters.algorithm_options})},
                   {"sqnOptions", to_hex(Bytes{binding.parameters.sqn_options})},
                   {"state", binding.state_cell}});
  }
  out["authentication"] = std::move(aka);
  Json domains = Json::array();
  for (const auto& domain : image.gp.domains) {
    Json keys = Json::array();
    for (const auto& key : domain.keys) {
      for (const auto& component : key.components) {
        keys.push_back({{"version", to_hex(Bytes{key.version})},
                        {"identifier", to_hex(Bytes{key.identifier})},
                        {"type", to_hex(Bytes{component.type})},
                        {"value", secret_text(component.value, secrets)}});
      }
    }
    domains.push_back({{"aid", to_hex(domain.aid)},
                       {"privileges", to_hex(domain.privileges)},
                       {"lifeCycle", to_hex(Bytes{domain.life_cycle})},
                       {"tars", hex_list(domain.tars)},
                       {"minimumSecurityLevel", to_hex(Bytes{domain.minimum_security_level})},
                       {"keys", std::move(keys)}});
  }
  out["securityDomains"] = std::move(domains);
  Json rfm = Json::array();
  for (const auto& instance : image.gp.rfm) {
    rfm.push_back({{"aid", to_hex(instance.aid)},
                   {"tars", hex_list(instance.tars)},
                   {"minimumSecurityLevel", to_hex(Bytes{instance.minimum_security_level})},
                   {"adf", to_hex(instance.adf_aid)}});
  }
  out["rfm"] = std::move(rfm);
  Json loads = Json::array();
  for (const auto& file : image.gp.load_files) loads.push_back({{"aid", to_hex(file.aid)}, {"octets", file.code.size()}});
  out["loadFiles"] = std::move(loads);
  Json applications = Json::array();
  for (const auto& application : image.gp.applications) {
    Json entry{{"aid", to_hex(application.aid)}, {"package", to_hex(application.package_aid)}};
    if (Json view = multi_imsi_data_json(application, secrets); !view.is_null()) entry["multiImsi"] = std::move(view);
    applications.push_back(std::move(entry));
  }
  out["applications"] = std::move(applications);
  return out;
}

// One line on a terminal; --json has all of it. A filler at the end says nothing that the size does not.
std::string shortened(std::string hex) {
  std::size_t end = hex.size();
  while (end >= 2 && hex.compare(end - 2, 2, "FF") == 0) end -= 2;
  constexpr std::size_t kLine = 96;
  if (end > kLine) return hex.substr(0, kLine) + "..";
  return end + 4 < hex.size() ? hex.substr(0, end) + ".." : hex;
}

void print_image(const Json& image) {
  std::cout << "profile " << image["profileType"].get<std::string>() << ", package " << image["version"].get<std::string>() << ", ICCID "
            << image["iccid"].get<std::string>() << '\n';
  std::cout << "files\n";
  for (const Json& file : image["files"]) {
    std::cout << "  " << file["path"].get<std::string>() << "  " << file["type"].get<std::string>();
    if (file.contains("size")) std::cout << "  " << file["size"].get<std::uint32_t>();
    if (file.contains("recordLength")) std::cout << " by " << file["recordLength"].get<std::uint32_t>();
    if (file.contains("linkTo")) std::cout << "  link to " << file["linkTo"].get<std::string>();
    if (file.contains("content")) std::cout << "  " << shortened(file["content"].get<std::string>());
    std::cout << '\n';
  }
  for (const char* part : {"pins", "puks", "authentication", "securityDomains", "rfm", "loadFiles", "applications"}) {
    if (image[part].empty()) continue;
    std::cout << part << '\n';
    for (const Json& entry : image[part]) std::cout << "  " << entry.dump() << '\n';
  }
}

void inspect(const Options& options, const Globals& globals) {
  Installation result = install(options);
  if (!result.installed) {
    if (!globals.json) print_elements(result.interpreter);
    refuse(result.interpreter);
  }
  Json out{{"elements", elements_json(result.interpreter)}};
  if (!globals.json) print_elements(result.interpreter);
  const Json image = image_json(result.interpreter.take(), options.secrets);
  out.update(image);
  if (globals.json)
    print_json(globals, out.dump(-1, ' ', false, Json::error_handler_t::replace));
  else
    print_image(out);
}

void build(const Options& options, const Globals& globals) {
  Bytes package;
  try {
    if (!options.recipe.empty()) {
      const std::string folder = std::filesystem::path(options.recipe).parent_path().string();
      package = perso::build_profile(perso::read_recipe(read_file(options.recipe), folder.empty() ? "." : folder));
    } else {
      const auto key = from_hex(options.key), opc = from_hex(options.opc);
      if (options.iccid.empty() || options.imsi.empty() || !key || !opc || key->empty() || opc->empty())
        throw Failure(Exit::usage, "profile build takes a recipe, or --iccid, --imsi, --k and --opc (hexadecimal)");
      package = perso::build_profile(perso::default_recipe(options.iccid, options.imsi, *key, *opc));
    }
  } catch (const perso::RecipeError& error) {
    throw Failure(Exit::usage, error.what());
  }
  // What our own card would refuse never leaves the house.
  profile::PackageInterpreter interpreter;
  (void)interpreter.feed(package);
  if (!interpreter.finish()) refuse(interpreter);
  write_file(options.output, to_text(package), 0600);
  if (globals.json) {
    print_json(globals, Json{{"file", options.output}, {"octets", package.size()}, {"elements", interpreter.elements().size()}}.dump());
  } else {
    std::cout << options.output << ": " << package.size() << " octets, " << interpreter.elements().size() << " elements\n";
  }
}

}  // namespace

void add_profile(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* noun = root.add_subcommand("profile", "Unprotected profile packages: look inside, check, build");
  noun->require_subcommand(1);
  noun->footer("Examples:\n  simurgh profile build recipe.yaml -o upp.der\n  simurgh profile check upp.der");

  CLI::App* look = noun->add_subcommand("inspect", "Elements, files, PINs, algorithms, security domains");
  look->add_option("file", options->file, "Package, the elements one after the other in DER")->required();
  look->add_flag("--secrets", options->secrets, "Show PINs and keys");
  look->footer("Examples:\n  simurgh profile inspect upp.der\n  simurgh profile inspect upp.der --json --secrets");
  look->callback([options, &globals] { inspect(*options, globals); });

  CLI::App* test = noun->add_subcommand("check", "Install into a scratch profile; exit code 1 when a card would refuse it");
  test->add_option("file", options->file, "Package")->required();
  test->add_option("--without", options->missing_services, "Positions of eUICC-Mandatory-services that the card lacks");
  test->add_option("--memory", options->memory, "Octets for files and load files");
  test->footer("Examples:\n  simurgh profile check upp.der\n  simurgh profile check upp.der --without 18 --memory 65536");
  test->callback([options, &globals] { check(*options, globals); });

  CLI::App* make = noun->add_subcommand("build", "A package from a recipe, or from four values");
  make->add_option("recipe", options->recipe, "Recipe in YAML");
  make->add_option("-o,--output", options->output, "Package to write")->required();
  make->add_option("--iccid", options->iccid, "18 to 20 digits");
  make->add_option("--imsi", options->imsi, "6 to 15 digits");
  make->add_option("--k", options->key, "K, 16 octets");
  make->add_option("--opc", options->opc, "OPc, 16 octets");
  make->footer(
      "Examples:\n  simurgh profile build recipe.yaml -o upp.der\n"
      "  simurgh profile build --iccid 8988211000000123456 --imsi 001010123456789 --k 0011.. --opc 2233.. -o upp.der");
  make->callback([options, &globals] { build(*options, globals); });
}

}  // namespace simurgh::tool
