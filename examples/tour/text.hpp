// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tour {

// What counts as a word here: a run of ASCII letters, digits and underscores, in any case.
constexpr bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string lower_case(std::string_view word);

// The part of the line around `offset`, at most `width` bytes of it, fit for a terminal.
std::string excerpt(std::string_view line, std::size_t offset, std::size_t width);

// How many single-character changes lead from one word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

// Sets up, once per process, that numbers are printed in groups of three digits.
void set_up_number_format();
// 1234 as "1,234", once that is set up.
std::string formatted(std::size_t number);

}  // namespace tour
