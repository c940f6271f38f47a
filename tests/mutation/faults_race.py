# SPDX-License-Identifier: MIT OR Apache-2.0
"""Faults in the types that nobody waits for (detail/race_word.hpp, race/)."""

from fault import ORDERING, Fault

WORD = "detail/race_word.hpp"
BOX = "race/once_box.hpp"

FAULTS = [
    Fault("race-look-relaxed", ORDERING, WORD, "return (*word_).load(Order::acquire);",
          "return (*word_).load(Order::relaxed);", ("model/race_test",)),
    Fault("race-offer-relaxed", ORDERING, WORD, "mine, Order::release, Order::relaxed)",
          "mine, Order::relaxed, Order::relaxed)", ("model/race_test",)),
    Fault("race-refused-not-acquired", ORDERING, WORD, "mine = look();", "mine = seen;", ("model/race_test",)),
    Fault("race-settle-relaxed", ORDERING, WORD, "(*word_).store(to, Order::release);", "(*word_).store(to, Order::relaxed);",
          ("model/race_test",)),
    Fault("race-last-one-wins", "claim", WORD, "if (seen == 0) continue;", "if (seen != 7) continue;", ("model/race_test",)),
    Fault("interrupted-one-wins", "claim", WORD, "if (seen == 0) continue; mine = look(); return false;", "continue;",
          ("race/signal_test",)),
    Fault("race-no-reason-is-a-defeat", "claim", WORD, "if (seen == 0) continue;", "", ("model/race_test",)),
    Fault("race-loser-leaks", "lifetime", BOX, "if (!self.word_.offer(mine)) delete made;", "self.word_.offer(mine);",
          ("model/race_test",)),
    Fault("race-box-not-deleted", "lifetime", BOX, "~OnceBox() { put(nullptr); }", "~OnceBox() {}", ("race/once_box_test",)),
    Fault("race-refused-owner-emptied", "api", BOX, "if (!word_.offer(mine)) return false; static_cast<void>(owner.release());",
          "static_cast<void>(owner.release()); if (!word_.offer(mine)) return false;", ("race/once_box_test",)),
    Fault("race-false-reads-as-nothing", "api", "race/once_bool.hpp", "{ return value ? 1 : 2; }", "{ return value ? 1 : 0; }",
          ("refuses race/once_non_zero_test",)),
    Fault("race-zero-accepted", "api", "race/once_non_zero.hpp", "if (value == 0) detail::raise_zero(called);", "", ("race/once_non_zero_test",)),
    Fault("race-null-accepted", "api", "race/once_ref.hpp", "if (object == nullptr) detail::raise_zero(called);", "", ("race/once_ref_test",)),
]
