// SPDX-License-Identifier: MIT OR Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <first_use/first_use.hpp>
#include <iterator>
#include <ostream>
#include <utility>

#include "input_error.hpp"
#include "text.hpp"
#include "witness.hpp"

#ifndef FIRST_USE_TOUR_DEFAULT_DIR
#define FIRST_USE_TOUR_DEFAULT_DIR "."
#endif

namespace tour {
namespace {

// A OnceLock and not a LazyLock: what goes in is known only to main, so no initialiser could fetch it.
constinit first_use::OnceLock<Options> command_line;

constexpr char const* default_files[] = {"README.md", "LICENSE-MIT", "LICENSE-APACHE"};
// One is misspelt and one is a stop word, on purpose.
constexpr char const* default_queries[] = {"fork", "thread", "deadlock", "license", "warranty", "warrenty", "the"};

std::string checked_query(std::string_view word) {
  if (word.empty() || !std::all_of(word.begin(), word.end(), is_word_character)) {
    refuse("--query takes one word of letters, digits and underscores, not '" + std::string{word} + "'");
  }
  return lower_case(word);
}

void add_defaults(Options& options) {
  if (options.files.empty()) {
    std::string const directory{FIRST_USE_TOUR_DEFAULT_DIR "/"};
    for (char const* name : default_files) options.files.push_back({directory + name, name});
  }
  if (options.queries.empty()) options.queries.assign(std::begin(default_queries), std::end(default_queries));
}

}  // namespace

Options parse_options(std::vector<std::string_view> const& arguments) {
  Options result;
  bool only_files_follow = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view const argument = arguments[i];
    if (only_files_follow || !argument.starts_with('-')) {
      result.files.push_back({std::string{argument}, std::string{argument}});
    } else if (argument == "--") {
      only_files_follow = true;
    } else if (argument == "--help" || argument == "-h") {
      result.help = true;
    } else if (argument == "--query") {
      if (++i == arguments.size()) refuse("--query needs a word after it (see tour --help)");
      result.queries.push_back(checked_query(arguments[i]));
    } else {
      refuse("unknown option '" + std::string{argument} + "' (see tour --help)");
    }
  }
  add_defaults(result);
  return result;
}

void print_help(std::ostream& out) {
  out << "Usage: tour [--query WORD]... [--] [FILE]...\n"
         "\n"
      << reader_count
      << " threads look words up in text files, over an index that comes into being when the\n"
         "first of them asks. Then you see which thread ran which initialiser, and who waited.\n"
         "\n"
         "  --query WORD   look up WORD; may be repeated (default:";
  for (char const* word : default_queries) out << ' ' << word;
  out << ")\n"
         "  --help, -h     print this and exit\n"
         "  FILE           a text file (default:";
  for (char const* name : default_files) out << ' ' << name;
  out << "\n"
         "                 in " FIRST_USE_TOUR_DEFAULT_DIR
         ")\n"
         "\n"
         "Exit code: 0 success, 1 failure, 2 a wrong option or a file that cannot be read.\n";
}

void set_options(Options options) {
  if (command_line.set(std::move(options))) witnesses::options.ran();
}

Options const& options() {
  witnesses::options.asked(command_line.get() != nullptr);
  return command_line.value();
}

}  // namespace tour
