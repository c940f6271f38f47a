// SPDX-License-Identifier: MIT OR Apache-2.0
#include "table.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace tour {
namespace {

// Characters, not bytes: the names of files may be UTF-8.
std::size_t width_of(std::string const& cell) {
  return static_cast<std::size_t>(std::count_if(
      cell.begin(), cell.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

}  // namespace

Table::Table(std::vector<std::string> headings, std::vector<Align> alignment) : alignment_{std::move(alignment)} {
  add(std::move(headings));
}

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths(alignment_.size());
  for (auto const& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  for (auto const& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      std::string const padding(widths[i] - width_of(row[i]), ' ');
      line += "  ";
      line += alignment_[i] == Align::left ? row[i] + padding : padding + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

}  // namespace tour
