// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <vector>

#include "answer.hpp"

namespace tour {

using Answers = std::vector<Answer>;

// "threads", or what stands in for them.
extern char const* const readers_are;

// Lets each reader read: all at once, each in a thread of its own (readers.cpp), or one after another where the platform
// has no threads (readers_in_turn.cpp).
// Throws: what a reader threw.
std::vector<Answers> ask_all_readers(Answers (*read)());

}  // namespace tour
