// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One object of each lock type, used by many threads while the process forks; who made its value, and how often.
#ifndef FIRST_USE_TESTS_FORK_BANK_ITEM_HPP
#define FIRST_USE_TESTS_FORK_BANK_ITEM_HPP

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>

#include <sys/types.h>
#include <unistd.h>

#include <first_use/first_use.hpp>

namespace bank {

using namespace first_use;

enum Kind { a_once, a_lock, a_lazy, a_retrying, a_consuming, a_failing, a_poisoned, kinds_ };
constexpr std::size_t kinds = kinds_;
inline constexpr char const* names[] = {"Once",
                                        "OnceLock",
                                        "LazyLock",
                                        "LazyLock that retries",
                                        "LazyLock that consumes",
                                        "OnceLock whose initialisers fail",
                                        "Once that was poisoned"};

/// Who made it, many times over: all the same, or it is half-built.
class Stamp {
 public:
  explicit Stamp(pid_t pid) {
    for (pid_t& copy : copies_) {
      copy = pid;
      if (&copy == &copies_[8]) std::this_thread::yield();  // a good moment for a fork
    }
  }
  Stamp(Stamp const&) = default;
  Stamp& operator=(Stamp const&) = delete;
  ~Stamp() {
    if (maker() < 0) std::abort();
  }
  /// -1: half-built.
  pid_t maker() const {
    for (pid_t const copy : copies_) {
      if (copy != copies_[0]) return -1;
    }
    return copies_[0];
  }

 private:
  std::array<pid_t, 16> copies_;
};

/// How often something was made, and tried, in this process.
struct Tally {
  std::atomic<int> made{0};
  std::atomic<int> tried{0};

  Stamp make() {
    Stamp stamp{::getpid()};
    ++made;
    return stamp;
  }
  bool fails() { return ++tried % 3 != 0; }
};

struct Makes {
  Tally* tally;
  Stamp operator()() const { return tally->make(); }
};
struct FailsAndMakes {
  Tally* tally;
  Stamp operator()() const {
#if FIRST_USE_HAS_EXCEPTIONS
    if (tally->fails()) throw 1;
#endif
    return tally->make();
  }
};
struct Consumed {
  std::unique_ptr<Tally*> tally;
  Stamp operator()() const { return (*tally)->make(); }
};

template <class Call>
void let_fail([[maybe_unused]] Call call) {
#if FIRST_USE_HAS_EXCEPTIONS
  try {
    call();
  } catch (int) {
  } catch (PoisonedError const&) {}
#endif
}

/// Each type once, all of one answer to fork.
template <class Sync, class Fork>
struct Item {
  std::array<Tally, kinds> tallies;
  BasicOnce<Sync, Fork> once;
  BasicOnceLock<Stamp, Sync, Fork> lock;
  BasicLazyLock<Stamp, Makes, Sync, Fork> lazy{Makes{&tallies[a_lazy]}};
  BasicLazyLock<Stamp, FailsAndMakes, Sync, Fork, RetryOnThrow> retrying{FailsAndMakes{&tallies[a_retrying]}};
  BasicLazyLock<Stamp, Consumed, Sync, Fork> consuming{Consumed{std::make_unique<Tally*>(&tallies[a_consuming])}};
  BasicOnceLock<Stamp, Sync, Fork> failing;
  BasicOnce<Sync, Fork> poisoned;

  void use(Kind kind) {
    switch (kind) {
      case a_once: once.call_once([&] { ++tallies[a_once].made; }); break;
      case a_lock: lock.get_or_init([&] { return tallies[a_lock].make(); }); break;
      case a_lazy: lazy.force(); break;
      case a_retrying:
#if FIRST_USE_HAS_EXCEPTIONS
        let_fail([&] { retrying.force(); });
#else
        retrying.force();
#endif
        break;
      case a_consuming:
#if FIRST_USE_HAS_EXCEPTIONS
        let_fail([&] { consuming.force(); });
#else
        // What a lost thread had consumed would end the program: only the parent uses it.
        if (Fork::wipes || ::getpid() == parent) consuming.force();
#endif
        break;
      case a_failing:
        static_cast<void>(failing.get_or_try_init([&] {
          Tally& tally = tallies[a_failing];
          return tally.fails() ? std::nullopt : std::optional<Stamp>{tally.make()};
        }));
        let_fail([&] { failing.get_or_init([]() -> Stamp { throw_one(); }); });
        break;
      case a_poisoned:
        let_fail([&] { poisoned.call_once([] { throw_one(); }); });
        poisoned.call_once_force([&](OnceState const&) { ++tallies[a_poisoned].made; });
        break;
      case kinds_: break;
    }
  }

  /// The maker of what is there; 0: nothing.
  pid_t maker_of(Kind kind) const {
    auto const of = [](auto const& object) { return object.get() != nullptr ? object.get()->maker() : 0; };
    switch (kind) {
      case a_once: return once.is_completed() ? 1 : 0;
      case a_lock: return of(lock);
      case a_lazy: return of(lazy);
      case a_retrying: return of(retrying);
      case a_consuming: return of(consuming);
      case a_failing: return of(failing);
      case a_poisoned: return poisoned.is_completed() ? 1 : 0;
      case kinds_: break;
    }
    return -1;
  }

  static inline pid_t parent = 0;

 private:
  [[noreturn]] static void throw_one() {
#if FIRST_USE_HAS_EXCEPTIONS
    throw 1;
#else
    std::abort();
#endif
  }
};

}  // namespace bank

#endif
