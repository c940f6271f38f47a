// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tour {

struct Entry {
  std::size_t times = 0;
  std::size_t files = 0;
  std::size_t last_file = 0;  // counted from 1; tells a word's first time in a file from the others
  std::string first_seen;     // "README.md:12"
  std::string line;
};

struct FileSummary {
  std::string label;
  std::size_t words;
  std::size_t different_words;
};

struct WordIndex {
  std::map<std::string, Entry, std::less<>> entries;
  std::vector<FileSummary> files;
};

// Words too common to be worth an entry.
using StopWords = std::set<std::string_view>;
StopWords const& stop_words();

// Built when first asked for.
WordIndex const& word_index();

}  // namespace tour
