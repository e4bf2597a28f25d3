// Which network a modem tries, and in which order (TS 23.122 4.4.3.1.1): a function of what it sees and what its lists say.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/radio/access.h"
#include "tools/radio/draw.h"
#include "tools/radio/lists.h"

namespace simurgh::radio {

struct Cell {
  std::string plmn;
  Rat rat = Rat::lte;
  std::uint32_t area = 1;
  std::uint64_t id = 1;
  int level = -100;        // dBm
  unsigned coverage = 0;   // class
  auto operator<=>(const Cell&) const = default;
};

struct SelectionLists {
  std::string last;                                  // registered PLMN of before; empty: none, or not to be preferred
  std::vector<std::string> home;                     // EHPLMNs in order, or the HPLMN alone
  std::vector<ListedPlmn> home_access, user, network;  // EF.HPLMNwAcT, EF.PLMNwAcT, EF.OPLMNwAcT
  std::set<std::string> forbidden;                   // EF.FPLMN and what the modem adds
  std::set<std::string> packet_forbidden;
  std::set<std::pair<std::string, std::uint32_t>> forbidden_areas;
  std::set<std::string> waiting;                     // under T3346 or T3402
  std::set<std::pair<std::string, Rat>> excluded;    // after cause 42
};

enum class Rank : std::uint8_t { last, home, user, network, good, other };
[[nodiscard]] std::string_view name_of(Rank rank) noexcept;

struct Candidate {
  Cell cell;
  Rank rank = Rank::other;
};

// In the order to try; a PLMN has one entry for each technology, its best cell. `shuffle` orders networks of good quality.
[[nodiscard]] std::vector<Candidate> candidates(const std::vector<Cell>& scan, const std::set<Rat>& rats, const SelectionLists& lists, Draw& shuffle);

}  // namespace simurgh::radio
