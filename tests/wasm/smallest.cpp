// SPDX-License-Identifier: MIT OR Apache-2.0
//
// About the least that a program can do with the library, for its size.
#include <first_use/lazy_lock.hpp>
#include <first_use/once.hpp>

namespace {

int calls = 0;
constinit first_use::LazyLock answer{[] { return ++calls; }};
constinit first_use::Once once;

}  // namespace

int main() {
  once.call_once([] { ++calls; });
  once.call_once([] { ++calls; });
  return *answer == 2 && *answer == calls ? 0 : 1;
}
