# SPDX-License-Identifier: MIT OR Apache-2.0
"""Faults around the values: room, word beside it, initialisers, what may be called (detail/slot.hpp, lock_store.hpp,
lazy_store.hpp, lock_core.hpp, callable.hpp, compiler.hpp, try_result.hpp, frame.hpp)."""

from fault import FORK, Fault

SLOT = "detail/slot.hpp"
STORE = "detail/lock_store.hpp"
LAZY = "detail/lazy_store.hpp"
CORE = "detail/lock_core.hpp"
CALL = "detail/callable.hpp"
COMPILER = "detail/compiler.hpp"
TRY = "detail/try_result.hpp"

FAULTS = [
    Fault("frame-of-a-child-in-the-parents-list", FORK, "detail/frame.hpp", "static inline thread_local constinit Thread self_{};",
          "static inline constinit Thread self_{};", ("sync/rings_test:*of_two_threads*",)),
    Fault("values-not-destroyed", "lifetime", SLOT, "value.~T();", "static_cast<void>(value);", ("once_lock_values_test",)),
    Fault("const-locks-in-read-only-memory", "api", SLOT, "mutable X inner;", "X inner;",
          ("refuses once_lock_threads_test", "once_lock_threads_test:*a_lock_defined_const*")),
    Fault("value-made-twice-from-the-call", "lifetime", SLOT,
          "template <class X, class... Args> constexpr void build(X& place, Args&&... args) { "
          "if (std::is_constant_evaluated()) { std::construct_at",
          "template <class X, class... Args> constexpr void build(X& place, Args&&... args) { "
          "if (true) { ::new (static_cast<void*>(&place)) X(static_cast<Args&&>(args)...); std::construct_at",
          ("refuses lazy_cell_constexpr_test",)),

    Fault("unfinished-object-destroyed", "lifetime", STORE,
          "// SAFETY: \"complete\" stands for a finished T; half-built bytes (abandoned) and the parent's (stale) are left "
          "alone. if (state == State::complete) destroy(value());",
          "if (state != State::incomplete) destroy(value());", ("fork/kept_test",)),
    Fault("cleared-inside-its-own-initialiser", "lifetime", STORE, "if (state == State::running) return;", "",
          ("once_lock_failure_test",)),
    Fault("destructor-leaves-an-empty-word", "lifetime", STORE, "constexpr ~LockStore() { this->clear(State::destroyed); }",
          "constexpr ~LockStore() { this->clear(State::incomplete); }", ("once_lock_waiting_test:*use_after_destruction*",)),
    Fault("filled-anew-without-wiping", "lifetime", STORE, "clean(machine.state()); make(static_cast<How&&>(how)...);",
          "make(static_cast<How&&>(how)...);", ("fork/on_wipe_test",),
          lives="who comes here has made or emptied the object just before, and emptying wipes"),
    Fault("cleared-without-wiping", FORK, STORE, "clean(state); machine.settle(to);", "machine.settle(to);",
          ("fork/on_wipe_test",)),
    Fault("own-value-wiped-like-the-parents", FORK, STORE, "if (found == State::stale) Fork::on_wipe::wipe(value);",
          "if (found != State::running) Fork::on_wipe::wipe(value);", ("fork/on_wipe_test",)),
    Fault("made-with-its-lock-and-not-ready", FORK, STORE, "if (!machine.ready()) raise_not_ready(label);", "static_cast<void>(label);",
          ("fork/refused_test",)),

    Fault("wiped-lazy-gives-its-call-away", FORK, LAZY, "this->make(ByCall{}, make_);",
          "this->make(ByCall{}, static_cast<F&&>(const_cast<F&>(make_)));",
          ("lazy_lock_initialiser_test", "fork/wiped_values_test")),
    Fault("call-itself-instead-of-a-copy", "failure", LAZY, "this->make(ByCall{}, F(make_));",
          "this->make(ByCall{}, static_cast<F&&>(const_cast<F&>(make_)));",
          ("lazy_lock_knots_test", "lazy_lock_initialiser_test")),
    Fault("straddling-lazy-not-run-again", FORK, LAZY, "} while (attempt.straddled());",
          "} while (attempt.straddled() && false);", ("fork/wiped_inside_test",)),
    Fault("lazy-fails-without-a-word", "failure", LAZY,
          "if (is_null(make_)) { attempt.spare(); raise_no_initialiser(called);", "if (is_null(make_)) { raise_no_initialiser(called);",
          ("lazy_lock_failure_test",)),
    Fault("lost-initialiser-called", FORK, LAZY, "if (attempt.found() == State::abandoned) raise_lost_initialiser(called);", "",
          ("fork/kept_lazy_test",)),
    Fault("captures-outlive-the-call", "lifetime", LAZY, "constexpr ~End() { destroy(ended); }", "constexpr ~End() {}",
          ("lazy_lock_initialiser_test",)),
    Fault("unused-call-not-destroyed", "lifetime", LAZY, "if (state == State::incomplete) destroy((*cargo).make);", "",
          ("lazy_lock_initialiser_test",)),
    Fault("used-call-destroyed-again", "lifetime", LAZY, "if (state == State::incomplete) destroy((*cargo).make);",
          "destroy((*cargo).make);", ("lazy_lock_initialiser_test",)),
    Fault("lazy-value-not-destroyed", "lifetime", LAZY,
          "if (state == State::complete) destroy(value()); if (state == State::incomplete)",
          "if (state == State::incomplete)", ("lazy_lock_initialiser_test",)),
    Fault("big-calls-never-share-the-room", "api", LAZY, "concept CallsACopy = __is_trivially_copyable(F) &&",
          "concept CallsACopy =", ("refuses lazy_lock_test", "lazy_lock_initialiser_test", "lazy_cell_test")),

    Fault("bits-of-a-call-lost", "api", CALL, "FIRST_USE_COPY_BYTES(&packed, std::addressof(f), sizeof f);", "",
          ("once_lock_callables_test", "once_callables_test", "once_lock_test")),
    Fault("signal-fence-left-out", "failure", COMPILER, "FIRST_USE_SIGNAL_FENCE() __atomic_signal_fence(__ATOMIC_SEQ_CST)",
          "FIRST_USE_SIGNAL_FENCE() static_cast<void>(0)", ("fork/each_instruction_nogtest",),
          lives="no compiler here (g++ 12, clang 19) moves a store before the one that was written before it; another may"),
    Fault("big-calls-as-bits", "lifetime", COMPILER, "FIRST_USE_TRAVELS_IN_A_POINTER(type) (sizeof(type) <= sizeof(void*))",
          "FIRST_USE_TRAVELS_IN_A_POINTER(type) (sizeof(type) <= 2 * sizeof(void*))",
          ("asan once_lock_callables_test", "once_lock_callables_test")),
    Fault("value-not-checked", "api", CORE, "if (!machine.is_complete()) [[unlikely]] raise_empty(label);", "",
          ("once_lock_failure_test",)),
    Fault("argument-eaten-though-refused", "api", CORE,
          "auto* const claimed = attempt.template enter<manner>(machine, label);",
          "struct Eaten { Room<std::remove_const_t<T>> room; ~Eaten() {} } eaten{Room<std::remove_const_t<T>>("
          "static_cast<How&&>(how)...)}; auto* const claimed = attempt.template enter<manner>(machine, label);",
          ("once_lock_failure_test:*try_set_refused*", "once_lock_takeover_test")),
    Fault("moved-from-lock-stays-full", "api", CORE, "other.clear(State::incomplete);", "", ("once_lock_copies_test",)),
    Fault("filling-over-a-fork-not-told", FORK, CORE, "if (attempt.straddled()) raise_straddled(label);", "",
          ("fork/wiped_inside_test",)),
    Fault("initialising-over-a-fork-not-told", FORK, CORE,
          "if (attempt.straddled()) raise_straddled(label_for<label, F>());", "", ("fork/wiped_inside_test",)),
    Fault("parents-object-not-wiped-by-get-or-init", FORK, CORE,
          "self.clean(attempt.found()); auto&& f = unpack<F, bits>(call);", "auto&& f = unpack<F, bits>(call);", ("fork/on_wipe_test",)),
    Fault("error-of-a-try-kept-as-success", "failure", CORE,
          "if (!result.has_value()) return failure_of<Result>(static_cast<decltype(result)&&>(result));",
          "if (!result.has_value()) { run.succeed(); return failure_of<Result>(static_cast<decltype(result)&&>(result)); }",
          ("once_lock_test",)),
    Fault("timed-wait-forgets-to-look", "api", CORE, "return machine.wait(label, false, &deadline) ? &value() : nullptr;",
          "machine.wait(label, false, &deadline); return &value();", ("once_lock_waiting_test",)),
    Fault("timed-wait-told-of-poison", "failure", CORE, "machine.wait(label, false, &deadline)",
          "machine.wait(label, false, nullptr)", ("once_lock_waiting_test:*timed_out*",)),

    Fault("lvalue-calls-copied", "api", CALL, "= !std::is_lvalue_reference_v<F> || std::is_pointer_v<Bare> ||",
          "= true || std::is_pointer_v<Bare> ||", ("once_lock_callables_test", "once_callables_test")),
    Fault("null-function-called", "failure", CALL, "return f == nullptr;", "return false && f == nullptr;",
          ("refuses detail/callable_test",)),
    Fault("empty-wrapper-called", "failure", CALL, "return !f.operator bool();", "return false;", ("detail/callable_test",)),
    Fault("wrapped-member-not-reached", "api", CALL, "return (object.get().*member)(static_cast<Args&&>(args)...);",
          "return (object.get().*member)(args...);", ("refuses detail/callable_test",)),
    Fault("reference-result-accepted", "api", CALL, "!std::is_reference_v<R>, \"first_use: the initialiser returns",
          "true, \"first_use: the initialiser returns", ("refused compile_fail/reference_returning_initialiser",), short=True),
    Fault("array-value-accepted", "api", CALL, "static_assert(!std::is_array_v<T>,", "static_assert(true,",
          ("refused compile_fail/array_value",)),
    Fault("plain-result-of-a-try-accepted", "api", TRY, "static_assert(is_optional<R> || ExpectedLike<R>,",
          "static_assert(true,", ("refused compile_fail/try_initialiser_returns_plain_value",)),
    Fault("error-copied-instead-of-moved", "api", TRY, "return Result(typename Result::unexpected_type("
          "static_cast<R&&>(result).error()));", "return Result(typename Result::unexpected_type(result.error()));",
          ("refuses std_expected_cxx23_test", "std_expected_cxx23_test")),
    Fault("failed-optional-gives-a-pointer", "failure", TRY, "return Result{};",
          "return reinterpret_cast<Result>(alignof(std::max_align_t));", ("once_lock_test",)),
]
