// SPDX-License-Identifier: MIT OR Apache-2.0
#include "scratch.hpp"

#include <cstdlib>
#include <first_use/first_use.hpp>
#include <string>
#include <system_error>

#include "error.hpp"

namespace prefork_server {
namespace {

// An ordinary OnceLock in both modes: this is a value that the workers are meant to inherit.
constinit first_use::OnceLock<std::filesystem::path> directory;

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "prefork_server-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_with_errno("cannot make a directory like " + name);
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // what cannot be deleted stays in the directory for temporary files
  std::filesystem::remove_all(path_, ignored);
}

void set_scratch_directory(std::filesystem::path const& path) { directory.set(path); }

std::filesystem::path const& scratch_directory() { return directory.value(); }

}  // namespace prefork_server
