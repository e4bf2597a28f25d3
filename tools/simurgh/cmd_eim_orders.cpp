#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/eim/eim.h"
#include "tools/eim/identifiers.h"
#include "tools/eim/rest.h"
#include "tools/simurgh/cmd_eim.h"

namespace simurgh::tool {
namespace {

using eim::Facility;
using Json = nlohmann::ordered_json;

struct Target {
  std::string store, group;
  std::vector<std::string> eids;
};

// The store with what makes orders; the server may be running on the same file.
struct Desk {
  explicit Desk(const std::string& path)
      : store(path), rng(crypto::system_rng()), manager(perso::Pki{}, store, *rng, options()) {}
  static eim::EimOptions options() {
    eim::EimOptions out;
    out.now = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
    return out;
  }
  eim::EimStore store;
  std::unique_ptr<crypto::Rng> rng;
  eim::Eim manager;
};

template <typename Work>
void with_desk(const std::string& path, Work work) {
  try {
    Desk desk(path);
    work(desk);
  } catch (const eim::StoreFailure& failure) {
    throw Failure(Exit::local, failure.what());
  }
}

void order(const Target& target, Facility facility, const Json& order, const Globals& globals) {
  if (const auto checked = eim::check_order(facility, order); !checked) throw Failure(Exit::usage, checked.error());
  with_desk(target.store, [&](Desk& desk) {
    std::vector<std::string> eids = target.eids;
    if (!target.group.empty()) {
      const auto members = desk.store.group(target.group);
      if (members.empty()) throw Failure(Exit::refused, "the group " + target.group + " has no devices; 'simurgh eim set --in-group' puts them in");
      eids.insert(eids.end(), members.begin(), members.end());
    }
    if (eids.empty()) throw Failure(Exit::usage, "name a device with --eid, or a group with --group");
    Json out = Json::array();
    sqlite::Database::Transaction transaction(desk.store.database());
    for (const std::string& eid : eids) {
      const auto resource = desk.manager.create(facility, eid, order);
      if (!resource) throw Failure(Exit::usage, resource.error());
      out.push_back(*resource);
    }
    transaction.commit();
    if (globals.json) {
      print_json(globals, Json{{"resourceIdList", out}}.dump());
    } else {
      for (const Json& one : out) std::cout << one.get<std::string>() << '\n';
    }
  });
}

Json psmo(const char* name, Json fields = Json::object()) { return {{"psmo", Json::array({{{name, std::move(fields)}}})}}; }
Json eco(const char* name, Json fields = Json::object()) { return {{"eco", Json::array({{{name, std::move(fields)}}})}}; }

// EimConfigurationData from a file of 'simurgh eim config', DER or hexadecimal.
std::string configuration_hex(const std::string& path) {
  const std::string content = read_file(path);
  if (!content.empty() && content.front() == '0' && from_hex(content)) return to_hex(*from_hex(content));
  return to_hex(text_view(content));
}

void lookup(const std::string& store, const std::string& resource, const Globals& globals) {
  with_desk(store, [&](Desk& desk) {
    const auto request = desk.store.by_resource(resource);
    if (!request) throw Failure(Exit::refused, "no order " + resource + "; 'simurgh eim list' shows them");
    const Json out = eim::request_json(*request);
    if (globals.json) {
      print_json(globals, out.dump(-1, ' ', false, Json::error_handler_t::replace));
      return;
    }
    std::cout << eim::facility_name(request->facility) << " for " << request->eid << ": " << request->status;
    if (!request->verified.empty()) std::cout << ", signature " << (request->verified == "yes" ? "verified" : request->verified == "no" ? "WRONG" : "not verified");
    std::cout << '\n';
    for (const auto& one : out["outcome"]) std::cout << "  " << one.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  });
}

void list(const std::string& store, const std::string& eid, const Globals& globals) {
  with_desk(store, [&](Desk& desk) {
    Json out = Json::array();
    auto requests = desk.store.requests(std::nullopt, 100000, eid);
    std::ranges::reverse(requests);
    for (const eim::Request& r : requests) {
      if (globals.json) {
        Json one = eim::request_json(r);
        one["resourceId"] = r.resource;
        one["facility"] = eim::facility_name(r.facility);
        one["own"] = r.own;
        out.push_back(std::move(one));
      } else {
        std::cout << r.resource << "  " << eim::facility_name(r.facility) << "  " << r.eid << "  " << r.status << "  " << r.outcome << '\n';
      }
    }
    if (globals.json) print_json(globals, out.dump(-1, ' ', false, Json::error_handler_t::replace));
  });
}

void devices(const std::string& store, const Globals& globals) {
  with_desk(store, [&](Desk& desk) {
    Json out = Json::array();
    for (const eim::Device& d : desk.store.devices()) {
      Json profiles = Json::array();
      for (const eim::Profile& p : desk.store.profiles(d.eid)) {
        profiles.push_back({{"iccid", eim::iccid_digits(from_hex(p.iccid).value_or(Bytes{}))}, {"state", p.state}, {"name", p.name}, {"fallback", p.fallback}});
      }
      if (globals.json) {
        out.push_back({{"eidValue", d.eid}, {"group", d.group}, {"counterValue", d.counter}, {"associationToken", d.token}, {"plmn", d.plmn},
                       {"certificateVerified", !d.euicc_certificate.empty()}, {"lastSequence", d.last_sequence}, {"profiles", std::move(profiles)}});
        continue;
      }
      std::cout << d.eid << "  counter " << d.counter << (d.group.empty() ? "" : "  group " + d.group) << (d.plmn.empty() ? "" : "  in " + d.plmn)
                << (d.euicc_certificate.empty() ? "  card not verified" : "") << '\n';
      for (const Json& p : profiles) {
        std::cout << "  " << p["iccid"].get<std::string>() << "  " << p["state"].get<std::string>() << "  " << p["name"].get<std::string>() << '\n';
      }
    }
    if (globals.json) print_json(globals, out.dump(-1, ' ', false, Json::error_handler_t::replace));
  });
}

void cancel(const std::string& store, const std::string& resource, const Globals& globals) {
  with_desk(store, [&](Desk& desk) {
    if (const auto done = desk.manager.cancel(resource); !done) throw Failure(Exit::refused, done.error());
    if (globals.json) print_json(globals, Json{{"resourceId", resource}, {"status", "cancelled"}}.dump());
  });
}

}  // namespace

void add_eim_orders(CLI::App& eim, Globals& globals) {
  // Each order shares where it goes; its own options are in `fields`.
  const auto command = [&](const char* name, const char* what, const std::string& example) {
    CLI::App* out = eim.add_subcommand(name, what);
    const std::string line = std::string("  simurgh eim ") + name + " --store eim.db --eid 89049032123451234512345678901235" + (example.empty() ? "" : " " + example);
    out->footer("Prints the id of each order.\nExamples:\n" + line + "\n  simurgh --json eim " + name + " --store eim.db --group trackers" + (example.empty() ? "" : " " + example));
    return out;
  };
  const auto add_target = [](CLI::App* app, const std::shared_ptr<Target>& target) {
    app->add_option("--store", target->store, "File of devices and orders; the server may be running")->required();
    app->add_option("--eid", target->eids, "EID of the device; may be repeated");
    app->add_option("--group", target->group, "Every device of this group");
  };
  const auto add_store = [](CLI::App* app, std::string& store) { app->add_option("--store", store, "File of devices and orders; the server may be running")->required(); };

  struct Fields {
    std::string code, smds, iccid, oid, address, file, eim_id, tags, ci, resource, group, sequence;
    bool default_smdp = false, keep = false, enable = false, rollback = false, none = false, off = false;
    std::int64_t counter = -1, token = -1;
  };

  auto target = std::make_shared<Target>();
  auto f = std::make_shared<Fields>();
  CLI::App* app = command("download", "Let a device download a profile", "--activation-code '1$dp.example.com$ID' --enable");
  add_target(app, target);
  app->add_option("--activation-code", f->code, "Activation code of the SM-DP+");
  app->add_flag("--default-smdp", f->default_smdp, "From the card's default SM-DP+");
  app->add_option("--smds", f->smds, "By the events of this SM-DS");
  app->add_flag("--keep-data", f->keep, "The device gets no activation code: it downloads through the eIM");
  app->add_flag("--enable", f->enable, "Enable the profile once it is there");
  app->add_flag("--rollback", f->rollback, "With --enable: back to the former profile when the new one does not reach the eIM");
  app->callback([=, &globals] {
    Json fields = Json::object();
    if (!f->code.empty()) fields["activationCode"] = f->code;
    if (f->default_smdp) fields["defaultSmdp"] = true;
    if (!f->smds.empty()) fields["smds"] = f->smds;
    if (f->keep) fields["keepData"] = true;
    if (f->enable) fields["enable"] = true;
    if (f->rollback) fields["rollback"] = true;
    order(*target, Facility::download, {{"download", std::move(fields)}}, globals);
  });

  app = command("enable", "Enable a profile", "--iccid 8900012345678901234 --rollback");
  add_target(app, target);
  app->add_option("--iccid", f->iccid, "ICCID of the profile")->required();
  app->add_flag("--rollback", f->rollback, "Back to the former profile when the new one does not reach the eIM");
  app->callback([=, &globals] { order(*target, Facility::psmo, psmo("enable", {{"iccid", f->iccid}, {"rollback", f->rollback}}), globals); });

  for (const auto& [name, what] : {std::pair{"disable", "Disable a profile"}, std::pair{"delete", "Delete a profile"}}) {
    app = command(name, what, "--iccid 8900012345678901234");
    add_target(app, target);
    app->add_option("--iccid", f->iccid, "ICCID of the profile")->required();
    app->callback([=, &globals, name = name] { order(*target, Facility::psmo, psmo(name, {{"iccid", f->iccid}}), globals); });
  }

  app = command("list-profiles", "Ask a card for its profiles", "");
  add_target(app, target);
  app->add_option("--tags", f->tags, "Tags of the members wanted, in hexadecimal");
  app->callback([=, &globals] {
    order(*target, Facility::psmo, psmo("listProfileInfo", f->tags.empty() ? Json::object() : Json{{"tagList", f->tags}}), globals);
  });

  app = command("rat", "Ask a card for its rules authorisation table", "");
  add_target(app, target);
  app->callback([=, &globals] { order(*target, Facility::psmo, psmo("getRAT"), globals); });

  app = command("fallback", "Give a profile the fallback attribute", "--iccid 8900012345678901234");
  add_target(app, target);
  CLI::Option* iccid = app->add_option("--iccid", f->iccid, "ICCID of the profile");
  app->add_flag("--none", f->none, "Take the attribute away")->excludes(iccid);
  app->callback([=, &globals] {
    order(*target, Facility::psmo, f->none ? psmo("unsetFallbackAttribute") : psmo("setFallbackAttribute", {{"iccid", f->iccid}}), globals);
  });

  app = command("immediate", "Let the device enable profiles right after their download", "--smdp-address dp.example.com");
  add_target(app, target);
  app->add_option("--smdp-oid", f->oid, "Only from the SM-DP+ with this object identifier");
  app->add_option("--smdp-address", f->address, "Only from the SM-DP+ at this address");
  app->add_flag("--off", f->off, "No longer");
  app->callback([=, &globals] {
    Json fields{{"immediateEnableFlag", !f->off}};
    if (!f->oid.empty()) fields["smdpOid"] = f->oid;
    if (!f->address.empty()) fields["smdpAddress"] = f->address;
    order(*target, Facility::psmo, psmo("configureImmediateEnable", std::move(fields)), globals);
  });

  app = command("default-smdp", "Set a card's default SM-DP+", "--address dp.example.com");
  add_target(app, target);
  app->add_option("--address", f->address, "Its address; empty clears")->required();
  app->callback([=, &globals] { order(*target, Facility::psmo, psmo("setDefaultDpAddress", {{"defaultDpAddress", f->address}}), globals); });

  for (const auto& [name, what, eco_name] : {std::tuple{"add-eim", "Associate another eIM with a card", "addEim"}, std::tuple{"update-eim", "Change an eIM's configuration", "updateEim"}}) {
    app = command(name, what, "--config other.der");
    add_target(app, target);
    app->add_option("--config", f->file, "EimConfigurationData as 'simurgh eim config' gives it, DER or hexadecimal")->required();
    app->callback([=, &globals, eco_name = eco_name] {
      order(*target, Facility::eco, eco(eco_name, {{"eimConfigurationData", configuration_hex(f->file)}}), globals);
    });
  }

  app = command("delete-eim", "End the association of an eIM with a card", "--eim-id old.example.com");
  add_target(app, target);
  app->add_option("--eim-id", f->eim_id, "Which eIM")->required();
  app->callback([=, &globals] { order(*target, Facility::eco, eco("deleteEim", {{"eimId", f->eim_id}}), globals); });

  app = command("list-eim", "Ask a card for its eIMs", "");
  add_target(app, target);
  app->callback([=, &globals] { order(*target, Facility::eco, eco("listEim"), globals); });

  app = command("data", "Ask for data of card and device", "--tags BF20BF22A5A6A8");
  add_target(app, target);
  app->add_option("--tags", f->tags, "Tags of the data wanted, in hexadecimal")->required();
  app->add_option("--ci-key", f->ci, "Key identifier of the CI whose certificates are wanted");
  app->callback([=, &globals] {
    Json fields{{"tagList", f->tags}};
    if (!f->ci.empty()) fields["euiccCiPKId"] = f->ci;
    order(*target, Facility::edr, {{"edr", std::move(fields)}}, globals);
  });

  app = command("set", "Set what the eIM knows of a device", "--in-group trackers");
  add_target(app, target);
  app->add_option("--in-group", f->group, "Put the device into this group");
  app->add_option("--counter", f->counter, "counterValue used last");
  app->add_option("--token", f->token, "associationToken; 0: none");
  app->callback([=, &globals] {
    Json list = Json::array();
    if (!f->group.empty()) list.push_back({{"group", f->group}});
    if (f->counter >= 0) list.push_back({{"counterValue", f->counter}});
    if (f->token >= 0) list.push_back({{"associationToken", f->token}});
    order(*target, Facility::euicc, {{"euicc", std::move(list)}}, globals);
  });

  auto store = std::make_shared<std::string>();
  auto eid = std::make_shared<std::string>();
  app = eim.add_subcommand("lookup", "Tell how an order stands");
  add_store(app, *store);
  app->add_option("--resource", f->resource, "Id of the order")->required();
  app->footer("Examples:\n  simurgh eim lookup --store eim.db --resource 8a901bd9-f203-4eae-bcba-12dee32f4444\n  simurgh --json eim lookup --store eim.db --resource 8a901bd9-f203-4eae-bcba-12dee32f4444");
  app->callback([=, &globals] { lookup(*store, f->resource, globals); });
  app = eim.add_subcommand("list", "List the orders");
  add_store(app, *store);
  app->add_option("--eid", *eid, "Only of this device");
  app->footer("Examples:\n  simurgh eim list --store eim.db\n  simurgh --json eim list --store eim.db --eid 89049032123451234512345678901235");
  app->callback([=, &globals] { list(*store, *eid, globals); });
  app = eim.add_subcommand("devices", "List the devices and their profiles");
  add_store(app, *store);
  app->footer("Examples:\n  simurgh eim devices --store eim.db\n  simurgh --json eim devices --store eim.db");
  app->callback([=, &globals] { devices(*store, globals); });
  app = eim.add_subcommand("cancel", "Call back an order that no device has been given yet");
  add_store(app, *store);
  app->add_option("--resource", f->resource, "Id of the order")->required();
  app->footer("Examples:\n  simurgh eim cancel --store eim.db --resource 8a901bd9-f203-4eae-bcba-12dee32f4444\n  simurgh --json eim cancel --store eim.db --resource 8a901bd9-f203-4eae-bcba-12dee32f4444");
  app->callback([=, &globals] { cancel(*store, f->resource, globals); });
}

}  // namespace simurgh::tool
