// SPDX-License-Identifier: MIT OR Apache-2.0
#include "word_index.hpp"

#include <first_use/first_use.hpp>

#include "document.hpp"
#include "source_files.hpp"
#include "text.hpp"
#include "witness.hpp"

namespace tour {
namespace {

constexpr std::size_t excerpt_width = 56;

constinit first_use::LazyLock lazy_stop_words{[] {
  witnesses::stop_words.ran();
  return StopWords{"a",  "an", "and", "any", "are", "as",   "at",   "be",  "by",   "for", "from", "in",  "is",
                   "it", "of", "on",  "or",  "not", "such", "that", "the", "this", "to",  "with", "you", "your"};
}};

void add(WordIndex& index, SourceFile const& file) {
  Document const document{file.text};  // local, so it stays in the thread that builds the index
  index.files.push_back({file.label, document.word_count(), document.different_word_count()});
  for (Word const& word : document.words()) {
    if (stop_words().contains(word.text)) continue;
    Entry& entry = index.entries[word.text];
    if (entry.times++ == 0) {
      entry.first_seen = file.label + ':' + std::to_string(word.line_number);
      entry.line = excerpt(word.line, word.offset, excerpt_width);
    }
    if (entry.last_file != index.files.size()) {
      entry.last_file = index.files.size();
      ++entry.files;
    }
  }
}

// One lazy value may use others, as long as they do not form a circle.
constinit first_use::LazyLock lazy_word_index{[] {
  witnesses::word_index.ran();
  WordIndex index;
  for (SourceFile const& file : source_files()) add(index, file);
  return index;
}};

}  // namespace

StopWords const& stop_words() {
  witnesses::stop_words.asked(lazy_stop_words.get() != nullptr);
  return *lazy_stop_words;
}

WordIndex const& word_index() {
  witnesses::word_index.asked(lazy_word_index.get() != nullptr);
  return *lazy_word_index;
}

}  // namespace tour
