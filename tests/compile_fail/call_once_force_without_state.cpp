// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: call_once_force calls its function with an OnceState const&
#include <first_use/once.hpp>

int main() {
  first_use::Once once;
  once.call_once_force([] {});
}
