// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What this example is about: three values that no two processes may share.
//
// They are made when a process first asks for them. That the parent asks before it forks is what makes the choice
// between the modes matter.
#pragma once

#include "modes.hpp"
#include "request_log.hpp"
#include "scratch.hpp"
#include "session_database.hpp"
#include "token_source.hpp"

namespace prefork_server {

// A child must not use a connection that its parent opened, say SQLite's authors, and not even close it. So in a worker
// the parent's is forgotten, and not destroyed: that is what a wiped type does unless told otherwise.
template <class Mode>
inline constinit typename Mode::template LazyLock<SessionDatabase> database{[] {
  return SessionDatabase{scratch_directory() / "sessions.db", Mode::database_patience};
}};

// What the parent had in the buffer of its log is the parent's to write.
template <class Mode>
inline constinit typename Mode::template LazyLock<RequestLog> request_log{
    [] { return RequestLog{scratch_directory()}; }};

// Processes that start from one state draw the same numbers. A OnceLock and not a LazyLock: should the kernel refuse to
// give a seed, the asker learns why, and the next one tries again.
template <class Mode>
inline constinit typename Mode::template OnceLock<TokenSource> token_source;

template <class Mode>
TokenSource& tokens() {
  return token_source<Mode>.get_or_init([] { return TokenSource{seed_from_kernel()}; });
}

}  // namespace prefork_server
