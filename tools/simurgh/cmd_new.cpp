#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "euicc/state/sqlite_store.h"
#include "tools/perso/card_maker.h"
#include "tools/simurgh/commands.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::string card, pki, eid, recipe;
  std::vector<std::string> ci_cert, ci_key, eum_cert, eum_key, euicc_cert, euicc_key, profiles;
  bool force = false;
};

// The PKI of --pki, or one of its own for a card that is told of no certificate.
std::optional<perso::Pki> pki_of(const Options& options, crypto::Rng& rng) {
  if (!options.pki.empty()) return perso::read_pki(options.pki);
  if (!options.ci_cert.empty()) return std::nullopt;
  perso::PkiSpec spec;
  spec.not_before = std::time(nullptr) - 86400;
  return perso::make_pki(spec, rng);
}

std::vector<perso::Root> roots(const Options& options) {
  // Files may come in any order: what belongs together is found by curve and issuer.
  std::vector<perso::Root> out;
  for (const std::string& path : options.ci_cert) out.push_back({perso::read_certificate(path), {}, {}, {}});
  const auto fits = [](const crypto::Certificate& certificate, const crypto::EcPrivateKey& key) {
    return certificate.key && certificate.key->curve() == key.curve() && certificate.key->point() == key.public_key().point();
  };
  for (const std::string& path : options.ci_key) {
    const auto key = perso::read_key(path);
    bool used = false;
    for (perso::Root& root : out) {
      if (!fits(root.ci, key)) continue;
      root.ci_key = key;
      used = true;
    }
    if (!used) throw Failure(Exit::usage, path + " is not the key of any --ci-cert");
  }
  const auto attach = [&](const std::vector<std::string>& certs, const std::vector<std::string>& keys, bool euicc) {
    for (const std::string& path : certs) {
      perso::Identity identity{perso::read_certificate(path), {}};
      for (const std::string& key_path : keys) {
        const auto key = perso::read_key(key_path);
        if (fits(identity.certificate, key)) identity.key = key;
      }
      bool used = false;
      for (perso::Root& root : out) {
        const bool belongs = euicc ? root.eum && crypto::issued_by(identity.certificate, root.eum->certificate)
                                   : crypto::issued_by(identity.certificate, root.ci);
        if (!belongs) continue;
        (euicc ? root.euicc : root.eum) = identity;
        used = true;
      }
      if (!used) throw Failure(Exit::usage, path + " was not issued by " + (euicc ? "any --eum-cert" : "any --ci-cert"));
      if (euicc && !identity.key) throw Failure(Exit::usage, "no --euicc-key fits " + path);
    }
  };
  attach(options.eum_cert, options.eum_key, false);
  attach(options.euicc_cert, options.euicc_key, true);
  return out;
}

void run(const Options& options, const Globals& globals) {
  const auto rng = crypto::system_rng();
  std::string eid;
  try {
    perso::CardSpec spec;
    spec.eid = options.eid;
    perso::CardRecipe recipe;
    const auto pki = pki_of(options, *rng);
    if (!options.recipe.empty()) recipe = perso::parse_card_recipe(read_file(options.recipe), pki ? &*pki : nullptr);
    spec.capabilities = recipe.capabilities;
    spec.iot = recipe.iot;
    spec.roots = pki ? perso::roots_of(*pki) : roots(options);
    if (recipe.profiles.size() > options.profiles.size()) {
      throw Failure(Exit::usage, "the recipe describes " + std::to_string(recipe.profiles.size()) + " profiles, --profile gives " +
                                     std::to_string(options.profiles.size()));
    }
    for (std::size_t i = 0; i < options.profiles.size(); ++i) {
      perso::FactoryProfile factory;
      if (i < recipe.profiles.size()) factory = recipe.profiles[i];
      factory.package = to_bytes(text_view(read_file(options.profiles[i])));
      if (i >= recipe.profiles.size()) {
        factory.metadata.service_provider_name = "Simurgh";
        factory.metadata.profile_name = "Factory profile " + std::to_string(i + 1);
      }
      spec.profiles.push_back(std::move(factory));
    }
    const auto cells = perso::make_cells(spec, *rng);
    if (::access(options.card.c_str(), F_OK) == 0) {
      if (!options.force) throw Failure(Exit::local, options.card + " exists already; --force replaces it");
      // Opening takes the lock, so a card in use is not pulled away; anything that is no card is not removed.
      state::SqliteStore::open(options.card);
      if (::unlink(options.card.c_str()) != 0) throw Failure(Exit::local, "cannot replace " + options.card + " (" + std::strerror(errno) + ")");
    }
    const auto store = state::SqliteStore::create(options.card, cells);
    state::Transaction txn(*store);
    eid = ecasd::eid_text(ecasd::Ecasd::load(txn)->eid);
  } catch (const perso::CardError& failure) {
    throw Failure(Exit::usage, failure.what());
  } catch (const perso::PkiError& failure) {
    throw Failure(Exit::local, failure.what());
  } catch (const state::CardFileError& failure) {
    throw Failure(Exit::local, failure.what());
  }
  if (globals.json) {
    print_json(globals, nlohmann::ordered_json{{"card", options.card}, {"eid", eid}, {"profiles", options.profiles.size()}}.dump());
    return;
  }
  std::cout << options.card << "  EID " << eid << "\nNext: simurgh exec --card " << options.card << " -- pcsc_scan -r\n";
}

}  // namespace

void add_new(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("new", "Make a card: EID, keys, certificates, profiles from the factory");
  app->add_option("card", options->card, "Card file to make")->required();
  CLI::Option* pki = app->add_option("--pki", options->pki, "PKI folder of 'simurgh pki new', or the SGP.26 one; without any a PKI of its own is made up");
  app->add_option("--ci-cert", options->ci_cert, "CI certificate the card trusts; may be repeated")->excludes(pki);
  app->add_option("--ci-key", options->ci_key, "CI key, to mint EUM and eUICC certificates with")->excludes(pki);
  app->add_option("--eum-cert", options->eum_cert, "EUM certificate")->excludes(pki);
  app->add_option("--eum-key", options->eum_key, "EUM key, to mint the eUICC certificate with")->excludes(pki);
  app->add_option("--euicc-cert", options->euicc_cert, "Ready eUICC certificate; its serialNumber is the EID")->excludes(pki);
  app->add_option("--euicc-key", options->euicc_key, "Key of --euicc-cert")->excludes(pki);
  app->add_option("--eid", options->eid, "32 digits with valid check digits; random without it");
  app->add_option("--recipe", options->recipe, "Capabilities and factory profile metadata, YAML");
  app->add_option("--profile", options->profiles, "Profile package to install at the factory; may be repeated");
  app->add_flag("--force", options->force, "Replace an existing card");
  app->footer("Examples:\n  simurgh new my.card --pki pki\n  simurgh new my.card --pki pki --recipe card.yaml --profile upp.der");
  app->callback([options, &globals] { run(*options, globals); });
}

}  // namespace simurgh::tool
