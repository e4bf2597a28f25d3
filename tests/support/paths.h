// Where the source tree is. A function of catch_main.cpp, so that no other object file depends on the folder it was built in.
#pragma once

#include <string>

namespace simurgh::test {

[[nodiscard]] std::string source_dir();

}  // namespace simurgh::test
