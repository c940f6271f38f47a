// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>

namespace tour {

struct Answer {
  std::string word;
  std::string times;
  std::string files;
  std::string first_seen;
  std::string remark;  // the line where it was first seen, or why there is none

  bool operator==(Answer const&) const = default;
};

Answer look_up(std::string const& word);

}  // namespace tour
