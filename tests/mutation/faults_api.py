# SPDX-License-Identifier: MIT OR Apache-2.0
"""Faults in the pages that users read, and in the names that are made of them."""

from fault import FORK, Fault

ONCE = "once.hpp"
LOCK = "once_lock.hpp"
LAZY = "lazy_lock.hpp"
OBSERVER = "observer.hpp"
NAMED = "named.hpp"

FAULTS = [
    Fault("once-tells-the-wrong-past", "api", ONCE, "attempt.found() == detail::State::poisoned", "attempt.found() == detail::State::poisoned || true", ("refuses once_test",)),
    Fault("force-leaves-no-poison", "failure", ONCE, "force_{.leaves_poison = true};", "force_{};",
          ("once_failure_test",)),
    Fault("straddling-call-poisons", FORK, ONCE, "attempt.leave_nothing();", "", ("fork/wiped_inside_test",)),
    Fault("status-of-poison-is-incomplete", "api", ONCE,
          "if (state == detail::State::poisoned) return OnceStatus::poisoned;", "", ("once_failure_test",)),
    Fault("wait-minds-no-poison", "failure", ONCE, "machine.wait(label_, true, nullptr);",
          "machine.wait(label_, false, nullptr);", ("sync/waiting_failures_test:*wait_on_poisoned",)),
    Fault("wait-force-minds-poison", "failure", ONCE, "machine.wait(label_, false, nullptr);",
          "machine.wait(label_, true, nullptr);", ("sync/waiting_failures_test:*wait_force*",)),
    Fault("arguments-of-a-once-copied", "api", ONCE, "detail::invoke(static_cast<F&&>(f), static_cast<Args&&>(args)...);",
          "detail::invoke(static_cast<F&&>(f), args...);", ("refuses once_callables_test", "once_callables_test")),

    Fault("assignment-to-itself-empties", "api", LOCK,
          "if (this == &other) return *this; reset(); core_.take_from(other.core_);",
          "reset(); core_.take_from(other.core_);", ("once_lock_copies_test",)),
    Fault("taken-lock-stays-full", "api", LOCK, "taken.emplace(static_cast<T&&>(*from)); reset();",
          "taken.emplace(static_cast<T&&>(*from));", ("once_lock_test",)),
    Fault("take-copies", "api", LOCK, "taken.emplace(static_cast<T&&>(*from));", "taken.emplace(*from);",
          ("refuses once_lock_copies_test", "once_lock_copies_test")),
    Fault("set-tells-the-opposite", "api", LOCK, "static_cast<U&&>(value)) == detail::Progress::claimed;",
          "static_cast<U&&>(value)) != detail::Progress::claimed;", ("once_lock_test",)),
    Fault("busy-told-as-occupied", "api", LOCK,
          "return progress == detail::Progress::busy ? TrySetResult::busy : TrySetResult::occupied;",
          "return TrySetResult::occupied;", ("once_lock_threads_test:*nothing_blocks*",)),
    Fault("emplace-always-mine", "api", LOCK, "return {core_.value(), mine};", "return {core_.value(), mine || true};",
          ("once_lock_test",)),
    Fault("empty-locks-differ", "api", LOCK, "return left == right; return *left == *right;",
          "return false; return *left == *right;", ("once_lock_copies_test",)),
    Fault("wait-returns-at-once", "wake", LOCK,
          "constexpr T const& wait() const& FIRST_USE_LIFETIMEBOUND requires(Sync::can_wait || !FIRST_USE_HAS_THREADS) { "
          "core_.machine.wait(Core::label, false, nullptr);",
          "constexpr T const& wait() const& FIRST_USE_LIFETIMEBOUND requires(Sync::can_wait || !FIRST_USE_HAS_THREADS) {",
          ("once_lock_waiting_test:*wait_starts_nothing*",)),
    Fault("value-of-a-temporary", "api", LOCK, "void get() const&& = delete; // the pointer would dangle at once", "",
          ("refused compile_fail/borrow_from_temporary",)),

    Fault("lazy-always-poisons", "failure", "lazy_lock.hpp", ".minds_poison = !OnThrow::retries, .leaves_poison = !OnThrow::retries",
          ".minds_poison = true, .leaves_poison = true", ("lazy_lock_failure_test",)),
    Fault("lazy-never-poisons", "failure", "lazy_lock.hpp", ".minds_poison = !OnThrow::retries, .leaves_poison = !OnThrow::retries",
          ".minds_poison = false, .leaves_poison = false", ("lazy_lock_failure_test",)),
    Fault("poisoned-lazy-gives-its-inside", "failure", LAZY, "if (is_poisoned()) detail::raise_poisoned(label());", "",
          ("lazy_lock_failure_test", "lazy_lock_values_test")),
    Fault("default-value-not-initialised", "api", LAZY, "BasicLazyLock{F{[] { return value_type(); }}}",
          "BasicLazyLock{F{[] { value_type v; return v; }}}", ("refuses lazy_lock_values_test",)),
    Fault("looking-makes-a-value", "api", LAZY,
          "{ return store_.machine.is_complete() ? &reached() : nullptr; }", "{ return &obtain(); }",
          ("lazy_lock_values_test",)),

    Fault("cell-is-atomic", "policy", "once_cell.hpp", "BasicOnceLock<T, SingleThreadSync, IgnoreFork>;",
          "BasicOnceLock<T, DefaultSync, IgnoreFork>;", ("refuses once_cell_test",)),
    Fault("lazy-cell-forgets-how-to-fail", "policy", "lazy_cell.hpp",
          "class LazyCell : public BasicLazyLock<T, F, SingleThreadSync, IgnoreFork, OnThrow> {",
          "class LazyCell : public BasicLazyLock<T, F, SingleThreadSync, IgnoreFork> {",
          ("refuses lazy_cell_test", "lazy_cell_test"), more=(
              ("using BasicLazyLock<T, F, SingleThreadSync, IgnoreFork, OnThrow>::BasicLazyLock;",
               "using BasicLazyLock<T, F, SingleThreadSync, IgnoreFork>::BasicLazyLock;"),)),
    Fault("wiped-lazy-forgets-on-wipe", FORK, "wiped.hpp",
          "class WipeOnForkLazyLock : public BasicLazyLock<T, F, DefaultSync, WipeOnFork<OnWipe>, OnThrow> {",
          "class WipeOnForkLazyLock : public BasicLazyLock<T, F, DefaultSync, WipeOnFork<>, OnThrow> {",
          ("refuses fork/wiped_values_test",), more=(
              ("using BasicLazyLock<T, F, DefaultSync, WipeOnFork<OnWipe>, OnThrow>::BasicLazyLock;",
               "using BasicLazyLock<T, F, DefaultSync, WipeOnFork<>, OnThrow>::BasicLazyLock;"),)),
    Fault("wiped-once-is-kept", FORK, "wiped.hpp", "using WipeOnForkOnce = BasicOnce<DefaultSync, WipeOnFork<>>;",
          "using WipeOnForkOnce = BasicOnce<>;", ("refuses fork/wiped_values_test",)),

    Fault("observer-told-of-its-own-doings", "api", OBSERVER, "if (self.observed) return;", "",
          ("observer_test:*that_uses_lazies*",)),
    Fault("observer-deaf-after-its-first", "api", OBSERVER,
          "observer({what, object, now, &label}); self.observed = false;", "observer({what, object, now, &label});",
          ("observer_test",)),
    Fault("observer-without-a-clock", "api", OBSERVER, "if constexpr (Atoms::can_wait) now = Atoms::now();", "",
          ("observer_test",)),

    Fault("name-not-told", "text", NAMED, "name_of<Named<name, F>> = name.text;", "name_of<Named<name, F>> = nullptr;",
          ("named_test",)),
    Fault("named-null-function-called", "failure", NAMED, "return pointer != nullptr;", "return true || pointer != nullptr;",
          ("named_test",)),
    Fault("empty-name-accepted", "text", NAMED, "static_assert(sizeof(name.text) > 1,", "static_assert(sizeof(name.text) > 0,",
          ("refused compile_fail/empty_name",)),

    Fault("undying-destroyed", "lifetime", "never_destroyed.hpp", "bool Trivial = std::is_trivially_destructible_v<T>>",
          "bool Trivial = true>", ("refuses never_destroyed_test",)),
    Fault("printing-names-the-wrong-kind", "text", "format.hpp", 'return Sync::can_wait ? "OnceLock" : "OnceCell";',
          'return Sync::can_wait ? "OnceCell" : "OnceLock";', ("format_test",)),
    Fault("printing-poison-as-complete", "text", "format.hpp", 'case OnceStatus::poisoned: return "poisoned";',
          "case OnceStatus::poisoned: break;", ("format_test",)),
]
