#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/perso/pki.h"
#include "tools/simurgh/commands.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const crypto::Certificate& certificate) {
  static constexpr std::pair<crypto::Role, const char*> kRoles[] = {
      {crypto::Role::ci, "ci"},         {crypto::Role::euicc, "euicc"}, {crypto::Role::eum, "eum"},       {crypto::Role::dp_tls, "dp-tls"},
      {crypto::Role::dp_auth, "dp-auth"}, {crypto::Role::dp_pb, "dp-pb"}, {crypto::Role::ds_tls, "ds-tls"}, {crypto::Role::ds_auth, "ds-auth"}};
  Json roles = Json::array();
  for (const auto& [role, name] : kRoles) {
    if (certificate.has_role(role)) roles.push_back(name);
  }
  return {{"subject", certificate.subject_text},
          {"roles", roles},
          {"curve", certificate.key ? crypto::curve_name(certificate.key->curve()) : "unsupported"},
          {"subjectKeyIdentifier", to_hex(certificate.ski)},
          {"authorityKeyIdentifier", to_hex(certificate.aki)}};
}

void print(const std::string& path, const Json& entry) {
  std::cout << path << "\n  " << entry["subject"].get<std::string>() << "\n  " << entry["curve"].get<std::string>() << "  SKI "
            << entry["subjectKeyIdentifier"].get<std::string>() << "  roles " << entry["roles"].dump() << '\n';
}

void show(const std::string& path, const Globals& globals) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().filename().string().starts_with("CERT_") && entry.path().extension() == ".der") files.push_back(entry.path());
    }
    std::ranges::sort(files);
  } else {
    files.emplace_back(path);
  }
  if (files.empty()) throw Failure(Exit::local, path + " holds no certificates; make a PKI with 'simurgh pki new'");
  Json all = Json::array();
  for (const fs::path& file : files) {
    try {
      Json entry = describe(perso::read_certificate(file.string()));
      if (!globals.json) print(file.string(), entry);
      entry["file"] = file.string();
      all.push_back(std::move(entry));
    } catch (const perso::PkiError& failure) {
      throw Failure(Exit::local, failure.what());
    }
  }
  if (globals.json) print_json(globals, all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void add_pki(CLI::App& root, Globals& globals) {
  struct Options {
    std::string folder;
    perso::PkiSpec spec;
  };
  auto options = std::make_shared<Options>();
  CLI::App* pki = root.add_subcommand("pki", "Test certificates and keys");
  pki->require_subcommand(1);
  CLI::App* make = pki->add_subcommand("new", "Make a test CI on P-256 and brainpoolP256r1, an EUM, an SM-DP+, ES2+ and eIM material");
  make->add_option("folder", options->folder, "Folder to make")->required();
  make->add_option("--host", options->spec.hosts, "Host name or IPv4 address of the servers' TLS certificates; may be repeated");
  make->add_option("--iin", options->spec.iin, "Issuer number of the EUM: the first digits of its EIDs");
  make->add_option("--years", options->spec.years, "Validity in years")->check(CLI::Range(1, 100));
  make->footer("Examples:\n  simurgh pki new pki\n  simurgh pki new pki --host localhost --host dp.example.com");
  make->callback([options, &globals] {
    try {
      if (options->spec.iin.empty() || options->spec.iin.size() > 12 || options->spec.iin.find_first_not_of("0123456789") != std::string::npos) {
        throw Failure(Exit::usage, "--iin takes up to twelve digits, usually eight");
      }
      options->spec.not_before = std::time(nullptr) - 86400;
      const auto rng = crypto::system_rng();
      perso::write_pki(perso::make_pki(options->spec, *rng), options->folder);
    } catch (const perso::PkiError& failure) {
      throw Failure(Exit::local, failure.what());
    }
    if (globals.json) {
      print_json(globals, Json{{"folder", options->folder}}.dump());
    } else {
      std::cout << "Test PKI in " << options->folder << " (never trust it outside tests)\n";
    }
  });
  CLI::App* list = pki->add_subcommand("show", "Show the certificates of a folder, or one certificate");
  list->add_option("path", options->folder, "Folder or certificate")->required();
  list->footer("Examples:\n  simurgh pki show pki\n  simurgh --json pki show CERT_CI.pem");
  list->callback([options, &globals] { show(options->folder, globals); });
}

}  // namespace simurgh::tool
