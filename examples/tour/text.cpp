// SPDX-License-Identifier: MIT OR Apache-2.0
#include "text.hpp"

#include <algorithm>
#include <first_use/first_use.hpp>
#include <locale>
#include <numeric>
#include <sstream>
#include <vector>

#include "witness.hpp"

namespace tour {
namespace {

// A Once: the set-up changes something that exists already, the global locale, and leaves no value to keep.
constinit first_use::Once number_format;

class GroupedDigits : public std::numpunct<char> {
  char do_thousands_sep() const override { return ','; }
  std::string do_grouping() const override { return "\3"; }
};

constexpr bool continues_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

void set_up_number_format() {
  witnesses::number_format.asked(number_format.is_completed());
  number_format.call_once([] {
    witnesses::number_format.ran();
    std::locale::global(std::locale{std::locale::classic(), new GroupedDigits});  // the locale owns the facet
  });
}

std::string formatted(std::size_t number) {
  std::ostringstream out;  // takes on the global locale
  out << number;
  return out.str();
}

std::string lower_case(std::string_view word) {
  std::string result{word};
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string excerpt(std::string_view line, std::size_t offset, std::size_t width) {
  // Centred on the offset, unless that would leave room unused at either end; never from the middle of a character.
  std::size_t const latest_start = line.size() > width ? line.size() - width : 0;
  std::size_t start = std::min(offset > width / 2 ? offset - width / 2 : 0, latest_start);
  std::size_t stop = std::min(start + width, line.size());
  while (start < stop && continues_a_character(line[start])) ++start;
  while (stop > start && stop < line.size() && continues_a_character(line[stop])) --stop;

  std::string result{line.substr(start, stop - start)};
  for (char& c : result) {
    // A file may hold anything, escape sequences too; they must not reach the terminal.
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  result.erase(0, result.find_first_not_of(' '));  // the line has at least one word
  result.erase(result.find_last_not_of(' ') + 1);
  return (start > 0 ? "..." : "") + result + (stop < line.size() ? "..." : "");
}

std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      std::size_t const replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace tour
