# SPDX-License-Identifier: MIT OR Apache-2.0
"""Faults in the lists of running initialisers and the registry of waiting threads (detail/running.hpp)."""

from fault import FORK, ORDERING, Fault

RUNNING = "detail/running.hpp"

FAULTS = [
    Fault("registry-lock-relaxed", ORDERING, RUNNING, "taken, Order::acquire, Order::relaxed)",
          "taken, Order::relaxed, Order::relaxed)", ("model/rings_test",)),
    Fault("registry-unlock-relaxed", ORDERING, RUNNING, "Order::release, Order::relaxed)",
          "Order::relaxed, Order::relaxed)", ("model/rings_test",)),
    Fault("registry-wake-skipped", "wake", RUNNING, "if ((seen & 2) != 0) word_.notify_all();",
          "if ((seen & 8) == 8) word_.notify_all();", ("model/rings_test",)),
    Fault("registry-retaken-without-the-mark", "wake", RUNNING, "mine | (slept ? 3U : 1U)", "mine | 1U",
          ("model/rings_test",), lives="a wake is for all sleepers, and each sets the mark again"),

    Fault("rings-not-looked-for", "ring", RUNNING, "mine = closes_ring(me)) {",
          "mine = me.once == nullptr ? closes_ring(me) : nullptr) {", ("model/rings_test",), short=True),
    Fault("ring-looked-for-then-registered", "ring", RUNNING, "me.generation = lock.generation;",
          "const_cast<Lock&>(lock).~Lock(); ::new (const_cast<Lock*>(&lock)) Lock; me.generation = lock.generation;",
          ("model/rings_test",)),
    Fault("any-chain-is-a-ring", "ring", RUNNING, "if (runs(me.frames, wanted)) return wanted;", "return wanted;",
          ("model/rings_test",)),
    Fault("ring-off-by-one-link", "ring", RUNNING,
          "wanted = runner->once; if (runs(me.frames, wanted)) return wanted;",
          "if (runs(me.frames, wanted)) return wanted; wanted = runner->once;", ("model/rings_test",)),
    Fault("rings-of-two-only", "ring", RUNNING, "while (Waiter const* const runner = runner_of(wanted)) {",
          "if (Waiter const* const runner = runner_of(wanted)) {", ("model/rings_test",)),
    Fault("outer-frames-forgotten", "ring", RUNNING, "for (; top != nullptr; top = top->below) {",
          "for (; top != nullptr; top = nullptr) {", ("detail/running_test",)),
    Fault("popped-frame-takes-all", "ring", RUNNING, "self.top = frame.below;", "self.top = nullptr;",
          ("sync/reentrance_test", "model/rings_test")),
    Fault("out-of-turn-not-told", "ring", RUNNING, "if (self.top != &frame) [[unlikely]]", "if (self.top == nullptr)",
          ("once_noexcept_test",)),
    Fault("left-waiter-still-linked-back", "ring", RUNNING, "if (me.next != nullptr) me.next->previous = me.previous;", "",
          ("model/rings_test", "sync/rings_test", "detail/acyclic_test:*InRandomAcyclicGraphs")),
    Fault("waiter-in-the-middle-stays", "ring", RUNNING,
          "(me.previous != nullptr ? me.previous->next : first_) = me.next;",
          "if (me.previous == nullptr) first_ = me.next;", ("detail/acyclic_test:*InRandomAcyclicGraphs",)),
    Fault("name-of-the-runner-not-used", "text", RUNNING, "return known.name != nullptr ? known : *frame->label;",
          "return known;", ("named_test",)),
    Fault("nest-told-inside-out", "text", RUNNING,
          "write_nest(text, frame->below, once); text << \" -> \";", "text << *frame->label << \" -> \"; "
          "write_nest(text, frame->below, once); return;", ("sync/reentrance_test",)),
    Fault("thread-number-not-taken", "text", RUNNING, "if (last_.compare_exchange_weak(taken, taken + 1, Order::relaxed, "
          "Order::relaxed)) own_ = taken + 1;", "own_ = taken + 1;", ("detail/running_test",)),

    Fault("registry-lock-of-the-parent-held", FORK, RUNNING, "seen >> 2 != generation || (seen & 1) == 0",
          "(seen & 1) == 0", ("model/forking_test",)),
    Fault("registry-list-of-the-parent-kept", FORK, RUNNING, "first_ = nullptr;", "", ("model/forking_test",)),
    Fault("registry-generation-asked-once", FORK, RUNNING, "generation = Process::current(); Number const mine",
          "if (generation == 0) generation = Process::current(); Number const mine", ("model/forking_test",)),
    Fault("fork-before-the-registrys-sleep-not-looked-for", FORK, RUNNING,
          "if (Process::current() == held >> 2) word_.wait(held);", "word_.wait(held);", ("model/forking_test",)),
    Fault("registry-sleeper-not-known", FORK, RUNNING, "self.sleeping = &word_;", "",
          ("model/forking_test:*InASleepOnTheRegistry",)),
    Fault("registry-sleeper-not-stirred", FORK, RUNNING, "word_.store(0, Order::relaxed);", "", ("model/forking_test",)),
    Fault("waiter-leaves-another-processs-list", FORK, RUNNING, "if (me.generation != lock.generation) return;", "",
          ("detail/running_test",)),
]
