// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Nothing in it is a race, and both tools take it for one unless they are told (FIRST_USE_VALGRIND).
#include <string>
#include <thread>
#include <vector>

#include <first_use/first_use.hpp>

namespace {
constinit first_use::LazyLock text{[] { return std::string(100, 'x'); }};
constinit first_use::OnceLock<std::vector<int>> numbers;
constinit first_use::Once once;
constinit first_use::WipeOnForkOnceLock<std::vector<int>> wiped;
int plain = 0;

void use() {
  if (text->size() != 100) throw 1;
  if (numbers.get_or_init([] { return std::vector<int>(10, 1); }).at(3) != 1) throw 2;
  once.call_once([] { plain = 1; });
  if (plain != 1) throw 3;
  if (wiped.get_or_init([] { return std::vector<int>(10, 2); }).at(3) != 2) throw 4;
}
}  // namespace

int main() {
  std::thread first{use}, second{use}, third{use};
  first.join();
  second.join();
  third.join();
}
