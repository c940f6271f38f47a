// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Lazy values on one core without threads, where the only other activity is an interrupt. Here an interrupt is a signal,
// and masking it is sigprocmask(); on a microcontroller the hooks read and write the register that masks interrupts.
#include <cstdio>

#include <signal.h>

#include <first_use/once_lock.hpp>
#include <first_use/sync/critical_section_sync.hpp>

struct Interrupts {
  static bool enter() noexcept {
    sigset_t alarm, before;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, &before);
    return sigismember(&before, SIGALRM) == 0;
  }
  static void leave(bool were_on) noexcept {
    if (!were_on) return;
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
  }
};

template <class T>
using CoreLock = first_use::BasicOnceLock<T, first_use::CriticalSectionSync<Interrupts>>;

struct Calibration {
  int offset;
};
constinit CoreLock<Calibration> calibration;

int volatile samples = 0, too_early = 0;

// The handler looks, and does without where the value is still being made: it could not wait for it.
void on_interrupt(int) {
  if (Calibration const* const known = calibration.get()) {
    samples = samples + known->offset;
  } else {
    too_early = too_early + 1;
  }
}

int main() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGALRM, &action, nullptr);

  calibration.get_or_init([] {
    raise(SIGALRM);  // initialisers run with interrupts on
    return Calibration{.offset = 3};
  });
  raise(SIGALRM);
  std::printf("one interrupt came too early (%d), one took a sample (%d)\n", too_early, samples);
  return too_early == 1 && samples == 3 ? 0 : 1;
}
