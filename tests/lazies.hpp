// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the tests of lazies share: making one over a policy, and looking at what it throws.
#ifndef FIRST_USE_TESTS_LAZIES_HPP
#define FIRST_USE_TESTS_LAZIES_HPP

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <first_use/lazy_lock.hpp>

#include "failures.hpp"
#include "policies.hpp"

namespace first_use_test {

/// A lazy over the policy `Sync`, with T deduced.
template <class Sync, class OnThrow = first_use::PoisonOnThrow, class Fork = first_use::KeepOnFork, class F>
auto make_lazy(F f) {
  return first_use::BasicLazyLock<std::invoke_result_t<F>, F, Sync, Fork, OnThrow>{std::move(f)};
}

/// Makes a closure one that is not trivially copyable: a lazy consumes it.
template <class F>
auto owning(F f) {
  return [f = std::move(f), owner = std::make_shared<int>(0)] { return f(); };
}

/// The kind in messages: LazyCell is what a LazyLock is called whose policy cannot wait.
template <class Sync>
std::string name_of(char const* value) {
  return std::string{Sync::can_wait ? "LazyLock<" : "LazyCell<"} + value + ">";
}

/// Its number says how many were made.
struct Foo {
  static inline std::atomic<int> made;
  int n = ++made;
};

/// Something that counts how many of it are alive.
class Counted {
 public:
  explicit Counted(int& the_count) noexcept : count_{&the_count} { ++*count_; }
  Counted(Counted const& other) noexcept : count_{other.count_} { ++*count_; }
  Counted& operator=(Counted const&) = delete;
  ~Counted() { --*count_; }

 private:
  int* count_;
};

/// An initialiser without a byte, whose body a test chooses; Number tells several apart.
template <class Sync, class T, int Number = 0>
struct Scripted {
  T operator()() const { return body(); }
  static inline std::function<T()> body;
};
template <class Sync, class T, int Number = 0>
using ScriptedLazy = first_use::BasicLazyLock<T, Scripted<Sync, T, Number>, Sync>;

#if FIRST_USE_HAS_EXCEPTIONS

/// The type of what `f` throws, and its text.
struct Thrown {
  enum class Kind { nothing, own, poisoned, reentrant, deadlock, init } kind = Kind::nothing;
  std::string text;
};
// Apart from the template below: it is used often, and a try block takes its time to compile.
inline Thrown thrown_by_call(void (*call)(void*), void* f) {
  using Kind = Thrown::Kind;
  try {
    call(f);
  } catch (first_use::PoisonedError const& error) {
    return {Kind::poisoned, error.what()};
  } catch (first_use::ReentrantInitError const& error) {
    return {Kind::reentrant, error.what()};
  } catch (first_use::DeadlockError const& error) {
    return {Kind::deadlock, error.what()};
  } catch (first_use::InitError const& error) { return {Kind::init, error.what()}; } catch (Failure const& error) {
    return {Kind::own, error.what()};
  }
  return {};
}
template <class F>
Thrown thrown_by(F f) {
  return thrown_by_call([](void* erased) { (*static_cast<F*>(erased))(); }, &f);
}
using Kind = Thrown::Kind;

#endif

// Few tests run over every policy: what a policy adds is waiting, and the state machine has tests of its own. But a policy
// that can wait and one that cannot keep their initialisers differently.
template <class Sync>
class Lazy : public ::testing::Test {};
#if FIRST_USE_HAS_THREADS
using WaitingAndNot = ::testing::Types<first_use::PlatformSync, first_use::SingleThreadSync>;
#else
using WaitingAndNot = ::testing::Types<first_use::SingleThreadSync>;
#endif

template <class Sync>
class LazyPolicies : public ::testing::Test {};

template <class Sync>
class LazyThreads : public ::testing::Test {};
#if FIRST_USE_HAS_THREADS
using TwoThatWait = ::testing::Types<first_use::PlatformSync, CountingSync>;
#endif

template <class Sync>
class LazyBlocking : public ::testing::Test {};

}  // namespace first_use_test

#endif
