// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Commits the wrong use that its argument names; without one, lists all: a name, a tab, how the line begins that tells
// of it. A program for runners that show a trap as an exit code.
#include "wrong_uses.hpp"

#include <cstdio>
#include <cstring>

namespace {

using first_use_test::wrong_use::WrongUse;

template <class Action>
void for_each_wrong_use(Action action) {
  for (WrongUse const& use : first_use_test::wrong_use::wrong_uses) action(use);
#if !FIRST_USE_HAS_THREADS
  for (WrongUse const& use : first_use_test::wrong_use::wrong_uses_without_threads) action(use);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  for_each_wrong_use([&](WrongUse const& use) {
    if (argc == 1) std::printf("%s\t%s\n", use.name, use.sentence);
    if (argc == 2 && std::strcmp(argv[1], use.name) == 0) use.commit();
  });
  return argc == 1 ? 0 : 1;
}
