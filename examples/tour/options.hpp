// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace tour {

struct FileChoice {
  std::string path;
  std::string label;  // how the answers call it
};

struct Options {
  std::vector<FileChoice> files;
  std::vector<std::string> queries;  // lower case
  bool help = false;
};

// Throws: InputError.
Options parse_options(std::vector<std::string_view> const& arguments);
void print_help(std::ostream& out);

// Set by main, before the first reader starts; read by everybody.
void set_options(Options options);
Options const& options();

}  // namespace tour
