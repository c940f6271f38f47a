// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: first_use: call_once cannot call its function with these arguments
#include <first_use/once.hpp>

int main() {
  first_use::Once once;
  once.call_once([](int) {}, "text");
}
