// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "request_log.hpp"
#include "session.hpp"

namespace prefork_server {

// What the parent writes into its log before it forks.
inline constexpr std::string_view start_up_line = "server started";

// All that a run left behind.
struct Evidence {
  pid_t parent;
  std::vector<pid_t> workers;
  std::vector<Answer> answers;  // the first one is the parent's, who opened a session before it forked
  std::vector<Session> rows;
  std::string integrity;  // of the database
  std::vector<LogLine> log_lines;
};

// What ought to hold of any server, and what inherited values do to it.
struct Check {
  enum class WhenInherited { still_holds, is_broken, may_break };

  std::string claim;
  bool holds;
  std::string findings;
  WhenInherited when_inherited;
};

std::vector<Check> checks_of(Evidence const& evidence);

// Whether the run went as it should: everything holds; or, if trouble is expected, just that is broken which must be.
bool as_expected(std::vector<Check> const& checks, bool expects_trouble);

}  // namespace prefork_server
