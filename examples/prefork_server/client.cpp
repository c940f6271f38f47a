// SPDX-License-Identifier: MIT OR Apache-2.0
#include "client.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "error.hpp"
#include "server.hpp"
#include "sockets.hpp"

namespace prefork_server {
namespace {

// As many connections as there are workers, or fewer. Who is served by one worker keeps it busy, so once all of these
// have been answered it is clear that each had a worker for itself. That makes the run the same every time, whichever
// workers the scheduler likes best.
std::vector<Answer> ask_all_workers(std::uint16_t port, std::vector<std::string> const& users) {
  std::vector<LineStream> connections;
  for (std::string const& user : users) {
    connections.push_back(connect_to(port));
    if (!connections.back().write_line(user)) throw Error{"the server takes no request"};
  }
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < users.size(); ++i) {
    std::optional<std::string> const line = connections[i].read_line();
    if (!line) throw Error{"the server hung up instead of answering"};
    answers.push_back(answer_from(users[i], *line));
  }
  return answers;
}

}  // namespace

std::vector<Answer> ask_for_sessions(std::uint16_t port, std::size_t sessions, std::size_t workers) {
  std::vector<Answer> answers;
  while (answers.size() < sessions) {
    std::vector<std::string> users;
    for (std::size_t i = answers.size(); i < std::min(answers.size() + workers, sessions); ++i) {
      users.push_back("user-" + std::to_string(i + 1));
    }
    for (Answer& answer : ask_all_workers(port, users)) answers.push_back(std::move(answer));
  }
  return answers;
}

void say_goodbye(std::uint16_t port, std::size_t workers) {
  for (std::size_t i = 0; i < workers; ++i) {
    // A worker that got this ends, so the next one goes to another.
    if (!connect_to(port).write_line(std::string{goodbye})) throw Error{"a worker cannot be told to end"};
  }
}

}  // namespace prefork_server
