// SPDX-License-Identifier: MIT OR Apache-2.0
//
// CriticalSectionSync on a host: an interrupt is SIGUSR1, and masking it is sigprocmask.
#ifndef FIRST_USE_TESTS_MASKING_SYNC_HPP
#define FIRST_USE_TESTS_MASKING_SYNC_HPP

#include <atomic>
#include <cstdlib>

#include <pthread.h>
#include <signal.h>

#include <first_use/sync/critical_section_sync.hpp>

namespace first_use_test {

struct Masking {
  static inline std::atomic<int> sections{0};

  static bool masked() noexcept {
    sigset_t now;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
    return ::sigismember(&now, SIGUSR1) == 1;
  }
  static bool enter() noexcept {
    sigset_t one, before;
    ::sigemptyset(&one);
    ::sigaddset(&one, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &one, &before);
    ++sections;
    return ::sigismember(&before, SIGUSR1) == 1;
  }
  static void leave(bool was_masked) noexcept {
    if (!masked()) std::abort();  // somebody has ended the section before its time
    if (was_masked) return;
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, SIGUSR1);
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  }
};

using MaskingSync = first_use::CriticalSectionSync<Masking>;

static_assert(first_use::SyncPolicy<MaskingSync>);

}  // namespace first_use_test

#endif
