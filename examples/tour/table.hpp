// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace tour {

enum class Align { left, right };

// Lines up columns: all cells are known before the first is printed.
class Table {
 public:
  Table(std::vector<std::string> headings, std::vector<Align> alignment);
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the first holds the headings
  std::vector<Align> alignment_;
};

}  // namespace tour
