// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A choice that is made at first use, which may come in a signal handler, in the middle of another first use.
#include <cstdio>

#include <signal.h>
#include <unistd.h>

#include <first_use/race.hpp>

namespace {

struct Sink {
  int file;
  char const* before;
};
constexpr Sink terminal{2, "\x1b[1mgot a signal\x1b[0m"}, file{2, "got a signal"};

constinit first_use::race::OnceRef<Sink const> sink;
constinit first_use::race::OnceNonZero<unsigned> signals_seen;

Sink const& the_sink() {
  return sink.get_or_init([]() -> Sink const& { return ::isatty(2) != 0 ? terminal : file; });
}

void on_signal(int number) {
  Sink const& to = the_sink();  // never waits, whoever is in the middle of the same choice
  std::size_t size = 0;
  while (to.before[size] != '\0') ++size;
  if (::write(to.file, to.before, size) != static_cast<ssize_t>(size) || ::write(to.file, "\n", 1) != 1) return;
  signals_seen.set(static_cast<unsigned>(number));
}

}  // namespace

int main() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGUSR1, &action, nullptr);

  // The signal comes while main() chooses: the handler is done first, and main() gets what it chose.
  Sink const& chosen = sink.get_or_init([]() -> Sink const& {
    ::raise(SIGUSR1);
    return terminal;
  });
  bool const same = &chosen == &the_sink() && &chosen == sink.get();
  std::printf("one sink for both: %s; signal %u was seen\n", same ? "yes" : "no", signals_seen.get());
  return same && signals_seen.get() == SIGUSR1 ? 0 : 1;
}
