// SPDX-License-Identifier: MIT OR Apache-2.0
//
// An initialiser that can fail, without exceptions: the caller that ran it gets the failure, the next caller tries again.
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include <first_use/once_lock.hpp>

constinit first_use::OnceLock<std::string> greeting;

// Null when the file cannot be read; the first file that can be read decides for ever.
std::string const* greeting_from(char const* path) {
  return greeting.get_or_try_init([path]() -> std::optional<std::string> {
    std::ifstream file{path};
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    return line;
  });
}

int main(int argc, char** argv) {
  bool const failed = greeting_from("/there/is/no/such/file") == nullptr;
  std::cout << "first attempt " << (failed ? "failed, and left it empty\n" : "succeeded?\n");
  std::string const* const line = greeting_from(argc > 1 ? argv[1] : __FILE__);
  std::cout << "second attempt: " << (line != nullptr ? *line : "failed") << '\n';
  return failed && line != nullptr ? 0 : 1;
}
