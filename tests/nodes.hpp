// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Objects of every type, policy and answer to fork behind one shape, for tests that tie them into rings and graphs.
#ifndef FIRST_USE_TESTS_NODES_HPP
#define FIRST_USE_TESTS_NODES_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <first_use/first_use.hpp>

namespace first_use_test {

template <int number>
struct Part {};

/// Something that is initialised by `body`.
class Node {
 public:
  std::function<void()> body;
  std::atomic<int> runs{0};

  Node() = default;
  Node(Node const&) = delete;
  Node& operator=(Node const&) = delete;
  virtual ~Node() = default;
  /// Initialised when it returns; what the body throws passes through, and the next caller tries.
  virtual void ask() = 0;
  virtual void wait() { ask(); }
  /// False where the time was up first; true, without waiting, where there is no such wait.
  virtual bool wait_briefly(std::chrono::microseconds) { return true; }
  virtual bool is_complete() const = 0;
  /// What a message calls it: "OnceLock", and "Part<3>" (or "Once", which has no value).
  virtual std::string kind() const = 0;
  virtual std::string part() const { return kind(); }
  virtual bool fails_for_good() const { return false; }

 protected:
  void run() {
    ++runs;
    body();
  }
};

template <class Sync, class Fork>
class OnceNode : public Node {
 public:
  void ask() override {
    once_.call_once_force([this](first_use::OnceState const&) { run(); });
  }
  void wait() override { once_.wait_force(); }
  bool wait_briefly(std::chrono::microseconds time) override {
    // A failure that is kept is no matter here: asking tries again.
    while (!once_.is_completed()) {
      if (once_.status() == first_use::OnceStatus::poisoned) return false;
#if FIRST_USE_HAS_EXCEPTIONS
      try {
        return once_.wait_for(time);
      } catch (first_use::PoisonedError const&) {}
#else
      return once_.wait_for(time);
#endif
    }
    return true;
  }
  bool is_complete() const override { return once_.is_completed(); }
  std::string kind() const override { return Fork::wipes ? "WipeOnForkOnce" : "Once"; }

 private:
  first_use::BasicOnce<Sync, Fork> once_;
};

template <class Sync, class Fork, int number>
class LockNode : public Node {
 public:
  void ask() override {
    lock_.get_or_init([this] {
      run();
      return Part<number>{};
    });
  }
  void wait() override { lock_.wait(); }
  bool wait_briefly(std::chrono::microseconds time) override { return lock_.wait_for(time) != nullptr; }
  bool is_complete() const override { return lock_.has_value(); }
  std::string kind() const override { return Fork::wipes ? "WipeOnForkOnceLock" : "OnceLock"; }
  std::string part() const override { return "Part<" + std::to_string(number) + ">"; }

 private:
  first_use::BasicOnceLock<Part<number>, Sync, Fork> lock_;
};

template <class Sync, class Fork, int number, class OnThrow = first_use::RetryOnThrow>
class LazyNode : public Node {
  struct Make {
    LazyNode* self;
    Part<number> operator()() const {
      self->run();
      return {};
    }
  };

 public:
  void ask() override { lazy_.force(); }
  bool is_complete() const override { return lazy_.get() != nullptr; }
  std::string kind() const override { return Fork::wipes ? "WipeOnForkLazyLock" : "LazyLock"; }
  bool fails_for_good() const override { return !OnThrow::retries; }
  std::string part() const override { return "Part<" + std::to_string(number) + ">"; }

 private:
  first_use::BasicLazyLock<Part<number>, Make, Sync, Fork, OnThrow> lazy_{Make{this}};
};

template <class Sync, class Fork, int number>
std::unique_ptr<Node> node_of_type(unsigned type) {
  switch (type % 4) {
    case 0: return std::make_unique<OnceNode<Sync, Fork>>();
    case 1: return std::make_unique<LockNode<Sync, Fork, number>>();
    case 2: return std::make_unique<LazyNode<Sync, Fork, number>>();
    default: return std::make_unique<LazyNode<Sync, Fork, number, first_use::PoisonOnThrow>>();
  }
}

inline constexpr unsigned node_kinds = 4 * 3 * 2;

/// One of all types, policies and answers to fork; `number` tells its value's type apart.
template <int number>
std::unique_ptr<Node> any_node(unsigned kind) {
  unsigned const type = kind % 4;
  switch (kind / 4 % 6) {
    case 0: return node_of_type<first_use::PlatformSync, first_use::KeepOnFork, number>(type);
    case 1: return node_of_type<first_use::AtomicSync, first_use::KeepOnFork, number>(type);
    case 2: return node_of_type<first_use::MutexSync, first_use::KeepOnFork, number>(type);
    case 3: return node_of_type<first_use::PlatformSync, first_use::WipeOnFork<>, number>(type);
    case 4: return node_of_type<first_use::AtomicSync, first_use::WipeOnFork<>, number>(type);
    default: return node_of_type<first_use::MutexSync, first_use::WipeOnFork<>, number>(type);
  }
}

}  // namespace first_use_test

#endif
