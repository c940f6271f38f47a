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
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <latch>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answer.hpp"
#include "options.hpp"
#include "source_files.hpp"
#include "table.hpp"
#include "text.hpp"
#include "witness.hpp"
#include "word_index.hpp"

namespace tour {
namespace {

using Answers = std::vector<Answer>;

// What each thread does. It asks for what it needs and does not care whether it is the first to do so.
Answers read(std::size_t number, std::latch& start) {
  thread_number = number;
  start.arrive_and_wait();

  set_up_number_format();
  source_files();  // can fail, so it comes before the index, which then cannot: its LazyLock is never poisoned
  Answers answers;
  for (std::string const& word : options().queries) answers.push_back(look_up(word));
  return answers;
}

// Throws: what a reader threw.
std::vector<Answers> ask_all_readers() {
  std::latch start{reader_count};
  std::vector<std::future<Answers>> readers;
  readers.reserve(reader_count);
  try {
    while (readers.size() < reader_count) {
      readers.push_back(std::async(std::launch::async, read, readers.size() + 1, std::ref(start)));
    }
  } catch (...) {
    // Those who did start must not wait for ever for those who did not.
    start.count_down(static_cast<std::ptrdiff_t>(reader_count - readers.size()));
    throw;
  }
  std::vector<Answers> answers;
  for (auto& reader : readers) answers.push_back(reader.get());
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

int run(std::vector<std::string_view> const& arguments) {
  Options parsed = parse_options(arguments);
  if (parsed.help) {
    print_help(std::cout);
    return EXIT_SUCCESS;
  }
  set_options(std::move(parsed));

  auto const answers = ask_all_readers();
  bool const agreed = std::all_of(answers.begin(), answers.end(), [&](auto const& a) { return a == answers.front(); });

  std::cout << reader_count
            << " threads looked words up. The first to ask made the index; the others used that one.\n\n";
  print_files(std::cout);
  std::cout << '\n';
  print_answers(std::cout, answers.front());
  std::cout << "\nThe threads " << (agreed ? "all gave these answers." : "DISAGREED.") << "\n\n";
  print_witnesses(std::cout);
  std::cout << "\n  runs:   one per object that was asked, none for the others\n"
               "  waited: threads that found no value when they asked, and got the one that another thread made\n";
  return agreed ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace tour

int main(int argc, char** argv) {
  try {
    return tour::run({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (tour::InputError const& error) {
    std::cerr << "tour: " << error.what() << '\n';
    return 2;
  } catch (std::exception const& error) {
    std::cerr << "tour: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
