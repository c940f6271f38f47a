// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A member that a const method computes on demand: OnceCell where one thread uses the object at a time, OnceLock where
// threads share it.
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <first_use/once_cell.hpp>

class Document {
 public:
  explicit Document(std::string text) : text_{std::move(text)} {}

  std::vector<std::string> const& words() const {
    return words_.get_or_init([this] {
      std::vector<std::string> words;
      std::istringstream in{text_};
      for (std::string word; in >> word;) words.push_back(word);
      return words;
    });
  }

 private:
  std::string text_;
  first_use::OnceCell<std::vector<std::string>> words_;
};

int main() {
  Document const document{"made when somebody asks"};
  Document const copy = document;  // copies what is there: nothing yet
  std::cout << document.words().size() << " words, the last one '" << document.words().back() << "'\n";
  return copy.words().size() == 4 ? 0 : 1;
}
