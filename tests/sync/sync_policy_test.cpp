// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The contract of a policy's word (sync/sync_policy.hpp), word by word and without a state machine around it.
#include <first_use/sync/sync_policy.hpp>

#include <cerrno>
#include <limits>
#include <new>
#include <thread>

#if !defined(_WIN32)
#include <sys/mman.h>
#endif

#include "policies.hpp"

namespace {

using namespace first_use_test;
using first_use::Deadline;
using first_use::Order;

// What is refused -----------------------------------------------------------------------------------------------------

static_assert(first_use::SyncPolicy<first_use::PlatformSync>);
static_assert(first_use::SyncPolicy<first_use::AtomicSync>);
static_assert(first_use::SyncPolicy<first_use::MutexSync>);
static_assert(first_use::SyncPolicy<first_use::SingleThreadSync>);
static_assert(first_use::SyncPolicy<first_use::DefaultSync>);
static_assert(first_use::SyncPolicy<CountingSync>);

struct NoClock {
  static constexpr bool can_wait = true;
  template <class U>
  using word = CountingSync::word<U>;
};
static_assert(!first_use::SyncPolicy<NoClock>);

struct SleepsOnPlainWords {
  static constexpr bool can_wait = true;
  template <class U>
  using word = first_use::PlainWord<U>;
  static std::int64_t now() noexcept { return 0; }
};
static_assert(!first_use::SyncPolicy<SleepsOnPlainWords>);

template <class U>
struct WithDestructor : first_use::PlainWord<U> {
  using first_use::PlainWord<U>::PlainWord;
  ~WithDestructor() {}
};
struct NotTrivial {
  static constexpr bool can_wait = false;
  template <class U>
  using word = WithDestructor<U>;
};
static_assert(!first_use::SyncPolicy<NotTrivial>);

static_assert(!first_use::SyncWord<first_use::PlainWord<std::uint32_t>, std::uint64_t>);
static_assert(!first_use::SyncWord<first_use::PlainWord<int>, int>);

// Orders have the numbers of std::memory_order's meaning, whose header is not included for them.
static_assert(static_cast<int>(Order::relaxed) == __ATOMIC_RELAXED &&
              static_cast<int>(Order::acquire) == __ATOMIC_ACQUIRE);
static_assert(static_cast<int>(Order::release) == __ATOMIC_RELEASE &&
              static_cast<int>(Order::acq_rel) == __ATOMIC_ACQ_REL);
static_assert(static_cast<int>(Order::seq_cst) == __ATOMIC_SEQ_CST);

// Words ---------------------------------------------------------------------------------------------------------------

template <class ThePolicy, class TheValue>
struct Of {
  using Sync = ThePolicy;
  using U = TheValue;
  using Word = typename Sync::template word<U>;
};

struct WordNames {
  template <class P>
  static std::string GetName(int i) {
    return PolicyNames::GetName<typename P::Sync>(i) + std::to_string(sizeof(typename P::U) * 8);
  }
};

using first_use::AtomicSync, first_use::MutexSync, first_use::PlatformSync, first_use::PriorityMutexSync,
    first_use::SingleThreadSync;

#if FIRST_USE_HAS_FUTEX
#define WORDS_OF_THE_PLATFORM Of<PlatformSync, std::uint32_t>, Of<PlatformSync, std::uint64_t>,
#else  // AtomicSync, which is in the lists
#define WORDS_OF_THE_PLATFORM
#endif
// The formatter does not see that the macro ends in a comma.
// clang-format off

template <class P>
class Words : public ::testing::Test {};
using AllWords =
    ::testing::Types<WORDS_OF_THE_PLATFORM Of<AtomicSync, std::uint32_t>,
                     Of<AtomicSync, std::uint64_t>, Of<MutexSync, std::uint32_t>, Of<MutexSync, std::uint64_t>,
                     Of<PriorityMutexSync, std::uint32_t>, Of<PriorityMutexSync, std::uint64_t>,
                     Of<CountingSync, std::uint32_t>, Of<CountingSync, std::uint64_t>,
                     Of<SingleThreadSync, std::uint8_t>, Of<SingleThreadSync, std::uint64_t>>;
TYPED_TEST_SUITE(Words, AllWords, WordNames);

template <class P>
class SleepingWords : public ::testing::Test {};
using AllSleepingWords =
    ::testing::Types<WORDS_OF_THE_PLATFORM Of<AtomicSync, std::uint32_t>,
                     Of<AtomicSync, std::uint64_t>, Of<MutexSync, std::uint32_t>, Of<MutexSync, std::uint64_t>,
                     Of<PriorityMutexSync, std::uint32_t>, Of<PriorityMutexSync, std::uint64_t>,
                     Of<CountingSync, std::uint32_t>, Of<CountingSync, std::uint64_t>>;
TYPED_TEST_SUITE(SleepingWords, AllSleepingWords, WordNames);
// clang-format on

template <class U>
constexpr U top = std::numeric_limits<U>::max();

TYPED_TEST(Words, begin_with_zero_or_a_value_at_compile_time) {
  using Word = typename TypeParam::Word;
  using U = typename TypeParam::U;
  static constinit Word zero;
  static constinit Word full{top<U>};
  EXPECT_EQ(zero.load(Order::relaxed), 0U);
  EXPECT_EQ(full.load(Order::acquire), top<U>);
  // On i686 a number of 64 bits lies at any fourth byte, unless threads share it.
  struct Lone {
    U number;
  };
  static_assert(sizeof(Word) == sizeof(U));
  static_assert(alignof(Word) == (TypeParam::Sync::can_wait ? sizeof(U) : alignof(Lone)));
  static_assert(std::is_trivially_destructible_v<Word>);
}

TYPED_TEST(Words, load_store_exchange) {
  using U = typename TypeParam::U;
  typename TypeParam::Word word{1};
  for (Order const order : {Order::relaxed, Order::release, Order::seq_cst}) {
    word.store(top<U>, order);
    EXPECT_EQ(word.load(Order::relaxed), top<U>);
    EXPECT_EQ(word.exchange(5, order), top<U>);
  }
  for (Order const order : {Order::relaxed, Order::acquire, Order::seq_cst}) EXPECT_EQ(word.load(order), 5U);
  EXPECT_EQ(word.exchange(6, Order::acq_rel), 5U);
  EXPECT_EQ(std::as_const(word).load(Order::acquire), 6U);
}

TYPED_TEST(Words, compare_exchange_weak_says_what_it_saw) {
  using U = typename TypeParam::U;
  typename TypeParam::Word word{3};
  U expected = 4;
  EXPECT_FALSE(word.compare_exchange_weak(expected, 9, Order::acquire, Order::acquire));
  EXPECT_EQ(expected, 3U);
  EXPECT_EQ(word.load(Order::relaxed), 3U);
  wait_until_holds("a weak exchange to succeed", [&] {
    expected = 3;
    bool const done = word.compare_exchange_weak(expected, top<U>, Order::acq_rel, Order::relaxed);
    EXPECT_EQ(expected, 3U) << "whether it succeeded or not";
    return done;
  });
  EXPECT_EQ(word.load(Order::relaxed), top<U>);
}

// Sleeping ------------------------------------------------------------------------------------------------------------

TYPED_TEST(SleepingWords, a_wait_for_what_is_not_there_returns_at_once) {
  typename TypeParam::Word const word{7};
  word.wait(8);
  EXPECT_TRUE(word.wait_until(8, Deadline{TypeParam::Sync::now() + 3'600'000'000'000}));
}

TYPED_TEST(SleepingWords, a_wait_ends_after_a_change_and_a_notification) {
  using U = typename TypeParam::U;
  for (int round = 0; round != first_use_test::rounds(200); ++round) {
    typename TypeParam::Word word{top<U>};
    int value = 0;  // no atomic: release and acquire of the word make it safe to read
    StartLine line{3};
    Crew crew;
    crew.add([&] {
      line.wait();
      while (word.load(Order::acquire) == top<U>) word.wait(top<U>);
      EXPECT_EQ(value, 1);
    });
    crew.add([&] {
      line.wait();
      Deadline const deadline{TypeParam::Sync::now() + 3'600'000'000'000};
      while (word.load(Order::acquire) == top<U>) EXPECT_TRUE(word.wait_until(top<U>, deadline));
      EXPECT_EQ(value, 1);
    });
    line.wait();
    value = 1;
    word.store(top<U> - 1, Order::release);
    word.notify_all();
  }
}

TYPED_TEST(SleepingWords, a_limit_that_has_passed_is_told) {
  typename TypeParam::Word const word;
  for (std::int64_t const at :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{-5'000'000'000}, TypeParam::Sync::now()}) {
    wait_until_holds("a limit in the past to be told", [&] { return !word.wait_until(0, Deadline{at}); });
  }
}

TYPED_TEST(SleepingWords, a_limit_ends_the_wait_and_never_too_early) {
  typename TypeParam::Word const word;
  for (int i = 0; i != 3; ++i) {
    Deadline const deadline{TypeParam::Sync::now() + 1'500'000};
    wait_until_holds("a limit to be told", [&] { return !word.wait_until(0, deadline); });
    EXPECT_GE(TypeParam::Sync::now(), deadline.nanoseconds);
  }
}

TYPED_TEST(SleepingWords, the_clock_is_steady) {
  std::int64_t last = TypeParam::Sync::now();
  EXPECT_GT(last, 0);
  for (int i = 0; i != 1000; ++i) {
    std::int64_t const now = TypeParam::Sync::now();
    EXPECT_GE(now, last);
    last = now;
  }
}

#if !defined(_WIN32)
TYPED_TEST(SleepingWords, a_notification_touches_no_byte_of_the_word) {
  using Word = typename TypeParam::Word;
  std::size_t const size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  auto* const word = ::new (page) Word{1};
  word->~Word();
  // As far gone as memory can be: to look at it would be a crash.
  ASSERT_EQ(::mprotect(page, size, PROT_NONE), 0);
  for (int i = 0; i != 3; ++i) word->notify_all();
  ASSERT_EQ(::munmap(page, size), 0);
}
#endif

TYPED_TEST(SleepingWords, nothing_changes_errno) {
  typename TypeParam::Word word;
  errno = 1234;
  word.wait(1);
  EXPECT_FALSE(word.wait_until(0, Deadline{0}));
  word.notify_all();
  EXPECT_TRUE(word.wait_until(1, Deadline{TypeParam::Sync::now() + 1'000'000}));
  static_cast<void>(TypeParam::Sync::now());
  EXPECT_EQ(errno, 1234);
}

}  // namespace
