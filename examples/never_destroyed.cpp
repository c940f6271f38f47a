// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A global that other globals, or threads that outlive main(), may still use at exit: it never dies.
#include <iostream>
#include <string>
#include <vector>

#include <first_use/lazy_lock.hpp>
#include <first_use/never_destroyed.hpp>

using Log = std::vector<std::string>;
constinit first_use::LazyLock<first_use::NeverDestroyed<Log>> log_lines{[] { return Log{"opened"}; }};

struct LogsAtExit {
  ~LogsAtExit() {
    log_lines->push_back("still here at exit");  // an ordinary global might be gone by now
    std::cout << log_lines->back() << '\n';
  }
};
LogsAtExit const last_words;

int main() {
  log_lines->push_back("running");
  std::cout << log_lines->size() << " lines\n";
}
