// SPDX-License-Identifier: MIT OR Apache-2.0
#include "answer.hpp"

#include <first_use/first_use.hpp>

#include "text.hpp"
#include "witness.hpp"
#include "word_index.hpp"

namespace tour {
namespace {

// The indexed word that is most like this one, or "" if none comes near. Slow: it looks at every entry.
std::string nearest_word(WordIndex const& index, std::string const& word) {
  std::string nearest;
  std::size_t nearest_distance = word.size() < 5 ? 2 : 3;
  for (auto const& [candidate, entry] : index.entries) {
    std::size_t const distance = edit_distance(word, candidate);
    if (distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

}  // namespace

Answer look_up(std::string const& word) {
  WordIndex const& index = word_index();

  // A LazyCell: written down where its ingredients are at hand, run only on the path that needs it, and once even
  // if that path mentions it twice.
  witnesses::suggestion.made();
  first_use::LazyCell suggestion{[&] {
    witnesses::suggestion.ran();
    return nearest_word(index, word);
  }};

  if (stop_words().contains(word)) return {word, "-", "-", "-", "(a stop word, not indexed)"};
  if (auto const found = index.entries.find(word); found != index.entries.end()) {
    Entry const& entry = found->second;
    return {word, formatted(entry.times), formatted(entry.files), entry.first_seen, entry.line};
  }
  witnesses::suggestion.asked(suggestion.get() != nullptr);
  if (suggestion->empty()) return {word, "0", "0", "-", "(does not occur)"};
  return {word, "0", "0", "-", "(does not occur; did you mean '" + *suggestion + "'?)"};
}

}  // namespace tour
