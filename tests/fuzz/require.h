// A property that must hold for any input; a violation stops the fuzzer where it stands.
#pragma once

#include <cstdio>
#include <cstdlib>

#define FUZZ_REQUIRE(condition)                                                       \
  do {                                                                                \
    if (!(condition)) {                                                               \
      std::fprintf(stderr, "%s:%d: violated: %s\n", __FILE__, __LINE__, #condition);  \
      std::abort();                                                                   \
    }                                                                                 \
  } while (false)
