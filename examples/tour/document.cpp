// SPDX-License-Identifier: MIT OR Apache-2.0
#include "document.hpp"

#include <algorithm>
#include <set>

#include "text.hpp"
#include "witness.hpp"

namespace tour {
namespace {

void append_words(std::vector<Word>& words, std::string_view line, std::size_t line_number) {
  auto const end = line.end();
  auto start = std::find_if(line.begin(), end, is_word_character);
  while (start != end) {
    auto const stop = std::find_if_not(start, end, is_word_character);
    auto const offset = static_cast<std::size_t>(start - line.begin());
    auto const length = static_cast<std::size_t>(stop - start);
    words.push_back({lower_case(line.substr(offset, length)), line_number, line, offset});
    start = std::find_if(stop, end, is_word_character);
  }
}

std::vector<Word> split(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    std::string_view const line = text.substr(0, text.find('\n'));
    append_words(words, line, line_number);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return words;
}

}  // namespace

Document::Document(std::string_view text) : text_{text} { witnesses::document_words.made(); }

std::vector<Word> const& Document::words() const {
  witnesses::document_words.asked(words_.get() != nullptr);
  return words_.get_or_init([this] {
    witnesses::document_words.ran();
    return split(text_);
  });
}

std::size_t Document::different_word_count() const {
  std::set<std::string_view> different;
  for (Word const& word : words()) different.insert(word.text);
  return different.size();
}

}  // namespace tour
