// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Memory that remembers: every word keeps all values that were ever stored to it, in modification order, and a thread
// may read any that is not older than what it knows of. This is C++20's model (with the acyclic po | rf of RC11) without
// fences and without seq_cst; load buffering, and with it values out of thin air, cannot happen.
//
//   a load     reads any message from the newest the thread knows of on; acquire learns what that message carries
//   a store    goes anywhere behind the newest the thread knows of, but not between an exchange and what it read
//   an exchange reads a message that no other exchange read, and stands right behind it; its message carries on what the
//              one before it carried (a release sequence)
#ifndef FIRST_USE_TESTS_MODEL_MEMORY_HPP
#define FIRST_USE_TESTS_MODEL_MEMORY_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <first_use/sync/sync_policy.hpp>

#include "search.hpp"

namespace first_use_model {

using first_use::Order;

inline constexpr std::size_t most_threads = 6;
inline constexpr std::size_t most_words = 16;

/// When each thread was last heard of: what happened before.
struct Clock {
  std::array<std::uint32_t, most_threads> at{};

  void join(Clock const& other) noexcept {
    for (std::size_t i = 0; i != most_threads; ++i) {
      if (at[i] < other.at[i]) at[i] = other.at[i];
    }
  }
};

/// What a thread knows, and what a message of its own hands over.
struct Knowledge {
  std::array<std::uint16_t, most_words> newest{};  // of each word: the message, by its number
  Clock clock{};
};

constexpr bool acquires(Order order) noexcept { return order == Order::acquire || order == Order::acq_rel; }
constexpr bool releases(Order order) noexcept { return order == Order::release || order == Order::acq_rel; }

/// What a step touches.
struct Step {
  std::uint32_t words = 0;  // a bit each
  bool reads = false;
  bool writes = false;
  bool queues = false;  // who sleeps on the word

  friend constexpr bool depend(Step const& a, Step const& b) noexcept {
    return (a.words & b.words) != 0 &&
           ((a.writes && (b.reads || b.writes)) || (b.writes && a.reads) || (a.queues && b.queues));
  }
};
inline constexpr Step nothing{};
inline constexpr std::uint32_t every_word = ~std::uint32_t{0};
inline constexpr Step everything{every_word, true, true, true};

class Memory {
 public:
  /// An execution begins, in which so many reads may be stale (below zero: all).
  void begin(int stale) noexcept {
    used_ = 0;
    stale_left_ = stale;
  }
  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  [[nodiscard]] void const* address(std::size_t word) const noexcept { return words_[word].address; }

  /// The number of the word at `address`; one that was never seen holds `initial`, and everybody knows it.
  std::size_t find(void const* address, std::uint64_t initial) {
    for (std::size_t i = 0; i != used_; ++i) {
      if (words_[i].address == address) return i;
    }
    if (used_ == most_words) give_up("more words than the model has room for");
    Word& word = words_[used_];
    word.address = address;
    word.dead = false;
    word.messages.assign(1, Message{initial, {}, 0, false});
    word.order.assign(1, 0);
    return used_++;
  }

  [[nodiscard]] std::uint64_t newest(std::size_t at) const noexcept { return words_[at].in_order(last(at)).value; }
  [[nodiscard]] bool dead(std::size_t at) const noexcept { return words_[at].dead; }
  void kill(std::size_t at) noexcept { words_[at].dead = true; }

  std::uint64_t load(Knowledge& me, std::size_t at, Order order, Search& search) {
    std::size_t const oldest = oldest_to_read(me, at);
    return read(me, at, last(at) - pick(search, last(at) - oldest + 1), order);
  }

  void store(Knowledge& me, std::size_t at, std::uint64_t value, Order order, Search& search) {
    behind_.clear();
    for (std::size_t p = last(at) + 1; p-- > known(me, at);) {
      if (followable(at, p)) behind_.push_back(p);
    }
    insert(me, at, behind_[pick(search, behind_.size())], value, order, nullptr);
  }

  std::uint64_t exchange(Knowledge& me, std::size_t at, std::uint64_t value, Order order, Search& search) {
    behind_.clear();
    for (std::size_t p = last(at) + 1; p-- > known(me, at);) {
      if (followable(at, p)) behind_.push_back(p);
    }
    return change(me, at, behind_[pick(search, behind_.size())], value, order);
  }

  /// `idle`: it may fail for no reason; set to whether it did.
  bool compare_exchange(Knowledge& me, std::size_t at, std::uint64_t& expected, std::uint64_t value, Order success,
                        Order failure, bool& idle, Search& search) {
    behind_.clear();
    fails_.clear();
    for (std::size_t p = last(at) + 1; p-- > known(me, at);) {
      bool const equal = words_[at].in_order(p).value == expected;
      if (equal && followable(at, p)) behind_.push_back(p);
      if (!equal && p >= oldest_to_read(me, at)) fails_.push_back(p);
    }
    std::size_t const differ = fails_.size();
    for (std::size_t p = last(at) + 1; idle && p-- > oldest_to_read(me, at);) {
      if (words_[at].in_order(p).value == expected) fails_.push_back(p);
    }
    std::size_t const taken = pick(search, behind_.size() + fails_.size());
    idle = taken >= behind_.size() + differ;
    if (taken < behind_.size()) {
      change(me, at, behind_[taken], value, success);
      return true;
    }
    expected = read(me, at, fails_[taken - behind_.size()], failure);
    return false;
  }

  /// Looks at the newest value there is, as the kernel does before it lets a thread sleep.
  std::uint64_t look(Knowledge& me, std::size_t at) { return read(me, at, last(at), Order::relaxed); }

  /// What a forked child knows: of every word the newest value, with what its release handed over. A fork is a barrier,
  /// and copies memory as it is at one moment.
  void freeze(Knowledge& me) const {
    for (std::size_t i = 0; i != used_; ++i) {
      me.newest[i] = static_cast<std::uint16_t>(words_[i].order.back());
      me.clock.join(words_[i].in_order(last(i)).carried.clock);
    }
  }

  /// The same for a copy in which what others have stored may be missing, but for what has been released to what it holds:
  /// each of their processors hands its stores on in its own time. The copy is all there is from now on.
  void freeze_some(Knowledge& me, Search& search) {
    for (std::size_t i = 0; i != used_; ++i) {
      std::size_t const place = last(i) - pick(search, last(i) - known(me, i) + 1);
      me.newest[i] = static_cast<std::uint16_t>(words_[i].order[place]);
    }
    for (bool grows = true; grows;) {
      Knowledge const before = me;
      for (std::size_t i = 0; i != used_; ++i) learn(me, words_[i].messages[me.newest[i]].carried);
      grows = before.newest != me.newest;
    }
    for (std::size_t i = 0; i != used_; ++i) words_[i].order.resize(known(me, i) + 1);
  }

  /// All that `other` knows.
  void learn(Knowledge& me, Knowledge const& other) const {
    for (std::size_t i = 0; i != used_; ++i) {
      auto const& messages = words_[i].messages;
      if (messages[me.newest[i]].place < messages[other.newest[i]].place) me.newest[i] = other.newest[i];
    }
    me.clock.join(other.clock);
  }

 private:
  struct Message {
    std::uint64_t value;
    Knowledge carried;
    std::size_t place;  // in the modification order
    bool exchanged;     // stands right behind what it read
  };
  struct Word {
    void const* address = nullptr;
    bool dead = false;
    std::vector<Message> messages;   // as they came
    std::vector<std::size_t> order;  // in modification order, by number

    [[nodiscard]] Message const& in_order(std::size_t place) const noexcept { return messages[order[place]]; }
  };

  [[nodiscard]] std::size_t last(std::size_t at) const noexcept { return words_[at].order.size() - 1; }
  [[nodiscard]] std::size_t known(Knowledge const& me, std::size_t at) const noexcept {
    return words_[at].messages[me.newest[at]].place;
  }
  [[nodiscard]] bool followable(std::size_t at, std::size_t place) const noexcept {
    return place == last(at) || !words_[at].in_order(place + 1).exchanged;
  }
  [[nodiscard]] std::size_t oldest_to_read(Knowledge const& me, std::size_t at) const noexcept {
    return stale_left_ == 0 ? last(at) : known(me, at);
  }
  static std::size_t pick(Search& search, std::size_t count) {
    return static_cast<std::size_t>(search.choose(static_cast<int>(count)));
  }

  std::uint64_t read(Knowledge& me, std::size_t at, std::size_t place, Order order) {
    Word const& word = words_[at];
    Message const& message = word.in_order(place);
    me.newest[at] = static_cast<std::uint16_t>(word.order[place]);
    if (place != last(at) && stale_left_ > 0) --stale_left_;
    if (acquires(order)) learn(me, message.carried);
    return message.value;
  }

  std::uint64_t change(Knowledge& me, std::size_t at, std::size_t place, std::uint64_t value, Order order) {
    std::uint64_t const old = read(me, at, place, order);
    Knowledge const before = words_[at].in_order(place).carried;
    insert(me, at, place, value, order, &before);
    return old;
  }

  void insert(Knowledge& me, std::size_t at, std::size_t behind, std::uint64_t value, Order order,
              Knowledge const* read) {
    Word& word = words_[at];
    std::size_t const number = word.messages.size();
    for (std::size_t p = behind + 1; p <= last(at); ++p) ++word.messages[word.order[p]].place;
    word.order.insert(word.order.begin() + static_cast<std::ptrdiff_t>(behind) + 1, number);
    word.messages.push_back({value, {}, behind + 1, read != nullptr});
    me.newest[at] = static_cast<std::uint16_t>(number);
    Knowledge& carried = word.messages[number].carried;
    if (releases(order)) carried = me;
    carried.newest[at] = static_cast<std::uint16_t>(number);
    if (read != nullptr) learn(carried, *read);
  }

  [[noreturn]] static void give_up(char const* why) {
    std::fprintf(stderr, "model: %s\n", why);
    std::abort();
  }

  std::array<Word, most_words> words_;
  std::size_t used_ = 0;
  int stale_left_ = -1;
  std::vector<std::size_t> behind_, fails_;
};

}  // namespace first_use_model

#endif
