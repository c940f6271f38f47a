// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Runs inputs of the fuzzer, files or folders of them, without the fuzzer: with any compiler.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerInitialize(int*, char***);
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const*, std::size_t);

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  LLVMFuzzerInitialize(&argc, &argv);
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (fs::is_directory(argv[i])) {
      for (fs::directory_entry const& entry : fs::directory_iterator{argv[i]}) files.push_back(entry.path());
    } else {
      files.emplace_back(argv[i]);
    }
  }
  std::sort(files.begin(), files.end());
  for (fs::path const& file : files) {
    std::ifstream in{file, std::ios::binary};
    std::vector<char> const bytes{std::istreambuf_iterator<char>{in}, {}};
    std::fprintf(stderr, "%s\n", file.c_str());  // the last one is the one that failed
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
