// A stranger's program: a store without a card in it is refused in words, and the library's pieces link.
#include <cstdio>
#include <stdexcept>

#include "euicc/card/card.h"

int main() {
  simurgh::state::MemoryStore store;
  const auto rng = simurgh::crypto::system_rng();
  try {
    const simurgh::card::Card card(store, *rng);
  } catch (const std::runtime_error& refused) {
    std::puts(refused.what());
    return 0;
  }
  return 1;
}
