// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <first_use/first_use.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tour {

struct Word {
  std::string text;  // lower case
  std::size_t line_number;
  std::string_view line;
  std::size_t offset;  // of the word in its line
};

// A text that is split into words when somebody first asks about them.
//
// The lazy field is a OnceCell: it costs one byte and no atomic operation, and so a Document belongs to one thread.
// A Document to be shared would hold a OnceLock instead; nothing else would change.
class Document {
 public:
  // The text must outlive the Document.
  explicit Document(std::string_view text);

  std::vector<Word> const& words() const;
  std::size_t word_count() const { return words().size(); }
  std::size_t different_word_count() const;

 private:
  std::string_view text_;
  mutable first_use::OnceCell<std::vector<Word>> words_;
};

}  // namespace tour
