// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Random sequences of every operation of every type, compared with a plain model after each step. An input is a sequence:
// which object, which operation, what its initialiser does (a value, a failure, nothing, a knot; operations of its own; a
// fork), which copy or move of a value throws.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "fuzz/lazy_slot.hpp"
#include "fuzz/lock_slot.hpp"
#include "fuzz/once_slot.hpp"
#include "fuzz/world.hpp"

namespace {

using namespace first_use;
using namespace fuzz;

template <class S>
struct Pair {
  Pair(char const* name, Kind kind) : a{name, kind}, b{name, kind} {
    if constexpr (requires { a.other; }) {
      a.other = &b;
      b.other = &a;
    }
    World::here().slots.push_back(&a);
    World::here().slots.push_back(&b);
  }
  S a, b;
};

template <class Lock>
using Locks = Pair<LockSlot<Lock>>;
template <template <class, class, class...> class Lazy, class T, class F = T (*)(), class OnThrow = PoisonOnThrow>
using Lazies = Pair<LazySlot<Lazy<T, F, OnThrow>, F>>;
template <template <class, class, class...> class Lazy>
using Immortal = Pair<LazySlot<Lazy<NeverDestroyed<Traced>, Traced (*)()>, Traced (*)()>>;

constexpr Kind counted{.traced = true};
constexpr Kind wiped{.wipes = true};
constexpr Kind wiped_counted{.wipes = true, .traced = true};
constexpr Kind wiped_destroyed{.wipes = true, .on_wipe = OnWipe::destroy, .traced = true};
constexpr Kind retrying{.retries = true};
constexpr Kind wiped_retrying{.wipes = true, .retries = true};
constexpr Kind ticket{.traced = true, .ticket = true, .consumes = true};
constexpr Kind wiped_ticket{.wipes = true, .traced = true, .ticket = true};

struct Objects {
  Pair<OnceSlot<Once>> once{"Once", {}};
  Pair<OnceSlot<WipeOnForkOnce>> wiped_once{"WipeOnForkOnce", wiped};

  Locks<OnceLock<Traced>> lock{"OnceLock<Traced>", counted};
  Locks<OnceLock<int>> int_lock{"OnceLock<int>", {}};
  Locks<OnceLock<MoveOnly>> moving_lock{"OnceLock<MoveOnly>", counted};
  Locks<OnceCell<Traced>> cell{"OnceCell<Traced>", counted};
  Locks<OnceCell<int>> int_cell{"OnceCell<int>", {}};
  Locks<OnceCell<MoveOnly>> moving_cell{"OnceCell<MoveOnly>", counted};
  Locks<WipeOnForkOnceLock<Traced>> wiped_lock{"WipeOnForkOnceLock<Traced>", wiped_counted};
  Locks<WipeOnForkOnceLock<int, Erase>> wiped_int_lock{"WipeOnForkOnceLock<int, Erase>", wiped};
  Locks<WipeOnForkOnceLock<MoveOnly, Destroy>> wiped_moving_lock{"WipeOnForkOnceLock<MoveOnly, Destroy>",
                                                                 wiped_destroyed};
  Locks<WipeOnForkOnceCell<Traced, Destroy>> wiped_cell{"WipeOnForkOnceCell<Traced, Destroy>", wiped_destroyed};
  Locks<WipeOnForkOnceCell<int>> wiped_int_cell{"WipeOnForkOnceCell<int>", wiped};
  Locks<WipeOnForkOnceCell<MoveOnly>> wiped_moving_cell{"WipeOnForkOnceCell<MoveOnly>", wiped_counted};

  Lazies<LazyLock, Traced> lazy{"LazyLock<Traced>", counted};
  Lazies<LazyLock, Traced, Ticket<Traced>> lazy_ticket{"LazyLock<Traced, Ticket>", ticket};
  Lazies<LazyLock, int, int (*)(), RetryOnThrow> lazy_retry{"LazyLock<int>, retrying", retrying};
  Immortal<LazyLock> immortal{"LazyLock<NeverDestroyed<Traced>>", {.traced = true, .immortal = true}};
  // A pointer lies in the bytes of the value, and is used up.
  Lazies<LazyCell, Traced> lazy_cell{"LazyCell<Traced>", {.traced = true, .consumes = true}};
  Lazies<LazyCell, MoveOnly, Ticket<MoveOnly>> lazy_cell_ticket{"LazyCell<MoveOnly, Ticket>", ticket};
  Lazies<LazyCell, int, int (*)(), RetryOnThrow> lazy_cell_retry{"LazyCell<int>, retrying", retrying};
  Lazies<WipeOnForkLazyLock, Traced> wiped_lazy{"WipeOnForkLazyLock<Traced>", wiped_counted};
  Lazies<WipeOnForkLazyLock, MoveOnly, Ticket<MoveOnly>> wiped_lazy_ticket{"WipeOnForkLazyLock<MoveOnly, Ticket>",
                                                                           wiped_ticket};
  Lazies<WipeOnForkLazyLock, int, int (*)(), RetryOnThrow> wiped_lazy_retry{"WipeOnForkLazyLock<int>, retrying",
                                                                            wiped_retrying};
  Pair<LazySlot<WipeOnForkLazyCell<Traced, Traced (*)(), PoisonOnThrow, Destroy>, Traced (*)()>> wiped_lazy_cell{
      "WipeOnForkLazyCell<Traced, Destroy>", wiped_destroyed};
  Lazies<WipeOnForkLazyCell, int> wiped_lazy_cell_int{"WipeOnForkLazyCell<int>", wiped};
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  char const* const wanted = std::getenv("FIRST_USE_FUZZ_FORKS");
  fuzz::forks = wanted == nullptr || std::strcmp(wanted, "0") != 0;
  fuzz::verbose = std::getenv("FIRST_USE_FUZZ_VERBOSE") != nullptr;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  World world{data, size};
  Objects objects;
  world.run();
  return 0;
}
