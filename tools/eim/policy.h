// Rules an eIM applies by itself: when a device of a group reports a country, it gets a profile. Read from YAML.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace simurgh::eim {

class PolicyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Rule {
  std::string name;
  std::string group;                   // empty: any device
  std::vector<std::string> countries;  // mobile country codes, "262"; empty: any country
  std::string activation_code;         // download this profile, or
  std::string iccid;                   // enable the one that is there
  bool enable = true;                  // after the download
  bool rollback = true;
};

// rules:
//   - name: at home
//     group: trackers
//     country: [214, 208]
//     activation-code: 1$dp.example.com$ID        (or iccid: 8949...)
//     enable: true
//     rollback: true
// Throws PolicyError with the line.
[[nodiscard]] std::vector<Rule> read_rules(const std::string& yaml);
// The first rule for a device of this group in the network `plmn` ("26201").
[[nodiscard]] const Rule* matching_rule(const std::vector<Rule>& rules, const std::string& group, const std::string& plmn);

}  // namespace simurgh::eim
