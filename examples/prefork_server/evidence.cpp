// SPDX-License-Identifier: MIT OR Apache-2.0
#include "evidence.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace prefork_server {
namespace {

using enum Check::WhenInherited;

std::string count(std::size_t number, std::string const& what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

std::string of(std::size_t some, std::size_t all) { return std::to_string(some) + " of " + std::to_string(all); }

// Without this the other checks would say little: a worker that served nobody has repeated nothing.
Check everybody_took_part(Evidence const& evidence) {
  std::set<pid_t> idle{evidence.workers.begin(), evidence.workers.end()};
  for (Answer const& answer : evidence.answers) idle.erase(answer.session.served_by);
  std::size_t const busy = evidence.workers.size() - idle.size();
  return {"every worker served requests", idle.empty(), of(busy, evidence.workers.size()), still_holds};
}

Check tokens_are_unique(Evidence const& evidence) {
  std::map<std::string, std::vector<std::string>> users_of;
  for (Answer const& answer : evidence.answers) users_of[answer.session.token].push_back(answer.session.user);
  std::string findings = count(evidence.answers.size(), "session") + ", " + count(users_of.size(), "token");
  auto const shared = std::find_if(evidence.answers.begin(), evidence.answers.end(),
                                   [&](Answer const& answer) { return users_of[answer.session.token].size() > 1; });
  bool const unique = shared == evidence.answers.end();
  if (!unique) {
    findings += ", one for";
    for (std::string const& user : users_of[shared->session.token]) findings += ' ' + user;
  }
  return {"every session has a token of its own", unique, findings, is_broken};
}

Check connections_are_own(Evidence const& evidence) {
  std::set<pid_t> borrowers;
  for (Answer const& answer : evidence.answers) {
    if (answer.session.connection_of != answer.session.served_by) borrowers.insert(answer.session.served_by);
  }
  return {"every worker has a connection of its own", borrowers.empty(),
          borrowers.empty() ? "none used the one of process " + std::to_string(evidence.parent)
                            : of(borrowers.size(), evidence.workers.size()) + " used the one that process " +
                                  std::to_string(evidence.parent) + " had opened",
          is_broken};
}

Check logs_are_own(Evidence const& evidence) {
  auto const foreign = std::count_if(evidence.log_lines.begin(), evidence.log_lines.end(),
                                     [](LogLine const& line) { return line.written_by != line.opened_by; });
  return {"every worker has a log of its own", foreign == 0,
          count(static_cast<std::size_t>(foreign), "line") + " in the log of another process", is_broken};
}

Check start_is_logged_once(Evidence const& evidence) {
  auto const times = std::count_if(evidence.log_lines.begin(), evidence.log_lines.end(),
                                   [](LogLine const& line) { return line.text == start_up_line; });
  return {"what the parent logged stands there once", times == 1,
          '\'' + std::string{start_up_line} + "' was written " + count(static_cast<std::size_t>(times), "time"),
          is_broken};
}

// SQLite makes no promise about inherited connections, so neither does this.
Check rows_are_written(Evidence const& evidence) {
  std::size_t written = 0;
  std::string problem;
  for (Answer const& answer : evidence.answers) {
    auto const copies = std::count(evidence.rows.begin(), evidence.rows.end(), answer.session);
    if (copies == 1 && answer.problem.empty()) ++written;
    if (problem.empty() && !answer.problem.empty()) problem = "; the first error: " + answer.problem;
  }
  std::size_t const asked = evidence.answers.size();
  return {"every session is a row of the database", written == asked && evidence.rows.size() == asked,
          of(written, asked) + problem, may_break};
}

Check database_is_intact(Evidence const& evidence) {
  return {"the database is intact", evidence.integrity == "ok", "SQLite's check says: " + evidence.integrity,
          may_break};
}

}  // namespace

std::vector<Check> checks_of(Evidence const& evidence) {
  return {everybody_took_part(evidence), tokens_are_unique(evidence),    connections_are_own(evidence),
          logs_are_own(evidence),        start_is_logged_once(evidence), rows_are_written(evidence),
          database_is_intact(evidence)};
}

bool as_expected(std::vector<Check> const& checks, bool expects_trouble) {
  return std::all_of(checks.begin(), checks.end(), [&](Check const& check) {
    if (!expects_trouble || check.when_inherited == still_holds) return check.holds;
    return check.when_inherited == may_break || !check.holds;
  });
}

}  // namespace prefork_server
