// SPDX-License-Identifier: MIT OR Apache-2.0
#include "source_files.hpp"

#include <first_use/first_use.hpp>
#include <fstream>
#if !defined(__wasi__)  // its libc++ has no <filesystem>
#include <filesystem>
#include <system_error>
#endif

#include "input_error.hpp"
#include "options.hpp"
#include "witness.hpp"

namespace tour {
namespace {

// A OnceLock and not a LazyLock: reading can fail. A LazyLock whose initialiser throws is poisoned for good; a
// OnceLock stays empty, and the caller gets the very exception that says what went wrong.
constinit first_use::OnceLock<std::vector<SourceFile>> files;

std::string read_text(std::string const& path) {
  auto const fail = [&](char const* why) { refuse("cannot read '" + path + "': " + why); };
#if !defined(__wasi__)
  std::error_code ignored;
  auto const type = std::filesystem::status(path, ignored).type();
  if (type == std::filesystem::file_type::not_found) fail("there is no such file");
  if (type == std::filesystem::file_type::directory) fail("it is a directory, not a text file");
#endif

  std::ifstream in{path, std::ios::binary};
  if (!in) fail("it cannot be opened");
  std::string text;
  char block[4096];
  while (in.read(block, sizeof block) || in.gcount() > 0) text.append(block, static_cast<std::size_t>(in.gcount()));
  if (in.bad()) fail("an error occurred while reading");
  return text;
}

}  // namespace

std::vector<SourceFile> const& source_files() {
  witnesses::source_files.asked(files.get() != nullptr);
  return files.get_or_init([] {
    witnesses::source_files.ran();
    std::vector<SourceFile> result;
    for (FileChoice const& file : options().files) result.push_back({file.label, read_text(file.path)});
    return result;
  });
}

}  // namespace tour
