// Replays inputs through a fuzz target without libFuzzer: every file of the folders named, then seeded mutations of them.
//   fuzz_x [--runs N] [--seed S] [--seconds T] FOLDER|FILE...
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

// An exact-size heap block, so that an over-read is seen.
void run_one(const Input& input) {
  const auto block = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), block.get());
  LLVMFuzzerTestOneInput(block.get(), input.size());
}

Input mutate(Input input, std::mt19937_64& random) {
  const auto pick = [&](std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound); };
  const std::size_t edits = 1 + pick(6);
  for (std::size_t i = 0; i < edits; ++i) {
    const std::size_t at = pick(input.size() + 1);
    switch (pick(5)) {
      case 0:
        if (at < input.size()) input[at] ^= static_cast<std::uint8_t>(1U << pick(8));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<std::uint8_t>(random());
        break;
      case 2:
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random()));
        break;
      case 3:
        if (at < input.size()) input.erase(input.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default: {
        const std::size_t count = pick(input.size() - std::min(at, input.size()) + 1);
        const Input copy(input.begin() + static_cast<std::ptrdiff_t>(at), input.begin() + static_cast<std::ptrdiff_t>(at + count));
        if (input.size() + count < 65536) {
          input.insert(input.begin() + static_cast<std::ptrdiff_t>(pick(input.size() + 1)), copy.begin(), copy.end());
        }
      }
    }
  }
  return input;
}

void collect(const std::filesystem::path& path, std::vector<Input>& corpus) {
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) collect(entry.path(), corpus);
  } else if (std::filesystem::is_regular_file(path)) {
    std::ifstream in(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t runs = 0;
  std::uint64_t seed = 1;
  double seconds = 0;
  std::vector<Input> corpus;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--runs" && i + 1 < argc) {
      runs = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--seed" && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--seconds" && i + 1 < argc) {
      seconds = std::strtod(argv[++i], nullptr);
    } else {
      collect(argument, corpus);
    }
  }
  const std::size_t files = corpus.size();
  if (corpus.empty()) corpus.emplace_back();
  for (const Input& input : corpus) run_one(input);
  std::mt19937_64 random(seed);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::size_t done = 0;
  while (done < runs || (seconds > 0 && elapsed() < seconds)) {
    run_one(mutate(corpus[random() % corpus.size()], random));
    ++done;
  }
  std::cout << files << " files and " << done << " mutations, " << static_cast<std::size_t>(static_cast<double>(done) / std::max(elapsed(), 1e-6))
            << " per second\n";
  return 0;
}
