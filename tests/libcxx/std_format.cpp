// SPDX-License-Identifier: MIT OR Apache-2.0
//
// std::format of all types, where the standard library has it: what is written in each state, that the specification is
// the value's, that nothing is made by it, and that a value which cannot be formatted makes no formatter.
#include <cstdio>
#include <format>
#include <string>
#include <type_traits>

#include <first_use/first_use.hpp>
#include <first_use/format.hpp>

#if !defined(__cpp_lib_format)
#error "this standard library has no <format>"
#endif

namespace {

int failures = 0;

void expect(std::string const& got, char const* wanted) {
  if (got == wanted) return;
  std::fprintf(stderr, "wanted %s, got %s\n", wanted, got.c_str());
  ++failures;
}

struct Mute {};
struct Three {
  int operator()() const { return 3; }
};
struct MakeMute {
  Mute operator()() const { return {}; }
};
template <class T>
constexpr bool formats = std::is_default_constructible_v<std::formatter<T>>;
static_assert(formats<first_use::OnceLock<int>> && !formats<first_use::OnceLock<Mute>>);
static_assert(formats<first_use::LazyLock<int>> && !formats<first_use::LazyLock<Mute, MakeMute>>);
static_assert(formats<first_use::Once>);

template <template <class> class Lock>
void format_lock(std::string const& name) {
  Lock<int> lock;
  expect(std::format("{}", lock), (name + "(<uninit>)").c_str());
  expect(std::format("{:04}", lock), (name + "(<uninit>)").c_str());
  lock.set(3);
  expect(std::format("{}", lock), (name + "(3)").c_str());
  expect(std::format("{:04}", lock), (name + "(0003)").c_str());
}

template <class Lazy>
void format_lazy(std::string const& name) {
  Lazy const lazy{Three{}};
  expect(std::format("{}", lazy), (name + "(<uninit>)").c_str());
  if (lazy.get() != nullptr) expect("made by being formatted", name.c_str());
  lazy.force();
  expect(std::format("{:+}", lazy), (name + "(+3)").c_str());
}

}  // namespace

int main() {
  format_lock<first_use::OnceLock>("OnceLock");
  format_lock<first_use::OnceCell>("OnceCell");
  format_lock<first_use::WipeOnForkOnceLock>("WipeOnForkOnceLock");
  format_lock<first_use::WipeOnForkOnceCell>("WipeOnForkOnceCell");
  format_lazy<first_use::LazyLock<int, Three>>("LazyLock");
  format_lazy<first_use::LazyCell<int, Three>>("LazyCell");
  format_lazy<first_use::WipeOnForkLazyLock<int, Three>>("WipeOnForkLazyLock");
  format_lazy<first_use::WipeOnForkLazyCell<int, Three>>("WipeOnForkLazyCell");
  format_lazy<first_use::LazyLock<first_use::NeverDestroyed<int>, Three>>("LazyLock");

  first_use::Once once;
  expect(std::format("{}", once), "Once(incomplete)");
  once.call_once([] {});
  expect(std::format("{:>15}", once), " Once(complete)");
  first_use::WipeOnForkOnce wiped;
  expect(std::format("{}", wiped), "WipeOnForkOnce(incomplete)");
  return failures == 0 ? 0 : 1;
}
