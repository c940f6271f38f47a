// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <filesystem>

namespace prefork_server {

// A new, empty directory for temporary files, which is deleted with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(ScratchDirectory const&) = delete;
  ScratchDirectory& operator=(ScratchDirectory const&) = delete;

  std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Where all processes keep their files; set once by the parent, before it forks.
void set_scratch_directory(std::filesystem::path const& path);
std::filesystem::path const& scratch_directory();

}  // namespace prefork_server
