// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace prefork_server {

// What a user gets who logs in, and who made it.
struct Session {
  std::string token;
  std::string user;
  pid_t served_by;      // the process that drew the token
  pid_t connection_of;  // the process that had opened the connection by which the row was written

  bool operator==(Session const&) const = default;
};

struct Answer {
  Session session;
  std::string problem;  // why the row could not be written; empty if it was
};

// The answer as it travels; the asker knows the user.
std::string line_from(Answer const& answer);
// Throws: Error if the line is none that line_from() makes.
Answer answer_from(std::string const& user, std::string const& line);

}  // namespace prefork_server
