# SPDX-License-Identifier: MIT OR Apache-2.0
"""Faults on the lower floors: what errors say, deadlines, the one atomic without a policy (detail/errors.hpp, raise.hpp,
timing.hpp, config.hpp)."""

from fault import FORK, ORDERING, Fault

ERRORS = "detail/errors.hpp"
RAISE = "detail/raise.hpp"
TIMING = "detail/timing.hpp"
CONFIG = "detail/config.hpp"
COMPILER = "detail/compiler.hpp"

FAULTS = [
    Fault("text-longer-than-its-room", "text", ERRORS, "if (size_ + 1 < room) {", "if (size_ < room + 8) {",
          ("sync/reentrance_test:*many_levels*", "asan sync/reentrance_test:*many_levels*")),
    Fault("long-text-without-dots", "text", ERRORS, "for (std::size_t i = room - 4; i != room - 1; ++i) text_[i] = '.';", "",
          ("sync/reentrance_test:*many_levels*",)),
    Fault("type-cut-short", "text", ERRORS, "begin = at + 8;", "begin = at + 9;", ("once_lock_noexcept_test", "observer_test")),
    Fault("knot-is-none", "failure", ERRORS, "[[nodiscard]] bool is_knot() const noexcept { return knot_; }",
          "[[nodiscard]] bool is_knot() const noexcept { return knot_ && false; }", ("sync/reentrance_test",)),
    Fault("null-handler-installed", "failure", ERRORS, "handler != nullptr ? handler : &process::print_fatal", "handler",
          ("once_noexcept_test",)),
    Fault("fatal-error-forgotten", "failure", ERRORS, "fatal_handler.load()(text); FIRST_USE_ABORT();",
          "fatal_handler.load()(text); ::_exit(0);", ("once_noexcept_test",)),

    Fault("poison-thrown-as-another-error", "failure", RAISE,
          "raise<PoisonedError>( Text{} << \"first_use: \" << label << \" is poisoned: its",
          "raise<InitError>( Text{} << \"first_use: \" << label << \" is poisoned: its", ("once_failure_test",)),
    Fault("lost-initialiser-thrown-as-another-error", "failure", RAISE,
          "raise<PoisonedError>( Text{} << \"first_use: \" << label << \" is poisoned: a fork",
          "raise<InitError>( Text{} << \"first_use: \" << label << \" is poisoned: a fork", ("fork/kept_lazy_test",)),
    Fault("error-without-a-type", "text", RAISE,
          "Text{} << \"first_use: \" << label << \" is empty:", "Text{} << \"first_use: \" << label.kind << \" is empty:",
          ("once_noexcept_test", "messages/every_message_nogtest")),

    Fault("deadline-rounded-down", "wake", TIMING,
          "return {now + whole + (static_cast<long double>(whole) < wanted ? 1 : 0)};", "return {now + whole};",
          ("refuses detail/timing_test",)),
    Fault("far-deadline-overflows", "wake", TIMING, "if (wanted >= static_cast<long double>(last - now)) return {last};", "",
          ("refuses detail/timing_test", "asan detail/timing_test")),
    Fault("no-number-waits-for-ever", "wake", TIMING, "if (!(wanted > 0)) return {now};", "if (wanted <= 0) return {now};",
          ("detail/timing_test",)),
    Fault("clock-put-back-not-seen", "wake", TIMING, "if (result || !(LeftUntil<P>{point}.count() > 0)) return result;",
          "return result;", ("detail/timing_test",)),

    Fault("each-library-a-process", FORK, CONFIG,
          '#define FIRST_USE_ABI_VISIBLE FIRST_USE_ABI __attribute__((visibility("default")))',
          "#define FIRST_USE_ABI_VISIBLE FIRST_USE_ABI", ("shared_objects gxx page",)),
    Fault("libraries-share-their-handlers", "failure", COMPILER,
          '#define FIRST_USE_PER_LIBRARY __attribute__((visibility("hidden")))', "#define FIRST_USE_PER_LIBRARY",
          ("shared_objects clangxx atfork_only", "shared_objects clangxx page", "shared_objects mixed atfork_only"),
          lives="no way was found to unload, under glibc, a library to whose words another one is bound"),
    Fault("handler-load-relaxed", ORDERING, CONFIG, "return __atomic_load_n(&pointer_, __ATOMIC_ACQUIRE);",
          "return __atomic_load_n(&pointer_, __ATOMIC_RELAXED);", ("tsan detail/shared_pointer_test",)),
    Fault("handler-exchange-acquires-only", ORDERING, CONFIG, "__atomic_exchange_n(&pointer_, to, __ATOMIC_ACQ_REL)",
          "__atomic_exchange_n(&pointer_, to, __ATOMIC_ACQUIRE)", ("tsan detail/shared_pointer_test",)),
    Fault("handler-exchange-releases-only", ORDERING, CONFIG, "__atomic_exchange_n(&pointer_, to, __ATOMIC_ACQ_REL)",
          "__atomic_exchange_n(&pointer_, to, __ATOMIC_RELEASE)", ("tsan detail/shared_pointer_test",)),
]
