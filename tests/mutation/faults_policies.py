# SPDX-License-Identifier: MIT OR Apache-2.0
"""Faults in how threads sleep and wake (sync/)."""

from fault import FORK, ORDERING, Fault

FUTEX = "sync/futex_sync.hpp"
ATOMIC = "sync/atomic_sync.hpp"
MUTEX = "sync/mutex_sync.hpp"

PLAIN = "sync/single_thread_sync.hpp"
CONCEPT = "sync/sync_policy.hpp"
VALGRIND = "detail/valgrind.hpp"

FAULTS = [
    # What every policy hands on -----------------------------------------------------------------------------------------
    Fault("futex-word-loads-relaxed", ORDERING, FUTEX, "__atomic_load_n(&value_, static_cast<int>(order));",
          "__atomic_load_n(&value_, 0);", ("codegen orders aarch64-linux-gnu-g++", "codegen orders arm-linux-gnueabihf-g++")),
    Fault("futex-word-exchanges-relaxed", ORDERING, FUTEX, "__atomic_exchange_n(&value_, to, static_cast<int>(order));",
          "__atomic_exchange_n(&value_, to, 0);", ("codegen orders aarch64-linux-gnu-g++",)),
    Fault("futex-word-claims-relaxed", ORDERING, FUTEX,
          "__atomic_compare_exchange_n(&value_, &expected, to, true, static_cast<int>(success),",
          "__atomic_compare_exchange_n(&value_, &expected, to, true, 0,", ("codegen orders aarch64-linux-gnu-g++",)),
    Fault("futex-word-stores-relaxed", ORDERING, FUTEX, "__atomic_store_n(&value_, to, static_cast<int>(order));",
          "__atomic_store_n(&value_, to, 0);", ("tsan sync/orders_test",)),
    Fault("standard-acquire-relaxed", ORDERING, ATOMIC, "case Order::acquire: return std::memory_order_acquire;",
          "case Order::acquire: return std::memory_order_relaxed;", ("refuses sync/orders_test",)),
    Fault("standard-release-relaxed", ORDERING, ATOMIC, "case Order::release: return std::memory_order_release;",
          "case Order::release: return std::memory_order_relaxed;", ("refuses sync/orders_test",)),
    Fault("standard-acq-rel-releases-only", ORDERING, ATOMIC, "case Order::acq_rel: return std::memory_order_acq_rel;",
          "case Order::acq_rel: return std::memory_order_release;", ("refuses sync/orders_test",)),
    Fault("atomic-word-loads-relaxed", ORDERING, ATOMIC, "U load(Order order) const noexcept { return value_.load(process::standard(order)); }",
          "U load(Order) const noexcept { return value_.load(std::memory_order_relaxed); }", ("tsan sync/orders_test",)),
    Fault("mutex-word-loads-relaxed", ORDERING, MUTEX, "U load(Order order) const noexcept { return value_.load(order); }",
          "U load(Order) const noexcept { return value_.load(Order::relaxed); }", ("tsan sync/orders_test",)),
    Fault("place-in-the-table-made-relaxed", ORDERING, MUTEX, "generation_.store(ready, Order::release);",
          "generation_.store(ready, Order::relaxed);", ("tsan sync/orders_test:MutexTableOrders.*",)),
    Fault("place-in-the-table-seen-relaxed", ORDERING, MUTEX, "Number seen = generation_.load(Order::acquire); while",
          "Number seen = generation_.load(Order::relaxed); while", ("tsan sync/orders_test:MutexTableOrders.*",)),

    # Sleeping -----------------------------------------------------------------------------------------------------------
    Fault("futex-wakes-one", "wake", FUTEX, "FUTEX_WAKE_PRIVATE, 0x7fffffff,", "FUTEX_WAKE_PRIVATE, 1,",
          ("sync/sync_policy_test", "sync/waiting_test:*/0.*")),
    Fault("futex-wait-clobbers-errno", "failure", FUTEX, "errno = kept; return !expired;", "return !expired;",
          ("sync/sync_policy_test",)),
    Fault("futex-wake-clobbers-errno", "failure", FUTEX,
          "FUTEX_WAKE_PRIVATE, 0x7fffffff, nullptr, nullptr, 0); errno = kept;",
          "FUTEX_WAKE_PRIVATE, 0x7fffffff, nullptr, nullptr, 0); static_cast<void>(kept);", ("sync/sync_policy_test",)),
    Fault("futex-limit-not-told", "wake", FUTEX, "bool const expired = result == -1 && errno == ETIMEDOUT;",
          "bool const expired = result == -1 && errno == EAGAIN;", ("sync/sync_policy_test:*a_limit*",)),
    Fault("futex-sleeps-on-the-upper-half", "wake", FUTEX, "(upper_first ? 4 : 0)", "(upper_first || sizeof(U) == 8 ? 4 : 0)",
          ("sync/sync_policy_test",)),
    Fault("futex-wake-reads-the-word", "lifetime", FUTEX, "void notify_all() const noexcept { process",
          "void notify_all() const noexcept { if (load(Order::relaxed) != 1) process", ("sync/sync_policy_test",)),

    Fault("atomic-wakes-one", "wake", ATOMIC, "value_.notify_all();", "value_.notify_one();",
          ("sync/sync_policy_test", "sync/waiting_test")),
    Fault("atomic-wait-clobbers-errno", "failure", ATOMIC,
          "value_.wait(old, std::memory_order_acquire); #endif errno = kept;",
          "value_.wait(old, std::memory_order_acquire);\n#endif\n    errno = kept + 1;",
          ("sync/sync_policy_test",)),
    Fault("atomic-poll-never-gives-up", "wake", ATOMIC, "if (now >= end) return false;", "", ("sync/sync_policy_test:*a_limit*",)),

    Fault("mutex-wakes-one", "wake", MUTEX, "::pthread_cond_broadcast(&changed_);", "::pthread_cond_signal(&changed_);",
          ("sync/sync_policy_test", "sync/mutex_sync_test")),
    Fault("mutex-sleeps-without-a-look", "wake", MUTEX, "if (!changed()) { if (deadline", "{ if (deadline",
          ("sync/sync_policy_test", "sync/mutex_sync_test")),
    Fault("mutex-wait-can-be-cancelled", "failure", MUTEX, "::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);",
          "::pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);", ("sync/waiting_test:*cancellation*",)),
    Fault("mutex-of-the-parent-kept", FORK, MUTEX, "while (seen != ready) {", "while (seen == 0) {",
          ("fork/mutex_table_test",)),
    Fault("mutex-sleeper-unprepared", FORK, MUTEX, "Process::prepare(); lock();", "lock();", ("fork/mutex_unprepared_test",)),
    Fault("mutex-on-the-wrong-clock", "wake", MUTEX, "std::int64_t const end = read_clock(condition_clock) +",
          "std::int64_t const end = read_clock(CLOCK_REALTIME) +", ("sync/sync_policy_test:*a_limit*",)),

    Fault("plain-exchange-returns-the-new", "policy", PLAIN, "U const old = value_; value_ = to; return old;",
          "value_ = to; return value_;", ("sync/sync_policy_test",)),
    Fault("plain-exchange-tells-nothing", "policy", PLAIN, "expected = value_; return false;", "return false;",
          ("sync/sync_policy_test",)),

    Fault("half-a-policy-accepted", "policy", CONCEPT, "concept SyncPolicy = (!S::can_wait && SyncWord",
          "concept SyncPolicy = (SyncWord", ("refused compile_fail/sync_is_half_a_policy",)),

    Fault("valgrind-told-of-no-release", "text", VALGRIND,
          "return order == Order::release || order == Order::acq_rel || order == Order::seq_cst;",
          "return order == Order::seq_cst;", ("drd valgrind/quiet",)),
]
