#include "tools/radio/selection.h"

#include <algorithm>
#include <tuple>

namespace simurgh::radio {
namespace {

constexpr unsigned kNowhere = 0xFFFF;

bool allows(std::uint16_t access, Rat rat) { return access == 0 || (access & access_bit_of(rat)) != 0; }

// Place of PLMN and technology in a list; kNowhere.
unsigned place(const std::vector<ListedPlmn>& list, const Cell& cell) {
  for (unsigned i = 0; i < list.size(); ++i) {
    if (list[i].plmn == cell.plmn && allows(list[i].access, cell.rat)) return i;
  }
  return kNowhere;
}

}  // namespace

std::string_view name_of(Rank rank) noexcept {
  switch (rank) {
    case Rank::last: return "last registered";
    case Rank::home: return "home";
    case Rank::user: return "user list";
    case Rank::network: return "operator list";
    case Rank::good: return "good signal";
    case Rank::other: return "by signal";
  }
  return "";
}

std::vector<Candidate> candidates(const std::vector<Cell>& scan, const std::set<Rat>& rats, const SelectionLists& lists, Draw& shuffle) {
  std::map<std::pair<std::string, Rat>, Cell> best;
  for (const Cell& cell : scan) {
    if (!rats.contains(cell.rat) || lists.forbidden.contains(cell.plmn) || lists.packet_forbidden.contains(cell.plmn) || lists.waiting.contains(cell.plmn) ||
        lists.forbidden_areas.contains({cell.plmn, cell.area}) || lists.excluded.contains({cell.plmn, cell.rat})) {
      continue;
    }
    const auto [at, fresh] = best.try_emplace({cell.plmn, cell.rat}, cell);
    if (!fresh && cell.level > at->second.level) at->second = cell;
  }
  struct Keyed {
    std::tuple<Rank, std::uint64_t, std::uint64_t, std::string, Rat> key;
    Candidate candidate;
  };
  std::vector<Keyed> keyed;
  // One draw a network, in the order of the map: the technologies of one network stay together.
  std::map<std::string, std::uint64_t> lot;
  for (const auto& [name, cell] : best) {
    const auto& [plmn, rat] = name;
    Candidate candidate{cell, Rank::other};
    std::uint64_t first = 0, second = 0;
    const auto home = std::find(lists.home.begin(), lists.home.end(), plmn);
    if (plmn == lists.last) {
      candidate.rank = Rank::last;
    } else if (home != lists.home.end()) {
      candidate.rank = Rank::home;
      first = static_cast<std::uint64_t>(home - lists.home.begin());
      second = place(lists.home_access, cell);
    } else if (const unsigned at = place(lists.user, cell); at != kNowhere) {
      candidate.rank = Rank::user;
      first = at;
    } else if (const unsigned other = place(lists.network, cell); other != kNowhere) {
      candidate.rank = Rank::network;
      first = other;
    } else if (cell.level >= high_quality(rat)) {
      candidate.rank = Rank::good;
      const auto drawn = lot.find(plmn);
      first = drawn != lot.end() ? drawn->second : lot.emplace(plmn, shuffle.next()).first->second;
      second = static_cast<std::uint64_t>(200 - std::clamp(cell.level, -200, 200));
    } else {
      first = static_cast<std::uint64_t>(200 - std::clamp(cell.level, -200, 200));
    }
    keyed.push_back({{candidate.rank, first, second, plmn, rat}, candidate});
  }
  std::sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
  std::vector<Candidate> out;
  for (Keyed& one : keyed) out.push_back(std::move(one.candidate));
  return out;
}

}  // namespace simurgh::radio
