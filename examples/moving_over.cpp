// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Coming from function-local statics and from std::call_once: the same two things, before and after.
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <first_use/lazy_lock.hpp>
#include <first_use/once_lock.hpp>

struct Catalogue {
  std::string name;
};
Catalogue load_catalogue() { return {"autumn"}; }

namespace before {

Catalogue& catalogue() {
  static Catalogue the_catalogue = load_catalogue();
  return the_catalogue;
}

}  // namespace before

namespace after {

constinit first_use::LazyLock catalogue{first_use::retry_on_throw, [] { return load_catalogue(); }};

}  // namespace after

namespace before {

class Greeter {
 public:
  std::string const& greeting(std::string_view whom) const {
    std::call_once(once_, [&] { greeting_ = "Hello, " + std::string{whom}; });
    return *greeting_;
  }

 private:
  mutable std::once_flag once_;
  mutable std::optional<std::string> greeting_;
};

}  // namespace before

namespace after {

class Greeter {
 public:
  std::string const& greeting(std::string_view whom) const {
    return greeting_.get_or_init([&] { return "Hello, " + std::string{whom}; });
  }
  bool has_greeted() const { return greeting_.has_value(); }  // call_once has no such question

 private:
  first_use::OnceLock<std::string> greeting_;
};

}  // namespace after

int main() {
  before::Greeter const old_greeter;
  after::Greeter const new_greeter;
  std::cout << before::catalogue().name << ' ' << after::catalogue->name << '\n'
            << old_greeter.greeting("world") << ' ' << new_greeter.greeting("world") << '\n';
  return new_greeter.has_greeted() && after::catalogue->name == before::catalogue().name ? 0 : 1;
}
