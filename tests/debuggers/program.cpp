// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What gdb is shown: objects in every state there is, in a process and in its child. Lines `// at STOP: EXPRESSION => TEXT`
// say what gdb must print when the function STOP is called (gdb.py reads them); TEXT is a regular expression where it
// stands in /.../.
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <first_use/first_use.hpp>
#include <first_use/sync/atomic_sync.hpp>
#include <first_use/sync/mutex_sync.hpp>

// Whatever is optimised away, these calls and the objects that have been made known are not.
#define STOP(name)        \
  extern "C" void name(); \
  [[gnu::noinline]] void name() { asm volatile("" ::: "memory"); }
STOP(stop_at_start)
STOP(stop_in_parent)
STOP(stop_in_child)
STOP(stop_in_child_later)
STOP(stop_in_fresh_child)

namespace {

template <class T>
void keep(T& object) {
  asm volatile("" ::"r"(&object) : "memory");
}

struct Base {
  int id;
};
struct Config : Base {
  std::string name;
  int workers;
};

int seven() { return 7; }

using first_use::NeverDestroyed;
constinit first_use::Once once;
constinit first_use::OnceLock<int> lock;
constinit first_use::OnceCell<int> cell;
constinit first_use::LazyLock<int> lazy{seven};
constinit first_use::LazyCell<int> lazy_cell{seven};
constinit first_use::WipeOnForkOnce wiped_once;
constinit first_use::WipeOnForkOnceLock<int> wiped_lock;
constinit first_use::WipeOnForkOnceCell<int> wiped_cell;
constinit first_use::WipeOnForkLazyLock<int> wiped_lazy{seven};
constinit first_use::WipeOnForkLazyCell<int> wiped_lazy_cell{seven};
// at stop_at_start: once => Once(<incomplete>)
// at stop_at_start: lock => OnceLock(<uninit>)
// at stop_at_start: cell => OnceCell(<uninit>)
// at stop_at_start: lazy => LazyLock(<uninit>)
// at stop_at_start: lazy_cell => LazyCell(<uninit>)
// at stop_at_start: wiped_once => WipeOnForkOnce(<incomplete>)
// at stop_at_start: wiped_lock => WipeOnForkOnceLock(<uninit>)
// at stop_at_start: wiped_cell => WipeOnForkOnceCell(<uninit>)
// at stop_at_start: wiped_lazy => WipeOnForkLazyLock(<uninit>)
// at stop_at_start: wiped_lazy_cell => WipeOnForkLazyCell(<uninit>)
// at stop_in_parent: once => Once(<complete>)
// at stop_in_parent: lock => OnceLock(3)
// at stop_in_parent: cell => OnceCell(4)
// at stop_in_parent: lazy => LazyLock(7)
// at stop_in_parent: lazy_cell => LazyCell(7)
// at stop_in_parent: wiped_once => WipeOnForkOnce(<complete>)
// at stop_in_parent: wiped_lock => WipeOnForkOnceLock(5)
// at stop_in_parent: wiped_cell => WipeOnForkOnceCell(6)
// at stop_in_parent: wiped_lazy => WipeOnForkLazyLock(7)
// at stop_in_parent: wiped_lazy_cell => WipeOnForkLazyCell(7)
// at stop_in_child: once => Once(<complete>)
// at stop_in_child: lock => OnceLock(3)
// at stop_in_child: cell => OnceCell(4)
// at stop_in_child: lazy => LazyLock(7)
// at stop_in_child: lazy_cell => LazyCell(7)
// at stop_in_child: wiped_once => WipeOnForkOnce(<stale>)
// at stop_in_child: wiped_lock => WipeOnForkOnceLock(<stale>)
// at stop_in_child: wiped_cell => WipeOnForkOnceCell(<stale>)
// at stop_in_child: wiped_lazy => WipeOnForkLazyLock(<stale>)
// at stop_in_child: wiped_lazy_cell => WipeOnForkLazyCell(<stale>)
// at stop_in_child_later: wiped_once => WipeOnForkOnce(<complete>)
// at stop_in_child_later: wiped_lock => WipeOnForkOnceLock(50)
// at stop_in_child_later: wiped_cell => WipeOnForkOnceCell(60)
// at stop_in_child_later: wiped_lazy => WipeOnForkLazyLock(7)
// at stop_in_child_later: wiped_lazy_cell => WipeOnForkLazyCell(7)
// at stop_in_fresh_child: lock => OnceLock(3)
// at stop_in_fresh_child: wiped_lock => WipeOnForkOnceLock(<stale>)
// at stop_in_fresh_child: wiped_once => WipeOnForkOnce(<stale>)

// Each type in the middle of an initialiser. In the child the threads that ran them do not exist; a cell belongs to one
// thread, and there it is still "running" (its next use says what is wrong).
constinit first_use::Once running_once;
constinit first_use::OnceLock<int> running_lock;
constinit first_use::OnceCell<int> running_cell;
int wait_for_ever();
constinit first_use::LazyLock<int> running_lazy{wait_for_ever};
constinit first_use::LazyCell<int> running_lazy_cell{wait_for_ever};
constinit first_use::WipeOnForkOnce running_wiped_once;
constinit first_use::WipeOnForkOnceLock<int> running_wiped_lock;
constinit first_use::WipeOnForkLazyLock<int> running_wiped_lazy{wait_for_ever};
// at stop_in_parent: running_once => Once(<running>)
// at stop_in_parent: running_lock => OnceLock(<running>)
// at stop_in_parent: running_cell => OnceCell(<running>)
// at stop_in_parent: running_lazy => LazyLock(<running>)
// at stop_in_parent: running_lazy_cell => LazyCell(<running>)
// at stop_in_parent: running_wiped_once => WipeOnForkOnce(<running>)
// at stop_in_parent: running_wiped_lock => WipeOnForkOnceLock(<running>)
// at stop_in_parent: running_wiped_lazy => WipeOnForkLazyLock(<running>)
// at stop_in_child: running_once => Once(<abandoned>)
// at stop_in_child: running_lock => OnceLock(<abandoned>)
// at stop_in_child: running_cell => OnceCell(<running>)
// at stop_in_child: running_lazy => LazyLock(<abandoned>)
// at stop_in_child: running_wiped_once => WipeOnForkOnce(<abandoned>)
// at stop_in_child: running_wiped_lock => WipeOnForkOnceLock(<abandoned>)
// at stop_in_child: running_wiped_lazy => WipeOnForkLazyLock(<abandoned>)

int fail() { throw std::runtime_error{"no"}; }
constinit first_use::Once poisoned_once;
constinit first_use::LazyLock<int> poisoned_lazy{fail};
constinit first_use::LazyCell<int> poisoned_lazy_cell{fail};
constinit first_use::WipeOnForkOnce poisoned_wiped_once;
constinit first_use::WipeOnForkLazyLock<int> poisoned_wiped_lazy{fail};
constinit first_use::OnceLock<int> failed_lock;
// at stop_in_parent: poisoned_once => Once(<poisoned>)
// at stop_in_parent: poisoned_lazy => LazyLock(<poisoned>)
// at stop_in_parent: poisoned_lazy_cell => LazyCell(<poisoned>)
// at stop_in_parent: poisoned_wiped_once => WipeOnForkOnce(<poisoned>)
// at stop_in_parent: poisoned_wiped_lazy => WipeOnForkLazyLock(<poisoned>)
// at stop_in_parent: failed_lock => OnceLock(<uninit>)
// at stop_in_child: poisoned_once => Once(<poisoned>)
// at stop_in_child: poisoned_lazy => LazyLock(<poisoned>)
// at stop_in_child: poisoned_wiped_once => WipeOnForkOnce(<incomplete>)
// at stop_in_child: poisoned_wiped_lazy => WipeOnForkLazyLock(<uninit>)

// The other policies, spelt out.
constinit first_use::BasicOnce<first_use::AtomicSync> atomic_once;
constinit first_use::BasicOnceLock<int, first_use::AtomicSync> atomic_lock;
constinit first_use::BasicOnceLock<int, first_use::MutexSync> mutex_lock;
constinit first_use::BasicOnceLock<int, first_use::AtomicSync, first_use::WipeOnFork<>> atomic_wiped_lock;
constinit first_use::BasicOnceLock<int, first_use::MutexSync, first_use::WipeOnFork<first_use::Erase>> mutex_wiped_lock;
constinit first_use::BasicOnceLock<int, first_use::FutexSync, first_use::IgnoreFork> ignoring_lock;
constinit first_use::LazyLock retried{first_use::retry_on_throw, [] { return 12; }};
constinit first_use::BasicLazyLock<int, int (*)(), first_use::MutexSync> mutex_lazy{seven};
// at stop_at_start: atomic_lock => OnceLock(<uninit>)
// at stop_at_start: mutex_wiped_lock => WipeOnForkOnceLock(<uninit>)
// at stop_in_parent: atomic_once => Once(<complete>)
// at stop_in_parent: atomic_lock => OnceLock(21)
// at stop_in_parent: mutex_lock => OnceLock(22)
// at stop_in_parent: atomic_wiped_lock => WipeOnForkOnceLock(23)
// at stop_in_parent: mutex_wiped_lock => WipeOnForkOnceLock(24)
// at stop_in_parent: ignoring_lock => OnceLock(<running>)
// at stop_in_parent: retried => LazyLock(12)
// at stop_in_parent: mutex_lazy => LazyLock(7)
// at stop_in_child: atomic_wiped_lock => WipeOnForkOnceLock(<stale>)
// at stop_in_child: mutex_wiped_lock => WipeOnForkOnceLock(<stale>)
// at stop_in_child: ignoring_lock => OnceLock(<running>)

// Values with parts, and where a value lies in an initialiser's bytes.
constinit first_use::OnceLock<Config> config;
constinit first_use::OnceLock<std::string> name;
constinit first_use::OnceLock<std::vector<int>> numbers;
constinit first_use::LazyLock table{[] { return std::map<int, int>{{1, 10}, {2, 20}}; }};
constinit first_use::OnceLock<int const> constant;
constinit first_use::LazyLock<NeverDestroyed<std::string>> undying{[] { return std::string{"x"}; }};
constinit first_use::LazyLock<NeverDestroyed<int>> undying_number{seven};
first_use::OnceLock<first_use::OnceLock<int>> nested;
constinit first_use::OnceLock<int> full{std::in_place, 9};
// at stop_at_start: full => OnceLock(9)
// at stop_at_start: name => OnceLock(<uninit>)
// at stop_at_start: table => LazyLock(<uninit>)
// at stop_in_parent: config => /OnceLock\(.*Config\) = \{<.*Base> = \{id = 1\}, name = "local", workers = 4\}/
// at stop_in_parent: name => OnceLock("local")
// at stop_in_parent: numbers => /OnceLock\(std::vector of length 2, capacity 2\) = \{1, 2\}/
// at stop_in_parent: table => /LazyLock\(std::map with 2 elements\) = \{\[1\] = 10, \[2\] = 20\}/
// at stop_in_parent: constant => OnceLock(8)
// at stop_in_parent: undying => LazyLock("x")
// at stop_in_parent: undying_number => LazyLock(7)
// at stop_in_parent: nested => OnceLock(OnceLock(1))
// at stop_in_parent: *pointer => OnceLock(3)
// at stop_in_parent: holder.reference => /(@0x[0-9a-f]+: )?OnceLock\(3\)/
// at stop_in_parent: &lock => /\(first_use::.* \*\) 0x[0-9a-f]+ <.*lock>/
// at stop_in_parent: sharing => LazyLock(31)
// at stop_at_start: sharing => LazyLock(<uninit>)
// What gdb would do by calling is done by reading.
// at stop_at_start: *lazy => /.*LazyLock\(<uninit>\): there is no value, and gdb makes none.*/
// at stop_at_start: lazy.get() => (int *) 0x0
// at stop_in_parent: *lazy => 7
// at stop_in_parent: *lock.get() => 3
// at stop_in_parent: config.value().workers => 4
// at stop_in_parent: undying->_M_string_length => 1
// at stop_in_child: wiped_lazy.get() => (int *) 0x0
first_use::OnceLock<int>* pointer = &lock;
struct {
  first_use::OnceLock<int>& reference;
} holder{lock};
struct Owning {
  std::unique_ptr<int> owned;
  int operator()() { return *owned; }
};
first_use::LazyLock<int, Owning> sharing{Owning{std::make_unique<int>(31)}};

// The end of a life.
alignas(first_use::OnceLock<std::string>) unsigned char bytes[sizeof(first_use::OnceLock<std::string>)];
auto* gone = reinterpret_cast<first_use::OnceLock<std::string>*>(bytes);
// at stop_in_parent: *gone => OnceLock(<destroyed>)

// ---------------------------------------------------------------------------------------------------------------------

int started[2];
int wait_for_ever() {
  [[maybe_unused]] auto const written = ::write(started[1], "", 1);
  for (;;) ::pause();
}

template <class F>
void in_a_thread(F f) {
  std::thread{f}.detach();
  char byte;
  [[maybe_unused]] auto const got = ::read(started[0], &byte, 1);
}

template <class F>
void failing(F f) {
  try {
    f();
  } catch (std::runtime_error const&) {}
}

void start() {
  once.call_once([] {});
  lock.set(3);
  cell.set(4);
  lazy.force();
  lazy_cell.force();
  wiped_once.call_once([] {});
  wiped_lock.set(5);
  wiped_cell.set(6);
  wiped_lazy.force();
  wiped_lazy_cell.force();

  in_a_thread([] { running_once.call_once([] { wait_for_ever(); }); });
  in_a_thread([] { running_lock.get_or_init(wait_for_ever); });
  in_a_thread([] { running_cell.get_or_init(wait_for_ever); });
  in_a_thread([] { running_lazy.force(); });
  in_a_thread([] { running_lazy_cell.force(); });
  in_a_thread([] { running_wiped_once.call_once([] { wait_for_ever(); }); });
  in_a_thread([] { running_wiped_lock.get_or_init(wait_for_ever); });
  in_a_thread([] { running_wiped_lazy.force(); });
  in_a_thread([] { ignoring_lock.get_or_init(wait_for_ever); });

  failing([] { poisoned_once.call_once(fail); });
  failing([] { poisoned_lazy.force(); });
  failing([] { poisoned_lazy_cell.force(); });
  failing([] { poisoned_wiped_once.call_once(fail); });
  failing([] { poisoned_wiped_lazy.force(); });
  failing([] { failed_lock.get_or_init(fail); });

  atomic_once.call_once([] {});
  atomic_lock.set(21);
  mutex_lock.set(22);
  atomic_wiped_lock.set(23);
  mutex_wiped_lock.set(24);
  retried.force();
  mutex_lazy.force();

  config.set(Config{{1}, "local", 4});
  name.set("local");
  numbers.set(std::vector<int>{1, 2});
  table.force();
  constant.set(8);
  undying.force();
  undying_number.force();
  nested.set(first_use::OnceLock<int>{std::in_place, 1});
  sharing.force();

  new (bytes) first_use::OnceLock<std::string>{std::in_place, "gone"};
  gone->~BasicOnceLock();
  keep(bytes);
}

template <class F>
void child(F f) {
  // FORK: the child uses no more than it must.
  pid_t const pid = f();
  if (pid != 0) ::waitpid(pid, nullptr, 0);
}

}  // namespace

int main(int count, char**) {
  if (::pipe(started) != 0) return 1;
  keep(full);
  keep(pointer);
  keep(holder);
  keep(gone);
  stop_at_start();
  start();
  if (count == 1) {
    stop_in_parent();
    child([] {
      pid_t const pid = ::fork();
      if (pid != 0) return pid;
      stop_in_child();
      wiped_once.call_once([] {});
      wiped_lock.set(50);
      wiped_cell.set(60);
      wiped_lazy.force();
      wiped_lazy_cell.force();
      stop_in_child_later();
      ::_exit(0);
    });
  } else {
    child([] {
      // Runs no fork handler.
      pid_t const pid = ::_Fork();
      if (pid != 0) return pid;
      stop_in_fresh_child();
      ::_exit(0);
    });
  }
  ::_exit(0);
}
