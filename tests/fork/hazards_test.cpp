// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Values that a child must not touch, which is why the parent's object is abandoned: the owner of a temporary file, a
// connection that says goodbye, a thread pool, a value that another thread is changing. Each lies in a static, and each
// child leaves by exit(), which destroys statics: one child that touched nothing, and one that made its own.
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <first_use/first_use.hpp>

#include "fork/children.hpp"
#include "policies.hpp"

#if FIRST_USE_TESTS_SANITIZED && !FIRST_USE_TESTS_UNDER_TSAN
// A child that exits has the parent's leaks: threads that do not exist here, abandoned objects.
extern "C" int __lsan_is_turned_off() { return 1; }
#endif

namespace {

using namespace first_use;
using children::in_child;
using children::in_every_child;

// ---- A temporary file ------------------------------------------------------------------------------------------------

class TemporaryFile {
 public:
  TemporaryFile() : path_{testing::TempDir() + "first_use_hazard_XXXXXX"}, file_{::mkstemp(path_.data())} {}
  TemporaryFile(TemporaryFile const&) = delete;
  TemporaryFile& operator=(TemporaryFile const&) = delete;
  ~TemporaryFile() {
    ::close(file_);
    ::unlink(path_.c_str());
  }
  std::string const& path() const { return path_; }

 private:
  std::string path_;
  int file_;
};
bool exists(std::string const& path) { return ::access(path.c_str(), F_OK) == 0; }

WipeOnForkLazyLock scratch{[] { return TemporaryFile{}; }};
WipeOnForkOnceCell<TemporaryFile> scratch_cell;
WipeOnForkOnceLock<TemporaryFile, Destroy> destroyed_scratch;

TEST(Hazards, TemporaryFileOfTheParentSurvives) {
  std::string const mine = scratch->path();
  std::string const mine_too = scratch_cell.try_emplace().first.path();
  std::string own[2];
  in_every_child([&] { std::exit(0); });
  in_every_child([&] {
    own[0] = scratch->path();
    own[1] = scratch_cell.try_emplace().first.path();
    CHILD_CHECK(own[0] != mine && own[1] != mine_too && exists(own[0]) && exists(own[1]));
    scratch_cell.reset();
    CHILD_CHECK(!exists(own[1]));
    std::exit(0);
  });
  EXPECT_TRUE(exists(mine));
  EXPECT_TRUE(exists(mine_too));
  scratch_cell.reset();
  EXPECT_FALSE(exists(mine_too));
}

// The difference that the policy makes: for values known to be private to the process.
TEST(Hazards, DestroyIsForThoseWhoKnow) {
  std::string const mine = destroyed_scratch.try_emplace().first.path();
  in_child([&] {
    CHILD_CHECK(destroyed_scratch.get() == nullptr && exists(mine));
    std::exit(0);
  });
  EXPECT_FALSE(exists(mine));
  destroyed_scratch.reset();
}

// ---- A connection ----------------------------------------------------------------------------------------------------

class Connection {
 public:
  Connection() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
    mine_ = ends[0];
    servers_ = ends[1];
  }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection() {
    if (::write(mine_, "QUIT", 4) != 4) std::abort();
    ::close(mine_);
    ::close(servers_);
  }
  /// What the other side has been told so far.
  std::string told() const {
    char bytes[16];
    ssize_t const size = ::recv(servers_, bytes, sizeof bytes, MSG_DONTWAIT);
    return {bytes, size > 0 ? static_cast<std::size_t>(size) : 0};
  }
  void say(char const* what) const {
    if (::write(mine_, what, std::strlen(what)) < 0) std::abort();
  }

 private:
  int mine_ = -1;
  int servers_ = -1;
};

WipeOnForkLazyLock connection{[] { return Connection{}; }};
WipeOnForkOnceLock<Connection> connection_at_call;

TEST(Hazards, NobodySaysGoodbyeOnTheConnectionOfTheParent) {
  connection->say("HELLO");
  Connection& other = connection_at_call.try_emplace().first;
  in_every_child([] { std::exit(0); });
  in_every_child([] {
    connection->say("MINE");
    CHILD_CHECK(connection->told() == "MINE");
    connection_at_call.try_emplace();
    connection_at_call.reset();
    std::exit(0);
  });
  in_every_child([] {
    connection_at_call.reset();
    std::exit(0);
  });
  EXPECT_EQ(connection->told(), "HELLO");
  EXPECT_EQ(other.told(), "");
  connection_at_call.reset();
}

// ---- A thread pool ---------------------------------------------------------------------------------------------------

class Pool {
 public:
  Pool() {
    for (int i = 0; i != 2; ++i) threads_.emplace_back([this] { work(); });
  }
  Pool(Pool const&) = delete;
  Pool& operator=(Pool const&) = delete;
  // In a child of the process that made it: hangs, or destroys what dead threads wait on.
  ~Pool() {
    {
      std::lock_guard const lock{mutex_};
      ends_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  int square(int number) {
    std::unique_lock lock{mutex_};
    jobs_.push_back(number);
    changed_.notify_all();
    changed_.wait(lock, [&] { return result_ == number * number; });
    return result_;
  }

 private:
  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [&] { return ends_ || !jobs_.empty(); });
      if (ends_) return;
      result_ = jobs_.front() * jobs_.front();
      jobs_.pop_front();
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<int> jobs_;
  std::vector<std::thread> threads_;
  int result_ = -1;
  bool ends_ = false;
};

WipeOnForkLazyLock pool{[] { return Pool{}; }};
WipeOnForkOnceCell<Pool> pool_cell;

TEST(Hazards, PoolOfTheParentIsNeitherUsedNorJoined) {
  SKIP_WHERE_A_CHILD_CANNOT_HAVE_THREADS();
  EXPECT_EQ(pool->square(3), 9);
  EXPECT_EQ(pool_cell.try_emplace().first.square(3), 9);
  for (int i = 0; i != 10; ++i) {
    in_child([] { std::exit(0); });
    in_child([] {
      CHILD_CHECK(pool->square(5) == 25);
      CHILD_CHECK(pool_cell.try_emplace().first.square(6) == 36);
      std::exit(0);
    });
  }
  EXPECT_EQ(pool->square(4), 16);
  pool_cell.reset();
}

// ---- A value in the middle of a change -------------------------------------------------------------------------------

/// Whole only while nobody holds its mutex, which its destructor takes.
class Accounts {
 public:
  Accounts() = default;
  Accounts(Accounts const&) = delete;
  Accounts& operator=(Accounts const&) = delete;
  ~Accounts() {
    if (!are_balanced()) std::abort();
  }
  void move_some() {
    std::lock_guard const lock{mutex_};
    --first_;
    std::this_thread::yield();  // a good moment for a fork
    ++second_;
  }
  bool are_balanced() {
    std::lock_guard const lock{mutex_};
    return first_ + second_ == 0;
  }

 private:
  std::mutex mutex_;
  long first_ = 0;
  long second_ = 0;
};

WipeOnForkLazyLock accounts{[] { return Accounts{}; }};

TEST(Hazards, ValueInTheMiddleOfAChangeIsForgotten) {
  if (FIRST_USE_TESTS_UNDER_TSAN) GTEST_SKIP() << "ThreadSanitizer holds the mutex of a lost thread against the child";
  std::atomic<bool> stop{false};
  std::atomic<int> moves{0};
  std::thread changes{[&] {
    while (!stop) {
      accounts->move_some();
      ++moves;
    }
  }};
  for (int i = 0; i != 20; ++i) {
    int const before = moves;
    children::until([&] { return moves > before; });
    in_child([] { std::exit(0); });
    in_child([] {
      CHILD_CHECK(accounts.get() == nullptr);
      CHILD_CHECK(accounts->are_balanced());
      accounts->move_some();
      CHILD_CHECK(accounts->are_balanced());
      std::exit(0);
    });
  }
  stop = true;
  changes.join();
  EXPECT_TRUE(accounts->are_balanced());
}

}  // namespace
