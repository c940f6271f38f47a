// SPDX-License-Identifier: MIT OR Apache-2.0
#include "witness.hpp"

#include <algorithm>
#include <numeric>

namespace tour {
namespace {

// "main", "3", "1 4-8" or "nobody": the threads whose notes satisfy the predicate.
template <class AllNotes, class Predicate>
std::string threads_where(AllNotes const& notes, Predicate matches) {
  std::string list;
  for (std::size_t first = 0; first < notes.size(); ++first) {
    if (!matches(notes[first])) continue;
    if (!list.empty()) list += ' ';
    if (first == 0) {
      list += "main";
      continue;
    }
    std::size_t last = first;
    while (last + 1 < notes.size() && matches(notes[last + 1])) ++last;
    list += std::to_string(first);
    if (last > first) list += '-' + std::to_string(last);
    first = last;
  }
  return list.empty() ? "nobody" : list;
}

}  // namespace

void Witness::asked(bool already_there) noexcept {
  ++here().asked;
  if (!already_there) ++here().found_nothing;
}

std::size_t Witness::objects() const {
  return std::accumulate(notes_.begin(), notes_.end(), globals_,
                         [](std::size_t sum, Notes const& notes) { return sum + notes.made; });
}

std::string Witness::askers() const {
  auto const readers =
      std::count_if(notes_.begin() + 1, notes_.end(), [](Notes const& notes) { return notes.asked > 0; });
  return std::to_string(readers) + (notes_[0].asked > 0 ? " + main" : "");
}

std::size_t Witness::runs() const {
  return std::accumulate(notes_.begin(), notes_.end(), std::size_t{0},
                         [](std::size_t sum, Notes const& notes) { return sum + notes.ran; });
}

std::string Witness::run_by() const {
  return threads_where(notes_, [](Notes const& notes) { return notes.ran > 0; });
}

std::string Witness::waited() const {
  return threads_where(notes_, [](Notes const& notes) { return notes.found_nothing > 0 && notes.ran == 0; });
}

}  // namespace tour
