#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "asn1/tlv.h"
#include "euicc/ecasd/ecasd.h"
#include "euicc/profile/image.h"
#include "euicc/profile/registry.h"
#include "euicc/state/sqlite_store.h"
#include "euicc/uicc/uicc.h"
#include "tools/simurgh/assistant_view.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/inspect_iot.h"
#include "tools/simurgh/multi_imsi_view.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

std::string version_text(const std::array<std::uint8_t, 3>& v) {
  return std::to_string(v[0]) + "." + std::to_string(v[1]) + "." + std::to_string(v[2]);
}

// Nibble-swapped BCD without its filler.
std::string iccid_text(ByteView iccid) {
  std::string out;
  for (const std::uint8_t octet : iccid) {
    for (const int nibble : {octet & 0x0F, octet >> 4}) {
      if (nibble < 10) out.push_back(static_cast<char>('0' + nibble));
    }
  }
  return out;
}

std::string fid_text(std::uint16_t fid) { return to_hex(be_bytes(fid, 2)); }

const char* kind_text(uicc::FileKind kind) {
  switch (kind) {
    case uicc::FileKind::mf: return "MF";
    case uicc::FileKind::df: return "DF";
    case uicc::FileKind::adf: return "ADF";
    case uicc::FileKind::transparent: return "transparent";
    case uicc::FileKind::linear_fixed: return "linear fixed";
    case uicc::FileKind::cyclic: return "cyclic";
    case uicc::FileKind::ber_tlv: return "BER-TLV";
    case uicc::FileKind::removed: return "removed";
  }
  return "";
}

const char* algorithm_text(usim::Algorithm algorithm) {
  switch (algorithm) {
    case usim::Algorithm::milenage: return "Milenage";
    case usim::Algorithm::tuak: return "TUAK";
    case usim::Algorithm::usim_test: return "USIM test (XOR)";
  }
  return "";
}

Json file_json(const uicc::FileTree& tree, uicc::NodeId id, const state::Transaction& txn, std::uint32_t owner, bool contents) {
  const uicc::FileNode& node = tree.at(id);
  Json out{{"fid", fid_text(node.fid)}, {"kind", kind_text(node.kind)}};
  if (!node.aid.empty()) out["aid"] = to_hex(node.aid);
  if (node.link_target != uicc::kNoNode) out["link_to"] = fid_text(tree.at(node.link_target).fid);
  if (!node.is_directory()) {
    const uicc::FileNode& body = tree.at(tree.body_of(id));
    out["size"] = body.size;
    if (body.record_length != 0) out["record_length"] = body.record_length;
    if (node.sfi != 0) out["sfi"] = node.sfi;
    const Bytes* changed = txn.find({state::Space::file, owner, tree.body_of(id)});
    if (changed != nullptr) out["changed"] = true;
    if (contents) out["content"] = to_hex(changed != nullptr && !changed->empty() ? ByteView(*changed).subspan(1) : ByteView(body.body));
    return out;
  }
  Json children = Json::array();
  for (const uicc::NodeId child : tree.children(id)) children.push_back(file_json(tree, child, txn, owner, contents));
  out["children"] = std::move(children);
  return out;
}

void print_files(const Json& node, int depth) {
  std::cout << std::string(static_cast<std::size_t>(depth) * 2 + 4, ' ') << node["fid"].get<std::string>() << "  "
            << node["kind"].get<std::string>();
  if (node.contains("aid")) std::cout << "  " << node["aid"].get<std::string>();
  if (node.contains("size")) std::cout << "  " << node["size"].get<std::uint32_t>() << " octets";
  if (node.contains("record_length")) std::cout << " in records of " << node["record_length"].get<std::uint32_t>();
  if (node.contains("link_to")) std::cout << "  link to " << node["link_to"].get<std::string>();
  if (node.contains("changed")) std::cout << "  (changed since installation)";
  if (node.contains("content")) std::cout << "\n" << std::string(static_cast<std::size_t>(depth) * 2 + 6, ' ') << node["content"].get<std::string>();
  std::cout << '\n';
  if (!node.contains("children")) return;
  for (const Json& child : node["children"]) print_files(child, depth + 1);
}

Json profile_json(const profile::ProfileEntry& entry, state::Transaction& txn, bool contents) {
  static constexpr const char* kClasses[] = {"test", "provisioning", "operational"};
  Json out{{"iccid", iccid_text(entry.metadata.iccid)},
           {"isdpAid", to_hex(entry.aid)},
           {"profileState", entry.state == profile::ProfileState::enabled ? "enabled" : "disabled"},
           {"profileClass", kClasses[static_cast<int>(entry.metadata.profile_class)]},
           {"serviceProviderName", entry.metadata.service_provider_name},
           {"profileName", entry.metadata.profile_name}};
  if (!entry.nickname.empty()) out["profileNickname"] = entry.nickname;
  const Bytes* encoded = txn.find({state::Space::profile, entry.number, 1});
  const auto image = encoded == nullptr ? std::nullopt : profile::ProfileImage::decode(*encoded);
  if (!image) return out;
  out["packageVersion"] = std::to_string(image->header.major) + "." + std::to_string(image->header.minor);
  out["profileType"] = image->header.type;
  Json aka = Json::array();
  for (const auto& binding : image->aka) {
    aka.push_back({{"adf", to_hex(image->files.at(binding.adf).aid)}, {"algorithm", algorithm_text(binding.parameters.algorithm)}});
  }
  out["authentication"] = aka;
  Json domains = Json::array();
  for (const auto& domain : image->gp.domains) domains.push_back({{"aid", to_hex(domain.aid)}, {"keys", domain.keys.size()}});
  out["securityDomains"] = domains;
  Json applications = Json::array();
  for (const auto& application : image->gp.applications) applications.push_back(to_hex(application.aid));
  out["applications"] = applications;
  for (const auto& application : image->gp.applications) {
    if (Json view = multi_imsi_json(application, txn, entry.number); !view.is_null()) out["multiImsi"] = std::move(view);
  }
  if (!image->files.empty()) {
    const auto tree = uicc::stored_tree(std::make_shared<const uicc::FileTree>(image->files), entry.number, txn);
    out["files"] = file_json(*tree, uicc::kMf, txn, entry.number, contents);
    for (const uicc::NodeId adf : tree->adfs()) {
      Json& children = out["files"]["children"];
      children.push_back(file_json(*tree, adf, txn, entry.number, contents));
    }
  }
  return out;
}

// Sequence number, events and address of a stored BF37 or 30 DO; both carry a NotificationMetadata BF2F.
Json notification_json(ByteView stored) {
  const auto outer = asn1::TlvReader(stored).next();
  if (!outer) return nullptr;
  auto metadata = asn1::find_child(outer->value, 0xBF2F);
  if (!metadata) {
    if (const auto data = asn1::find_child(outer->value, 0xBF27)) metadata = asn1::find_child(data->value, 0xBF2F);
  }
  if (!metadata) return nullptr;
  Json out{{"kind", outer->tag == 0xBF37 ? "ProfileInstallationResult" : "OtherSignedNotification"}};
  if (const auto sequence = asn1::find_child(metadata->value, 0x80)) out["seqNumber"] = asn1::unsigned_value(*sequence).value_or(0);
  if (const auto bits = asn1::find_child(metadata->value, 0x81)) {
    static constexpr const char* kEvents[] = {"install", "enable", "disable", "delete"};
    const auto mask = asn1::named_bits(*bits).value_or(0);
    for (int n = 0; n < 4; ++n) {
      if ((mask >> n & 1) != 0) out["event"] = kEvents[n];
    }
  }
  if (const auto address = asn1::find_child(metadata->value, 0x0C)) out["address"] = to_text(address->value);
  if (const auto iccid = asn1::find_child(metadata->value, 0x5A)) out["iccid"] = iccid_text(iccid->value);
  return out;
}

void run(const std::string& path, bool files, bool contents, const Globals& globals) {
  std::unique_ptr<state::SqliteStore> store;
  std::optional<state::Transaction> txn;
  try {
    store = state::SqliteStore::open_read_only(path);
    txn.emplace(*store);
  } catch (const std::runtime_error& failure) {
    throw Failure(Exit::local, failure.what());
  }
  const auto identity = ecasd::Ecasd::load(*txn);
  if (!identity) throw Failure(Exit::local, path + ": the identity of the card is missing or damaged; make a new card");

  Json out{{"eid", ecasd::eid_text(identity->eid)},
           {"svn", version_text(identity->capabilities.svn)},
           {"profileVersion", version_text(identity->capabilities.profile_version)},
           {"sasAccreditationNumber", identity->capabilities.sas_number}};
  Json anchors = Json::array();
  for (const auto& anchor : identity->anchors) {
    anchors.push_back({{"keyId", to_hex(anchor.key_id)}, {"curve", crypto::curve_name(anchor.key.curve())}});
  }
  out["euiccCiPKIdListForVerification"] = anchors;
  Json chains = Json::array();
  for (const auto& chain : identity->chains) {
    chains.push_back({{"keyId", to_hex(chain.ci_key_id)}, {"curve", crypto::curve_name(chain.key.curve())}});
  }
  out["euiccCiPKIdListForSigning"] = chains;
  Json profiles = Json::array();
  for (const auto& entry : profile::Registry(*txn).all()) profiles.push_back(profile_json(entry, *txn, contents));
  out["profiles"] = profiles;
  Json notifications = Json::array();
  txn->for_each(state::Space::notification, 0, [&](const state::Key&, const Bytes& value) {
    if (Json entry = notification_json(value); !entry.is_null()) notifications.push_back(std::move(entry));
  });
  out["notifications"] = notifications;
  const Json iot = iot_json(*identity, *txn);
  if (!iot.is_null()) out["iot"] = iot;
  const Json assistant = assistant_json(*txn);
  if (!assistant.is_null()) out["ipae"] = assistant;
  if (globals.json) {
    print_json(globals, out.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }

  std::cout << "EID            " << out["eid"].get<std::string>() << "\nSVN            " << out["svn"].get<std::string>()
            << "\nPackages       up to " << out["profileVersion"].get<std::string>() << '\n';
  for (const Json& chain : chains) {
    std::cout << "Signs under    " << chain["keyId"].get<std::string>() << " (" << chain["curve"].get<std::string>() << ")\n";
  }
  std::cout << "Profiles       " << profiles.size() << '\n';
  for (const Json& entry : profiles) {
    std::cout << "  " << entry["iccid"].get<std::string>() << "  " << entry["profileState"].get<std::string>() << "  "
              << entry["profileClass"].get<std::string>() << "  " << entry["serviceProviderName"].get<std::string>() << " / "
              << entry["profileName"].get<std::string>() << '\n';
    if (entry.contains("multiImsi")) print_multi_imsi(entry["multiImsi"]);
    if ((files || contents) && entry.contains("files")) print_files(entry["files"], 0);
  }
  std::cout << "Notifications  " << notifications.size() << '\n';
  for (const Json& entry : notifications) std::cout << "  " << entry.dump() << '\n';
  if (!iot.is_null()) print_iot(iot);
  print_assistant(assistant);
}

}  // namespace

void add_inspect(CLI::App& root, Globals& globals) {
  struct Options {
    std::string card;
    bool files = false, contents = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("inspect", "Show what a card file holds; works while the card is in use");
  app->add_option("card", options->card, "Card file")->required();
  app->add_flag("--files", options->files, "Print the file tree of every profile");
  app->add_flag("--contents", options->contents, "The same with file contents");
  app->footer("Examples:\n  simurgh inspect my.card\n  simurgh --json inspect my.card --contents");
  app->callback([options, &globals] { run(options->card, options->files, options->contents, globals); });
}

}  // namespace simurgh::tool
