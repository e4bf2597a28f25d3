#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include "tests/support/paths.h"

std::string simurgh::test::source_dir() { return SIMURGH_SOURCE_DIR; }
