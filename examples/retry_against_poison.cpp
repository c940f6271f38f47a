// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a failed initialiser leaves behind. A lazy is poisoned, as in Rust: the failure is final. With retry_on_throw it
// tries again, as a function-local static does.
#include <iostream>
#include <stdexcept>

#include <first_use/lazy_lock.hpp>

int attempts = 0;
int connect() {
  if (++attempts % 2 == 1) throw std::runtime_error{"connection refused"};
  return attempts;
}

constinit first_use::LazyLock poisoned{[] { return connect(); }};
constinit first_use::LazyLock retried{first_use::retry_on_throw, [] { return connect(); }};

template <class Lazy>
void use(char const* name, Lazy& lazy) {
  try {
    int const attempt = *lazy;
    std::cout << name << ": connected at attempt " << attempt << '\n';
  } catch (std::exception const& error) { std::cout << name << ": " << error.what() << '\n'; }
}

int main() {
  use("poisoned", poisoned);  // connection refused
  use("poisoned", poisoned);  // LazyLock<int> is poisoned
  attempts = 0;
  use("retried", retried);  // connection refused
  use("retried", retried);  // connected
  return poisoned.is_poisoned() && !retried.is_poisoned() ? 0 : 1;
}
