// SPDX-License-Identifier: MIT OR Apache-2.0
#include "readers.hpp"

#include <cstddef>
#include <functional>
#include <future>
#include <latch>

#include "witness.hpp"

namespace tour {
namespace {

Answers read_with_the_others(Answers (*read)(), std::size_t number, std::latch& start) {
  thread_number = number;
  start.arrive_and_wait();
  return read();
}

}  // namespace

char const* const readers_are = "threads";

std::vector<Answers> ask_all_readers(Answers (*read)()) {
  std::latch start{reader_count};
  std::vector<std::future<Answers>> readers;
  readers.reserve(reader_count);
  try {
    while (readers.size() < reader_count) {
      readers.push_back(
          std::async(std::launch::async, read_with_the_others, read, readers.size() + 1, std::ref(start)));
    }
  } catch (...) {
    // Those who did start must not wait for ever for those who did not.
    start.count_down(static_cast<std::ptrdiff_t>(reader_count - readers.size()));
    throw;
  }
  std::vector<Answers> answers;
  for (auto& reader : readers) answers.push_back(reader.get());
  return answers;
}

}  // namespace tour
