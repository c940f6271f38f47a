// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A pre-forking server: the parent sets everything up and forks workers, who share one listening socket. What they must
// not share are a database connection, a log, and random numbers: values that come into being at first use, in every
// process its own. Where to look for what:
//
//   the values that every process must make for itself     per_process.hpp
//   the two sets of types to make them of                  modes.hpp
//   a value that the workers are meant to inherit          scratch.cpp
//   a server that uses all of them and mentions no fork    server.hpp
//   what is checked afterwards                             evidence.cpp
//
// The rest is what any such program needs. It is its own client, so that it begins and ends by itself.
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "client.hpp"
#include "error.hpp"
#include "evidence.hpp"
#include "interruptions.hpp"
#include "per_process.hpp"
#include "report.hpp"
#include "server.hpp"
#include "workers.hpp"

namespace prefork_server {
namespace {

constexpr std::size_t worker_count = 4;
constexpr std::size_t request_count = 200;

void print_help(std::ostream& out) {
  out << "Usage: prefork_server [--keep]\n"
         "\n"
         "Forks "
      << worker_count << " workers that serve " << request_count
      << " requests over loopback, and shows which of the parent's values they used.\n"
         "\n"
         "  --keep       use types whose values survive a fork, and see what goes wrong\n"
         "  --help, -h   print this and exit\n"
         "\n"
         "Exit code: 0 if all went well, with --keep: if it went wrong in the way it must; 1 otherwise;\n"
         "2 for a wrong option, or if the run could not be made.\n";
}

// The parent uses all values itself, before it forks. Nothing is wrong with that, as long as nobody inherits them.
template <class Mode>
Answer set_up() {
  request_log<Mode>->write(start_up_line);
  database<Mode>->create_table();
  return open_session<Mode>("operator");
}

// What can be read back. A connection that was inherited may have done anything to the file.
template <class Mode>
void read_database(Evidence& evidence) {
  try {
    evidence.integrity = database<Mode>->integrity();
    evidence.rows = database<Mode>->sessions();
  } catch (DatabaseError const& error) { evidence.integrity = error.what(); }
}

template <class Mode>
int run() {
  Interruptions interruptions;
  ScratchDirectory const directory;
  set_scratch_directory(directory.path());

  Evidence evidence{};
  evidence.parent = ::getpid();
  evidence.answers.push_back(set_up<Mode>());

  Listener const listener;
  Workers workers;
  while (workers.ids().size() < worker_count) workers.start([&] { serve<Mode>(listener); });
  evidence.workers = workers.ids();

  for (Answer& answer : ask_for_sessions(listener.port(), request_count, worker_count)) {
    evidence.answers.push_back(std::move(answer));
  }
  interruptions.expect_workers_to_end();
  say_goodbye(listener.port(), worker_count);
  workers.wait();

  request_log<Mode>->flush();
  evidence.log_lines = read_logs(scratch_directory());
  read_database<Mode>(evidence);

  auto const checks = checks_of(evidence);
  bool const well = as_expected(checks, Mode::expects_trouble);
  std::cout << Mode::summary << "\n\n";
  print_processes(std::cout, evidence);
  std::cout << '\n';
  print_checks(std::cout, checks);
  std::cout << '\n';
  print_conclusion(std::cout, well, Mode::expects_trouble);
  return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_as_told(std::span<char* const> arguments) {
  bool keep = false;
  for (std::string_view const argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      print_help(std::cout);
      return EXIT_SUCCESS;
    }
    if (argument != "--keep") {
      throw Error{"unknown option '" + std::string{argument} + "' (see prefork_server --help)"};
    }
    keep = true;
  }
  return keep ? run<Kept>() : run<Wiped>();
}

}  // namespace
}  // namespace prefork_server

int main(int argc, char** argv) {
  try {
    return prefork_server::run_as_told({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (std::exception const& error) {
    std::cerr << "prefork_server: " << error.what() << '\n';
    return 2;
  }
}
