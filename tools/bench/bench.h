// The numbers Simurgh is made for, measured on this machine: ratios first, absolute rates beside them.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace simurgh::bench {

struct Row {
  std::string name;   // "download.ratio_to_crypto"
  double value = 0;
  std::string unit = {};
  std::string aim = {};  // what is aimed at, "" without an aim
  bool met = true;
  std::string not_measured = {};  // why there is no value; "" when there is one
};

struct BenchOptions {
  double seconds = 0.5;          // for each measurement
  std::size_t fleet = 10000;     // cards held at once
  std::string direct_library;    // libpcsclite.so.1 of ours; empty: not measured
  bool pcscd = true;             // measure through pcscd too; a daemon of our own is started when none runs
  std::string ifd_driver;        // libifdsimurgh.so
};

// Calls `done` after each measurement, so that a terminal sees progress.
[[nodiscard]] std::vector<Row> run_all(const BenchOptions& options, const std::function<void(const Row&)>& done);

}  // namespace simurgh::bench
