// SPDX-License-Identifier: MIT OR Apache-2.0
//
// With FIRST_USE_VALGRIND: tells helgrind and drd what the words of this library order. They see locked instructions and
// system calls, and cannot know that a word's acquiring load comes after the releasing exchange that it reads from: all
// that an initialiser wrote would be reported as a race. Without the macro this header is empty.
#ifndef FIRST_USE_DETAIL_VALGRIND_HPP
#define FIRST_USE_DETAIL_VALGRIND_HPP

#include <first_use/detail/config.hpp>

#if FIRST_USE_TELLS_VALGRIND

#include <cstddef>
#include <cstdint>

#if !__has_include(<valgrind/helgrind.h>) || !__has_include(<valgrind/drd.h>)
#error "FIRST_USE_VALGRIND needs <valgrind/helgrind.h> and <valgrind/drd.h> (Debian's package is called valgrind)"
#endif
#include <valgrind/helgrind.h>
// In this order: helgrind's header defines the names that both have, and drd's leaves them alone.
#include <valgrind/drd.h>

FIRST_USE_BEGIN_PLAIN
namespace process {

// The tools remember an edge by any number, and drd never forgets one: not by the address itself, where a mutex may lie
// next, but in the half of the address space that is the kernel's.
inline std::uintptr_t edge_of(void const* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) ^ ~(~std::uintptr_t{0} >> 1);
}

// Each tool knows its own requests and ignores the other's; without either they are a few instructions.
inline void happens_before(void const* address) noexcept {
  ANNOTATE_HAPPENS_BEFORE(edge_of(address));
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_BEFORE, edge_of(address), 0, 0, 0, 0);
}
inline void happens_after(void const* address) noexcept {
  ANNOTATE_HAPPENS_AFTER(edge_of(address));
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_ANNOTATE_HAPPENS_AFTER, edge_of(address), 0, 0, 0, 0);
}

/// What lies there is not looked at: an atomic. The exchange that publishes comes after happens_before() has been said, and
/// whoever is told "complete" may write there at once, because the object is his to destroy.
inline void not_to_be_checked(void const* address, std::size_t size) noexcept {
  VALGRIND_HG_DISABLE_CHECKING(reinterpret_cast<std::uintptr_t>(address), size);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_START_SUPPRESSION, address, size, 0, 0, 0);
}

/// A policy's word that tells. What a release publishes is taken to be seen by every acquire that follows, also by one
/// that read an older value: nothing is reported that is none, and the rare race that hides behind such a read is missed.
template <class W, class U>
class TellingWord {
 public:
  constexpr TellingWord() noexcept = default;
  constexpr explicit TellingWord(U the_value) noexcept : word_{the_value} {}

  template <class Order>
  U load(Order order) const noexcept {
    not_to_be_checked(this, sizeof(*this));
    U const value = word_.load(order);
    if (order != Order::relaxed) happens_after(this);
    return value;
  }
  template <class Order>
  void store(U to, Order order) noexcept {
    not_to_be_checked(this, sizeof(*this));
    if (releases(order)) happens_before(this);
    word_.store(to, order);
  }
  template <class Order>
  U exchange(U to, Order order) noexcept {
    not_to_be_checked(this, sizeof(*this));
    if (releases(order)) happens_before(this);
    U const old = word_.exchange(to, order);
    if (acquires(order)) happens_after(this);
    return old;
  }
  template <class Order>
  bool compare_exchange_weak(U& expected, U to, Order success, Order failure) noexcept {
    not_to_be_checked(this, sizeof(*this));
    if (releases(success)) happens_before(this);
    bool const done = word_.compare_exchange_weak(expected, to, success, failure);
    if (done ? acquires(success) : failure != Order::relaxed) happens_after(this);
    return done;
  }

  void wait(U old) const { word_.wait(old); }
  template <class Deadline>
  bool wait_until(U old, Deadline deadline) const {
    return word_.wait_until(old, deadline);
  }
  // Tells nothing: the word may be gone.
  void notify_all() { word_.notify_all(); }

 private:
  // ORDERING: told as the caller chose it.
  template <class Order>
  static constexpr bool releases(Order order) noexcept {
    return order == Order::release || order == Order::acq_rel || order == Order::seq_cst;
  }
  template <class Order>
  static constexpr bool acquires(Order order) noexcept {
    return order == Order::acquire || order == Order::acq_rel || order == Order::seq_cst;
  }

  W word_{};
};

template <class W, class U, bool Shared>
struct Telling {
  using type = W;
};
template <class W, class U>
struct Telling<W, U, true> {
  using type = TellingWord<W, U>;
};

}  // namespace process
FIRST_USE_END_PLAIN

#endif

#endif
