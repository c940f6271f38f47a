// SPDX-License-Identifier: MIT OR Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <iterator>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace prefork_server {
namespace {

constexpr int widths[] = {16, 10, 8, 17, 15, 15, 6};
constexpr char const* headings[] = {"process",       "sessions", "tokens", "also of others",
                                    "connection of", "log of",   "rows"};

void print_row(std::ostream& out, std::vector<std::string> const& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out << (i == 0 ? std::left : std::right) << std::setw(widths[i]) << cells[i];
  }
  out << '\n';
}

std::string list(std::set<pid_t> const& processes) {
  std::string result;
  for (pid_t const process : processes) result += (result.empty() ? "" : " ") + std::to_string(process);
  return result.empty() ? "-" : result;
}

void print_process(std::ostream& out, std::string const& name, pid_t process, Evidence const& evidence) {
  std::size_t sessions = 0;
  std::set<std::string> tokens;
  std::set<std::string> tokens_of_others;
  std::set<pid_t> connections;
  for (auto const& [session, problem] : evidence.answers) {
    if (session.served_by != process) {
      tokens_of_others.insert(session.token);
      continue;
    }
    ++sessions;
    tokens.insert(session.token);
    connections.insert(session.connection_of);
  }
  auto const common = std::count_if(tokens.begin(), tokens.end(),
                                    [&](std::string const& token) { return tokens_of_others.contains(token); });
  std::set<pid_t> logs;
  for (LogLine const& line : evidence.log_lines) {
    if (line.written_by == process && line.text != start_up_line) logs.insert(line.opened_by);
  }
  auto const rows = std::count_if(evidence.rows.begin(), evidence.rows.end(),
                                  [&](Session const& row) { return row.served_by == process; });
  print_row(out, {"  " + name + ' ' + std::to_string(process), std::to_string(sessions), std::to_string(tokens.size()),
                  std::to_string(common), list(connections), list(logs), std::to_string(rows)});
}

}  // namespace

void print_processes(std::ostream& out, Evidence const& evidence) {
  std::vector<std::string> first_row{std::begin(headings), std::end(headings)};
  first_row.front().insert(0, "  ");
  print_row(out, first_row);
  print_process(out, "parent", evidence.parent, evidence);
  for (pid_t const worker : evidence.workers) print_process(out, "worker", worker, evidence);
}

void print_checks(std::ostream& out, std::vector<Check> const& checks) {
  for (Check const& check : checks) {
    out << (check.holds ? "  yes  " : "  NO   ") << std::left << std::setw(42) << check.claim << check.findings << '\n';
  }
}

void print_conclusion(std::ostream& out, bool as_expected, bool expects_trouble) {
  if (!expects_trouble) {
    out << (as_expected ? "Everything holds: the workers share nothing but the files they are meant to share.\n"
                        : "FAILED: something does not hold that must.\n");
    return;
  }
  if (!as_expected) {
    out << "FAILED: the trouble that inherited values make was not seen.\n";
    return;
  }
  out << "This is the trouble with inherited values. Before it forked, the parent had opened its connection and its "
         "log,\n"
         "and had seeded its random numbers. Each worker found all three ready, in a copy of the parent's memory:\n"
         "  - the copies of the random-number state are equal, so all workers drew the same tokens in the same order, "
         "and\n"
         "    users share sessions without knowing of each other;\n"
         "  - all workers wrote through the parent's connection. SQLite forbids it, and does not promise to notice:\n"
         "    if all rows are there, that is luck, and the next run may break the database;\n"
         "  - all workers wrote into the parent's log, and first what was still in its buffer when it forked.\n"
         "Without --keep the same server uses the WipeOnFork types, and each worker makes its own.\n";
}

}  // namespace prefork_server
