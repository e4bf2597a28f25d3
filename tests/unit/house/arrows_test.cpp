// The rooms and their arrows, read from the includes (docs/architecture.md).
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>
#include "tests/support/paths.h"

namespace fs = std::filesystem;

namespace {

// What each room may include besides itself.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::set<std::string> kBase{"asn1", "euicc/apdu", "euicc/crypto", "euicc/state"};
  static const auto with = [](std::initializer_list<const char*> more) {
    std::set<std::string> out = kBase;
    for (const char* room : more) out.insert(room);
    return out;
  };
  static const std::map<std::string, std::set<std::string>> kRules{
      {"asn1", {}},
      {"euicc/apdu", {"asn1"}},
      {"euicc/crypto", {"asn1"}},
      {"euicc/state", {"asn1"}},
      {"euicc/uicc", with({})},
      {"euicc/usim", with({"euicc/uicc"})},
      {"euicc/toolkit", with({"euicc/uicc"})},
      {"euicc/gp", with({"euicc/uicc"})},
      {"euicc/ota", with({"euicc/uicc", "euicc/gp"})},
      {"euicc/ecasd", with({"euicc/uicc", "euicc/usim", "euicc/toolkit", "euicc/gp"})},
      {"euicc/profile", with({"euicc/uicc", "euicc/usim", "euicc/toolkit", "euicc/gp"})},
      {"euicc/rsp", with({"euicc/uicc", "euicc/usim", "euicc/toolkit", "euicc/gp", "euicc/ecasd", "euicc/profile"})},
      {"euicc/iot", with({"euicc/uicc", "euicc/usim", "euicc/toolkit", "euicc/gp", "euicc/ecasd", "euicc/profile", "euicc/rsp"})},
      {"euicc/isdr", with({"euicc/uicc", "euicc/usim", "euicc/toolkit", "euicc/gp", "euicc/ecasd", "euicc/profile", "euicc/rsp", "euicc/iot"})},
      {"euicc/card",
       with({"euicc/uicc", "euicc/usim", "euicc/toolkit", "euicc/gp", "euicc/ecasd", "euicc/profile", "euicc/rsp", "euicc/iot", "euicc/isdr", "euicc/ota"})},
      {"euicc/applets", with({"euicc/uicc", "euicc/usim", "euicc/toolkit", "euicc/gp", "euicc/card"})},
      {"ipae", {"asn1", "euicc/apdu", "euicc/crypto", "euicc/toolkit"}},
      // The assistant as an application of the card.
      {"ipae/card", {"asn1", "euicc/apdu", "euicc/card", "euicc/crypto", "euicc/ecasd", "euicc/gp", "euicc/iot", "euicc/ota", "euicc/profile", "euicc/state", "euicc/toolkit", "ipae"}},
      {"pcsc", {"asn1"}},
  };
  return kRules;
}

std::string room_of(const std::string& path) {
  std::string best;
  for (const auto& [room, rules] : allowed()) {
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  }
  if (best.empty() && path.starts_with("euicc/")) return "euicc";
  if (best.empty() && path.starts_with("tools/")) return "tools";
  return best;
}

struct Include {
  std::string from, to;
  bool openssl = false;
};

std::vector<Include> includes() {
  std::vector<Include> out;
  const fs::path root = simurgh::test::source_dir();
  const std::regex quoted("^\\s*#\\s*include\\s*[\"<]([^\">]+)[\">]");
  for (const char* top : {"asn1", "euicc", "ipae", "pcsc", "tools"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream in(entry.path());
      std::string line;
      while (std::getline(in, line)) {
        std::smatch match;
        if (std::regex_search(line, match, quoted)) {
          const std::string to = match[1];
          out.push_back({fs::relative(entry.path(), root).generic_string(), to, to.starts_with("openssl/")});
        }
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("Every room includes only what lies below it", "[house]") {
  const auto all = includes();
  REQUIRE(all.size() > 100);
  for (const Include& include : all) {
    const std::string from = room_of(include.from);
    const std::string to = room_of(include.to);
    if (to.empty() || from == to || from == "tools") continue;
    INFO(include.from << " includes " << include.to);
    REQUIRE(allowed().contains(from));
    REQUIRE(allowed().at(from).contains(to));
  }
}

TEST_CASE("OpenSSL is included in its rooms only", "[house]") {
  for (const Include& include : includes()) {
    if (!include.openssl) continue;
    INFO(include.from << " includes " << include.to);
    REQUIRE((include.from.starts_with("euicc/crypto/") || include.from.starts_with("ipae/transport/") || include.from.starts_with("tools/")));
  }
}
