// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A tour of first_use: eight threads look words up in text files, over an index that nobody builds until somebody
// asks. Where to look for what:
//
//   LazyLock   a global that knows how to make itself            word_index.cpp
//   OnceLock   a global that is told what to hold                options.cpp
//              a global that is made by something that can fail  source_files.cpp
//   Once       something to do once, with no value to keep       text.cpp
//   OnceCell   a field worked out in a const member function     document.hpp
//   LazyCell   a local that may never be needed                  answer.cpp
//
// The witnesses (witness.hpp) only watch.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answer.hpp"
#include "input_error.hpp"
#include "options.hpp"
#include "readers.hpp"
#include "source_files.hpp"
#include "table.hpp"
#include "text.hpp"
#include "witness.hpp"
#include "word_index.hpp"

namespace tour {
namespace {

// What each thread does. It asks for what it needs and does not care whether it is the first to do so.
Answers read() {
  set_up_number_format();
  source_files();  // can fail, so it comes before the index, which then cannot: its LazyLock is never poisoned
  Answers answers;
  for (std::string const& word : options().queries) answers.push_back(look_up(word));
  return answers;
}

void print_files(std::ostream& out) {
  Table table{{"file", "words", "different"}, {Align::left, Align::right, Align::right}};
  for (FileSummary const& file : word_index().files) {
    table.add({file.label, formatted(file.words), formatted(file.different_words)});
  }
  table.print(out);
}

void print_answers(std::ostream& out, Answers const& answers) {
  Table table{{"word", "times", "files", "first seen", "in the line"},
              {Align::left, Align::right, Align::right, Align::left, Align::left}};
  for (Answer const& answer : answers) {
    table.add({answer.word, answer.times, answer.files, answer.first_seen, answer.remark});
  }
  table.print(out);
}

void print_witnesses(std::ostream& out) {
  Table table{{"initialiser of", "type", "objects", "threads asked", "runs", "run by", "waited"},
              {Align::left, Align::left, Align::right, Align::right, Align::right, Align::left, Align::left}};
  for (Witness const* witness : witnesses::all) {
    table.add({witness->name(), witness->type(), formatted(witness->objects()), witness->askers(),
               formatted(witness->runs()), witness->run_by(), witness->waited()});
  }
  table.print(out);
}

int run(int argc, char** argv) {
  Options parsed = parse_options({argv + (argc > 0 ? 1 : 0), argv + argc});
  if (parsed.help) {
    print_help(std::cout);
    return EXIT_SUCCESS;
  }
  set_options(std::move(parsed));

  auto const answers = ask_all_readers(&read);
  bool const agreed = std::all_of(answers.begin(), answers.end(), [&](auto const& a) { return a == answers.front(); });

  std::cout << reader_count << ' ' << readers_are
            << " looked words up. The first to ask made the index; the others used that one.\n\n";
  print_files(std::cout);
  std::cout << '\n';
  print_answers(std::cout, answers.front());
  std::cout << "\nThe " << readers_are << ' ' << (agreed ? "all gave these answers." : "DISAGREED.") << "\n\n";
  print_witnesses(std::cout);
  std::cout << "\n  runs:   one per object that was asked, none for the others\n"
               "  waited: threads that found no value when they asked, and got the one that another thread made\n";
  return agreed ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace tour

int main(int argc, char** argv) { return tour::report_errors_of(&tour::run, argc, argv); }
