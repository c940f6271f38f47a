// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A process that has the pid of one of its ancestors, which is why a value cannot be told from the parent's by a pid kept
// beside it. Two ways there: the grandfather is gone and his pid has come round to the grandson; and pid namespaces, in
// which parent and child are both number 1. Skips itself (77) where the kernel allows neither namespaces nor choosing the
// next pid.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <first_use/first_use.hpp>

#if !defined(__linux__)
int main() {
  std::puts("skipped: pid namespaces are Linux's");
  return 77;
}
#else

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int skipped = 77;

#define CHECK(...) ((__VA_ARGS__) ? static_cast<void>(0) : fail(#__VA_ARGS__, __LINE__))
[[noreturn]] void fail(char const* what, int line) {
  std::fprintf(stderr, "pid_reuse_nogtest.cpp:%d: in process %ld: not so: %s\n", line, static_cast<long>(::getpid()),
               what);
  ::_exit(1);
}
[[noreturn]] void skip(char const* what) {
  std::printf("skipped: the kernel refuses %s: %s\n", what, std::strerror(errno));
  std::fflush(stdout);
  ::_exit(skipped);
}

/// The exit code of a child; a signal is a failure.
int result_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) CHECK(errno == EINTR);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

template <class Body>
pid_t start(Body body) {
  std::fflush(nullptr);
  pid_t const pid = ::fork();
  CHECK(pid >= 0);
  if (pid != 0) return pid;
  ::alarm(60);
  body();
  ::_exit(0);
}
template <class Body>
void run(Body body) {
  int const result = result_of(start(body));
  if (result != 0) ::_exit(result);
}

// ---- What is guarded by a pid, and what by first_use -----------------------------------------------------------------

/// As it is commonly written.
struct GuardedByPid {
  pid_t owner = 0;
  int value = 0;
  int* get() { return owner == ::getpid() ? &value : nullptr; }
  void set(int to) {
    owner = ::getpid();
    value = to;
  }
};

GuardedByPid guarded;
int made = 0;
first_use::WipeOnForkOnceLock<int> lock;
first_use::WipeOnForkOnceCell<int> cell;
first_use::WipeOnForkOnce once;
first_use::WipeOnForkLazyLock lazy{[] { return ++made; }};
first_use::WipeOnForkLazyCell lazy_cell{[] { return ++made; }};

void fill_all() {
  guarded.set(1);
  lock.set(1);
  cell.set(1);
  once.call_once([] {});
  lazy.force();
  lazy_cell.force();
  CHECK(made == 2);
}

/// In a process that has the pid of the one that filled them.
void look_with_the_same_pid() {
  CHECK(guarded.get() != nullptr && *guarded.get() == 1);  // fooled: it takes the ancestor's value for its own
  CHECK(lock.get() == nullptr && cell.get() == nullptr && !once.is_completed());
  CHECK(lazy.get() == nullptr && lazy_cell.get() == nullptr);
  CHECK(lock.get_or_init([] { return 2; }) == 2 && cell.get_or_init([] { return 2; }) == 2);
  int runs = 0;
  once.call_once([&] { ++runs; });
  CHECK(runs == 1);
  CHECK(*lazy == 3 && *lazy_cell == 4);
}

// ---- The grandfather's pid -------------------------------------------------------------------------------------------

/// The next process that is made in this namespace gets the number after it.
bool set_last_pid(pid_t last) {
  int const file = ::open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::string const text = std::to_string(last);
  bool const done = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  int const kept = errno;
  ::close(file);
  errno = kept;
  return done;
}

/// Runs as number 1 of its namespace, whose children nobody else makes.
void grandson_with_the_grandfathers_pid(bool son_touches) {
  int to_son[2];
  int verdict[2];
  CHECK(::pipe2(to_son, O_CLOEXEC) == 0 && ::pipe2(verdict, O_CLOEXEC) == 0);
  pid_t const father = start([&] {
    fill_all();
    pid_t const me = ::getpid();
    start([&] {
      if (son_touches) CHECK(lock.get() == nullptr && lock.set(5));
      char go = 0;
      CHECK(::read(to_son[0], &go, 1) == 1);  // the father is gone, and his number is free
      int result = skipped;
      if (!set_last_pid(me - 1)) {
        std::printf("skipped: the kernel refuses to choose the next pid: %s\n", std::strerror(errno));
        std::fflush(stdout);
      } else {
        pid_t const grandson = start([&] {
          CHECK(::getpid() == me);
          look_with_the_same_pid();
        });
        CHECK(grandson == me);
        result = result_of(grandson);
      }
      char const letter = static_cast<char>(result);
      CHECK(::write(verdict[1], &letter, 1) == 1);
    });
  });
  CHECK(result_of(father) == 0);
  ::close(verdict[1]);
  CHECK(::write(to_son[1], "g", 1) == 1);
  char letter = 1;
  CHECK(::read(verdict[0], &letter, 1) == 1);  // none: the son died
  if (letter != 0) ::_exit(letter);
  while (::wait(nullptr) > 0) {}
}

// ---- Parent and child with one pid -----------------------------------------------------------------------------------

void child_with_the_parents_pid() {
  CHECK(::getpid() == 1);
  fill_all();
  if (::unshare(CLONE_NEWPID) != 0) skip("a pid namespace in a pid namespace");
  run([] {
    CHECK(::getpid() == 1);
    look_with_the_same_pid();
  });
  CHECK(*lock.get() == 1 && *lazy.get() + *lazy_cell.get() == 3);
}

/// Runs `body` as number 1 of a pid namespace.
template <class Body>
void in_a_namespace(Body body) {
  run([&] {
    if (::unshare(CLONE_NEWPID) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) skip("a pid namespace");
    run([&] {
      CHECK(::getpid() == 1);
      body();
    });
  });
}

}  // namespace

int main() {
  ::alarm(90);
  in_a_namespace([] { grandson_with_the_grandfathers_pid(false); });
  in_a_namespace([] { grandson_with_the_grandfathers_pid(true); });
  in_a_namespace(&child_with_the_parents_pid);
}

#endif
