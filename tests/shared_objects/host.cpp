// SPDX-License-Identifier: MIT OR Apache-2.0
//
// host HOW one|own leaves|stays FIRST SECOND: two users of first_use in one process, each a shared library (or "host":
// this program itself), and what each sees of what the other did, over forks of every kind.
//
// HOW: linked, global or local (RTLD_GLOBAL, RTLD_LOCAL). one|own: whether both are to share the process-wide variables.
// leaves|stays: whether FIRST is to leave the process when it is closed. Whatever the expectation, no value may be lost
// in the process that made it, none may be seen in a child of it, and no initialiser may run twice.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api.hpp"

#ifdef HOST_USES
extern "C" Api const* host_api();
#endif

namespace {

char const* scenario_name = "";

#define CHECK(...) ((__VA_ARGS__) ? static_cast<void>(0) : fail(#__VA_ARGS__, __LINE__))
[[noreturn]] void fail(char const* what, int line) {
  std::fprintf(stderr, "%s: not so (line %d, process %ld): %s\n", scenario_name, line, static_cast<long>(::getpid()),
               what);
  ::_exit(1);
}

// ---- Processes -------------------------------------------------------------------------------------------------------

using Make = pid_t (*)();
pid_t by_fork() { return ::fork(); }
[[maybe_unused]] pid_t by_clone() {
  return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

/// Where the kernel wipes no page the handlers decide alone, and see fork() only: documented.
std::vector<Make> const every_way = [] {
  std::vector<Make> ways{&by_fork};
#ifndef FIRST_USE_ATFORK_ONLY
  auto const size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (::madvise(page, size, -1) != 0 && ::madvise(page, size, MADV_WIPEONFORK) == 0) ways.push_back(&by_clone);
#endif
  return ways;
}();

template <class Body>
void in_child(Make make, Body body) {
  std::fflush(nullptr);
  pid_t const pid = make();
  CHECK(pid >= 0);
  if (pid == 0) {
    ::alarm(60);
    body();
    ::_exit(0);
  }
  int status = 0;
  CHECK(::waitpid(pid, &status, 0) == pid);
  if (WIFSIGNALED(status)) std::fprintf(stderr, "%s: child died of signal %d\n", scenario_name, WTERMSIG(status));
  if (status != 0) ::_exit(1);
}

// ---- Libraries -------------------------------------------------------------------------------------------------------

std::string how;

struct Library {
  explicit Library(char const* the_path) : path{the_path} {}
  Api const* operator->() {
    if (api == nullptr) load();
    return api;
  }
  void load() {
#ifdef HOST_USES
    if (path == "host") {
      api = host_api();
      return;
    }
#endif
    int const flags = how == "linked"   ? RTLD_NOW | RTLD_NOLOAD
                      : how == "global" ? RTLD_NOW | RTLD_GLOBAL
                                        : RTLD_NOW | RTLD_LOCAL;
    handle = ::dlopen(path.c_str(), flags);
    if (handle == nullptr) fail(::dlerror(), __LINE__);
    auto* const get = reinterpret_cast<GetApi*>(::dlsym(handle, "shared_object_api"));
    CHECK(get != nullptr);
    api = get();
  }
  /// Whether it is gone, asked in two ways.
  bool close() {
    CHECK(::dlclose(handle) == 0);
    handle = nullptr;
    api = nullptr;
    void* const still = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (still != nullptr) ::dlclose(still);
    auto const is_it = [](dl_phdr_info* info, std::size_t, void* wanted) {
      return std::strcmp(info->dlpi_name, static_cast<char const*>(wanted)) == 0 ? 1 : 0;
    };
    bool const listed = ::dl_iterate_phdr(is_it, const_cast<char*>(path.c_str())) != 0;
    CHECK(listed == (still != nullptr));
    return !listed;
  }
  std::string path;
  void* handle = nullptr;
  Api const* api = nullptr;
};

struct Setting {
  Library first;
  Library second;
  bool is_one;
  bool leaves;
};

/// Room for what the libraries build; zero bytes are an object that nobody has initialised.
struct Room {
  alignas(16) unsigned char bytes[32] = {};
};
Room x;
Room y;
Room kept;

// ---- Scenarios: each runs in a process of its own, in which neither library has been used -----------------------------

void whether_they_share(Setting& s) { CHECK((s.first->identity() == s.second->identity()) == s.is_one); }

/// Where the variables are apart, a library sees what another filled only once it has begun to count itself.
void begin(Setting& s) {
  if (s.is_one) return;
  for (Library* const library : {&s.first, &s.second}) {
    CHECK((*library)->prepare());
    (*library)->generation();
  }
}

/// In the process that calls this nothing of the parent's is there for either; both may fill and see each other's.
void both_agree(Setting& s) {
  auto const neither_sees_anything = [&] {
    CHECK(s.second->value(&x) == -1 && s.first->value(&x) == -1);
    CHECK(s.first->value(&y) == -1 && s.second->value(&y) == -1);
  };
  neither_sees_anything();
  begin(s);
  neither_sees_anything();
  CHECK(s.first->fill(&x, 1));
  CHECK(s.second->value(&x) == 1);
  CHECK(s.second->fill(&y, 2));
  CHECK(s.first->value(&y) == 2);
  CHECK(!s.second->fill(&x, 3) && !s.first->fill(&y, 4));
  CHECK(s.first->value(&x) == 1 && s.second->value(&y) == 2);
  CHECK(s.first->generation() == s.second->generation());
}

void forks_of_a_process_with_both(Setting& s) {
  both_agree(s);
  for (Make const way : every_way) {
    in_child(way, [&] {
      both_agree(s);
      for (Make const next : every_way) in_child(next, [&] { both_agree(s); });
      CHECK(s.first->value(&y) == 2 && s.second->value(&x) == 1);
    });
  }
  CHECK(s.first->value(&y) == 2 && s.second->value(&x) == 1);
}

// Forks that the second has not seen, because nobody had used it by then.
void second_is_born_in_a_grandchild(Setting& s) {
  CHECK(s.first->fill(&x, 1));
  in_child(&by_fork, [&] {
    CHECK(s.first->value(&x) == -1);
    CHECK(s.first->fill(&x, 2));
    in_child(&by_fork, [&] {
      CHECK(s.second->value(&x) == -1);
      both_agree(s);
      for (Make const way : every_way) in_child(way, [&] { both_agree(s); });
    });
    begin(s);
    CHECK(s.second->value(&x) == 2);
    CHECK(s.second->fill(&y, 3));
    in_child(&by_fork, [&] { both_agree(s); });
  });
}

// Looking at a word is not using it: nothing is registered, and no number is taken that a fork would not move on.
void second_only_looks_before_the_fork(Setting& s) {
  CHECK(s.second->is_incomplete(&y));
  CHECK(s.first->fill(&x, 1));
  CHECK(s.second->is_incomplete(&y));
  for (Make const way : every_way) {
    in_child(way, [&] {
      CHECK(s.second->value(&x) == -1);
      CHECK(s.second->is_incomplete(&y));
      CHECK(s.second->value(&x) == -1);
    });
  }
  in_child(&by_fork, [&] { both_agree(s); });
}

void one_runs_while_the_other_asks(Setting& s) {
  s.first->prepare();
  s.second->prepare();
  std::atomic<int> stage{0};
  std::thread runner{[&] {
    Answer const ran = s.first->hold(
        &kept,
        [](void* at) {
          auto& its = *static_cast<std::atomic<int>*>(at);
          its = 1;
          while (its == 1) std::this_thread::yield();
        },
        &stage);
    CHECK(ran == stored);
  }};
  while (stage == 0) std::this_thread::yield();
  CHECK(s.second->try_set(&kept) == busy);
  in_child(&by_fork, [&] {
    CHECK(s.second->try_set(&kept) == stored);
    CHECK(s.first->try_set(&kept) == occupied);
  });
  CHECK(s.second->try_set(&kept) == busy);
  stage = 2;
  runner.join();
  CHECK(s.second->try_set(&kept) == occupied);
}

// Each thread's list of running initialisers is one where the variables are.
void one_asks_inside_the_others_initialiser(Setting& s) {
  Answer answer = stored;
  struct Inside {
    Setting& s;
    Answer& answer;
  } inside{s, answer};
  s.first->hold(
      &kept,
      [](void* at) {
        auto& its = *static_cast<Inside*>(at);
        its.answer = its.s.second->try_set(&kept);
      },
      &inside);
  CHECK(answer == (s.is_one ? reentrant : busy));
}

// The first user takes its fork handlers along.
void first_leaves(Setting& s) {
  if (s.first.path == "host" || how == "linked") return;
  CHECK(s.first->prepare());
  CHECK(s.first->fill(&x, 1));
  CHECK(s.second->fill(&y, 2));
  CHECK(s.first.close() == s.leaves);
  CHECK(s.second->value(&x) == 1 && s.second->value(&y) == 2);
  for (Make const way : every_way) {
    // A library that counts for itself and is loaded again knows of forks by fork() alone.
    if (!s.is_one && way != &by_fork) continue;
    in_child(way, [&] {
      CHECK(s.second->value(&y) == -1 && s.second->value(&x) == -1);
      CHECK(s.second->fill(&y, 3));
      in_child(way, [&] {
        CHECK(s.second->value(&y) == -1);
        both_agree(s);  // the first is loaded again
        in_child(&by_fork, [&] { both_agree(s); });
      });
      CHECK(s.second->value(&y) == 3);
    });
  }
  CHECK(s.second->value(&y) == 2);
}

// And the second, which came later.
void second_leaves(Setting& s) {
  if (how == "linked") return;
  CHECK(s.first->fill(&x, 1));
  CHECK(s.second->fill(&y, 2));
  s.second.close();
  for (Make const way : every_way) {
    if (!s.is_one && way != &by_fork) continue;
    in_child(way, [&] {
      CHECK(s.first->value(&y) == -1 && s.first->value(&x) == -1);
      both_agree(s);
    });
  }
  CHECK(s.first->value(&x) == 1 && s.first->value(&y) == 2);
}

struct Scenario {
  char const* name;
  void (*run)(Setting&);
};
#define SCENARIO(name) \
  { #name, &name }
Scenario const scenarios[] = {
    SCENARIO(whether_they_share),
    SCENARIO(forks_of_a_process_with_both),
    SCENARIO(second_is_born_in_a_grandchild),
    SCENARIO(second_only_looks_before_the_fork),
    SCENARIO(one_runs_while_the_other_asks),
    SCENARIO(one_asks_inside_the_others_initialiser),
    SCENARIO(first_leaves),
    SCENARIO(second_leaves),
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  how = arguments[1];
  Setting setting{Library{arguments[4]}, Library{arguments[5]}, std::strcmp(arguments[2], "one") == 0,
                  std::strcmp(arguments[3], "leaves") == 0};
  ::alarm(120);
  int wrong = 0;
  for (Scenario const& scenario : scenarios) {
    scenario_name = scenario.name;
    pid_t const pid = ::fork();
    if (pid == 0) {
      ::alarm(60);
      scenario.run(setting);
      ::_exit(0);
    }
    int status = 1;
    ::waitpid(pid, &status, 0);
    if (status == 0) continue;
    std::fprintf(stderr, "%s %s %s: %s failed (status %d)\n", how.c_str(), arguments[2], arguments[3], scenario.name,
                 status);
    ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}
