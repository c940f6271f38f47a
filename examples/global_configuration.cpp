// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A global that is read from the environment when somebody first asks for it, from whatever thread.
#include <cstdlib>
#include <iostream>
#include <string>

#include <first_use/first_use.hpp>

struct Config {
  std::string name;
  int workers;
};

constinit first_use::LazyLock config{[] {
  char const* const name = std::getenv("SERVICE_NAME");
  return Config{.name = name != nullptr ? name : "unnamed", .workers = 4};
}};

int main() {
  std::cout << "looked at, not made: " << (config.get() == nullptr) << '\n';
  std::cout << config->name << " has " << config->workers << " workers\n";
  return config.get() != nullptr ? 0 : 1;
}
