// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tour {

struct SourceFile {
  std::string label;
  std::string text;
};

// The files named on the command line, read when first asked for.
// Throws: InputError if one cannot be read; the next caller then tries again.
std::vector<SourceFile> const& source_files();

}  // namespace tour
