// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Provokes every message a running program can get from the library, shows them (ctest -V), and holds each to the
// promise: one line of less than 600 characters that begins with the library's name and names the type.
//
// Each is provoked in a child process of its own, so that neither threads that hang nor exceptions that are turned off
// matter. Not here: waiting for what nobody can complete, which only a platform without threads can do.
#include <atomic>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <thread>

#include <first_use/first_use.hpp>

#if !FIRST_USE_HAS_FORK || !FIRST_USE_HAS_THREADS
int main() { return 77; }
#else

#include <sys/wait.h>
#include <unistd.h>

#include "sanitizers.hpp"

#if FIRST_USE_TESTS_HAVE_FIBERS
#include <ucontext.h>
#endif

#if defined(__GLIBC__)
// In place of libc's, which is an object file of its own in an archive. This one can refuse.
extern "C" {
extern void* __dso_handle;
int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(), void* library) noexcept;
}
namespace {
bool refuses_handlers = false;
}
extern "C" FIRST_USE_TESTS_UNSEEN int pthread_atfork(void (*prepare)(), void (*parent)(), void (*child)()) noexcept {
  return refuses_handlers ? 12 : __register_atfork(prepare, parent, child, &__dso_handle);
}
#endif

namespace shop {

struct Config {
  std::string name;
};
struct Session {
  std::string user;
};
struct Prices {
  int count;
};

}  // namespace shop

namespace {

using shop::Config;
using shop::Prices;
using shop::Session;

// ---- how a child tells ----

int pipe_to_parent = -1;

[[noreturn]] void child_tells(char const* kind, char const* text) {
  std::string const line = std::string{kind} + '\n' + text;
  bool const written = ::write(pipe_to_parent, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::_exit(written ? 0 : 1);
}
[[maybe_unused]] void child_is_aborting(char const* text) { child_tells("abort", text); }

template <class F>
void child_tries(F provoke) {
#if FIRST_USE_HAS_EXCEPTIONS
  try {
    provoke();
  } catch (first_use::ReentrantInitError const& error) {
    child_tells("ReentrantInitError", error.what());
  } catch (first_use::DeadlockError const& error) {
    child_tells("DeadlockError", error.what());
  } catch (first_use::PoisonedError const& error) {
    child_tells("PoisonedError", error.what());
  } catch (first_use::InitError const& error) { child_tells("InitError", error.what()); }
#else
  provoke();
#endif
}

// ---- the mistakes ----

extern first_use::LazyLock<Config> config;
extern first_use::LazyLock<Session> session;
extern first_use::LazyLock<Prices> prices;
constinit first_use::LazyLock<Config> config{[] { return Config{session->user}; }};
constinit first_use::LazyLock<Session> session{[] { return Session{std::to_string(prices->count)}; }};
constinit first_use::LazyLock<Prices> prices{[] { return Prices{static_cast<int>(config->name.size())}; }};

void reentrance_by_way_of_others() {
  child_tries([] { config.force(); });
}

void reentrance_of_a_once() {
  static constinit first_use::Once once;
  child_tries([] { once.call_once([] { once.call_once([] {}); }); });
}

std::atomic<int> arrived{0};
int people = 2;
void meet() {
  ++arrived;
  while (arrived < people) std::this_thread::yield();
}
extern first_use::LazyLock<Config> his;
extern first_use::LazyLock<Session> hers;
// The error is told where it is thrown: once it has left one initialiser, the other thread runs that one itself.
constinit first_use::LazyLock<Config> his{[] {
  meet();
  child_tries([] { hers.force(); });
  return Config{};
}};
constinit first_use::LazyLock<Session> hers{[] {
  meet();
  child_tries([] { his.force(); });
  return Session{};
}};

void deadlock() {
  std::thread other{[] { hers.force(); }};
  his.force();
  other.join();
}

// Three threads, names, and an initialiser within another.
constinit first_use::OnceLock<Config> named_config;
constinit first_use::LazyLock named_session{first_use::named<"session cache">([] {
  meet();
  child_tries([] { named_config.wait(); });
  return Session{};
})};
extern first_use::Once log_file;
// Whoever waits last is told: the texts of all threads are alike.
constinit first_use::LazyLock his_prices{first_use::named<"price list">([] {
  meet();
  child_tries([] { log_file.wait(); });
  return Prices{};
})};
constinit first_use::Once log_file;

void deadlock_of_three_with_names() {
  people = 3;
  std::thread one{[] { log_file.call_once(first_use::named<"log file">([] { named_session.force(); })); }};
  std::thread two{[] {
    static constinit first_use::OnceLock<Prices> inner;
    named_config.get_or_init(first_use::named<"shop.conf">([] {
      inner.get_or_init([] {
        meet();
        child_tries([] { his_prices.force(); });
        return Prices{};
      });
      return Config{};
    }));
  }};
  his_prices.force();
  two.join();
  one.join();
}

void reentrance_with_names() {
  child_tries([] {
    log_file.call_once(first_use::named<"log file">([] {
      named_config.get_or_init(first_use::named<"shop.conf">([] {
        log_file.wait();
        return Config{};
      }));
    }));
  });
}

#if FIRST_USE_HAS_EXCEPTIONS
void poisoned_once() {
  first_use::Once once;
  try {
    once.call_once([] { throw 1; });
  } catch (int) {}
  child_tries([&] { once.call_once([] {}); });
}

void poisoned_lazy() {
  first_use::LazyLock<Config> lazy{[]() -> Config { throw 1; }};
  try {
    lazy.force();
  } catch (int) {}
  child_tries([&] { lazy.force(); });
}
#endif

// A thread inside an initialiser, for good.
std::atomic<bool> inside{false};
void stay() {
  inside = true;
  for (;;) ::pause();
}
void wait_until_inside() {
  while (!inside) std::this_thread::yield();
}

void initialiser_lost_by_a_fork() {
  first_use::LazyLock lazy{[name = std::string{"a closure that owns something"}] {
    stay();
    return Config{name};
  }};
  std::thread runner{[&] { lazy.force(); }};
  wait_until_inside();
  ::pid_t const pid = ::fork();
  if (pid == 0) child_tries([&] { lazy.force(); });
  ::waitpid(pid, nullptr, 0);
  ::_exit(0);
}

void forked_inside_an_initialisation() {
  first_use::WipeOnForkOnceLock<Session> lock;
  child_tries([&] {
    lock.get_or_init([] {
      if (::pid_t const pid = ::fork(); pid != 0) {
        ::waitpid(pid, nullptr, 0);
        ::_exit(0);
      }
      return Session{"of the parent"};
    });
  });
}

void cell_of_another_thread() {
  first_use::OnceCell<Config> cell;
  std::thread runner{[&] {
    cell.get_or_init([] {
      stay();
      return Config{};
    });
  }};
  wait_until_inside();
  child_tries([&] { cell.get_or_init([] { return Config{}; }); });
  ::_exit(0);
}

void empty_lock() {
  first_use::OnceLock<Config> lock;
  child_tries([&] { static_cast<void>(lock.value()); });
}

void empty_cell() {
  first_use::OnceCell<Config> cell;
  child_tries([&] { static_cast<void>(cell.value()); });
}

void null_initialiser() {
  first_use::LazyLock<Prices> lazy{static_cast<Prices (*)()>(nullptr)};
  child_tries([&] { lazy.force(); });
}

void use_after_destruction() {
  using Lock = first_use::OnceLock<Config>;
  alignas(Lock) static unsigned char room[sizeof(Lock)];
  // By way of a volatile pointer: the compiler may assume that nobody does such a thing.
  Lock* volatile const lock = ::new (static_cast<void*>(room)) Lock;
  std::destroy_at(lock);
  child_tries([&] { lock->get_or_init([] { return Config{}; }); });
}

#if defined(__GLIBC__)
void handlers_refused() {
  refuses_handlers = true;
  first_use::OnceLock<Config> lock;
  child_tries([&] { lock.get_or_init([] { return Config{}; }); });
}
#endif

#if FIRST_USE_TESTS_HAVE_FIBERS
::ucontext_t on_main_stack, on_other_stack;
constinit first_use::Once outer, inner;

// An initialiser that leaves its stack in the middle, as a fiber would, and ends while another runs.
void left_its_stack() {
  static unsigned char stack[256 * 1024];
  first_use::set_fatal_handler(&child_is_aborting);
  ::getcontext(&on_other_stack);
  on_other_stack.uc_stack.ss_sp = stack;
  on_other_stack.uc_stack.ss_size = sizeof stack;
  on_other_stack.uc_link = &on_main_stack;
  ::makecontext(
      &on_other_stack, [] { outer.call_once([] { ::swapcontext(&on_other_stack, &on_main_stack); }); }, 0);
  ::swapcontext(&on_main_stack, &on_other_stack);
  inner.call_once([] { ::swapcontext(&on_main_stack, &on_other_stack); });
}
#endif

// ---- looking at them ----

struct Mistake {
  char const* name;
  void (*provoke_in_child)();
  std::string_view kind;
  std::string_view says;  // the type, or what stands for it
};

constexpr Mistake mistakes[] = {
    {"re-entrance by way of others", &reentrance_by_way_of_others, "ReentrantInitError",
     "LazyLock<shop::Config> -> LazyLock<shop::Session> -> LazyLock<shop::Prices> -> LazyLock<shop::Config>"},
    {"re-entrance with names", &reentrance_with_names, "ReentrantInitError",
     "Once \"log file\" -> OnceLock<shop::Config> \"shop.conf\" -> Once \"log file\";"},
    {"re-entrance of a Once", &reentrance_of_a_once, "ReentrantInitError", "Once"},
    {"deadlock", &deadlock, "DeadlockError", "LazyLock<shop::Config>"},
    {"deadlock of three, with names", &deadlock_of_three_with_names, "DeadlockError",
     "initialises OnceLock<shop::Config> \"shop.conf\" -> OnceLock<shop::Prices> and needs "},
#if FIRST_USE_HAS_EXCEPTIONS
    {"poisoned Once", &poisoned_once, "PoisonedError", "Once"},
    {"poisoned LazyLock", &poisoned_lazy, "PoisonedError", "LazyLock<shop::Config>"},
#endif
    {"initialiser lost by a fork", &initialiser_lost_by_a_fork, "PoisonedError", "LazyLock<shop::Config>"},
    {"forked inside an initialisation", &forked_inside_an_initialisation, "InitError",
     "WipeOnForkOnceLock<shop::Session>"},
    {"a cell of another thread", &cell_of_another_thread, "InitError", "OnceCell<shop::Config>"},
    {"empty OnceLock", &empty_lock, "InitError", "OnceLock<shop::Config>"},
    {"empty OnceCell", &empty_cell, "InitError", "OnceCell<shop::Config>"},
    {"null initialiser", &null_initialiser, "InitError", "LazyLock<shop::Prices>"},
    {"use after destruction", &use_after_destruction, "InitError", "OnceLock<shop::Config>"},
#if defined(__GLIBC__)
    {"fork handlers refused", &handlers_refused, "InitError", "OnceLock<shop::Config>"},
#endif
#if FIRST_USE_TESTS_HAVE_FIBERS
    {"left its stack", &left_its_stack, "abort", "initialiser"},
#endif
};

/// "KIND\ntext", empty if there was none.
std::string provoke(Mistake const& mistake) {
  int ends[2];
  if (::pipe(ends) != 0) return "";
  std::fflush(stdout);
  ::pid_t const pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    ::alarm(60);  // a mistake that hangs tells nothing
    pipe_to_parent = ends[1];
#if !FIRST_USE_HAS_EXCEPTIONS
    first_use::set_fatal_handler(&child_is_aborting);
#endif
    mistake.provoke_in_child();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string told;
  char buffer[4096];
  for (ssize_t size; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    told.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  return told;
}

}  // namespace

int main() {
  int wrong = 0;
  for (Mistake const& mistake : mistakes) {
    std::string const told = provoke(mistake);
    auto const end_of_kind = told.find('\n');
    if (end_of_kind == std::string::npos) {
      std::printf("%s\n    WRONG: no message\n", mistake.name);
      ++wrong;
      continue;
    }
    std::string const kind = told.substr(0, end_of_kind);
    std::string const text = told.substr(end_of_kind + 1);
    std::printf("%s (%s, %zu characters)\n    %s\n", mistake.name, kind.c_str(), text.size(), text.c_str());
    auto const expect = [&wrong](bool holds, char const* what) {
      if (holds) return;
      std::printf("    WRONG: %s\n", what);
      ++wrong;
    };
    expect(kind == mistake.kind || (kind == "abort" && !FIRST_USE_HAS_EXCEPTIONS), "another kind of error is expected");
    expect(text.starts_with("first_use: "), "it does not begin with first_use:");
    expect(text.find(mistake.says) != std::string::npos, "it does not name the type");
    expect(text.find('\n') == std::string::npos, "it has more than one line");
    expect(text.size() < 600, "it is too long");
  }
  return wrong == 0 ? 0 : 1;
}

#endif
