// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The examples that stand at the head of the public headers, word by word, with what they take for granted. header_examples
// (a script) checks that none is missing.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <string>

#include <first_use/first_use.hpp>
#include <first_use/gdb.hpp>

namespace once {

int opened = 0;
int written = 0;
void open_log() { ++opened; }
void write_log(char const* line) { written += line != nullptr; }

constinit first_use::Once log_file;
void log(char const* line) {
  log_file.call_once([] { open_log(); });
  write_log(line);
}

}  // namespace once

namespace once_lock {

struct Config {
  static Config load(char const* path) { return {path}; }
  std::string path;
};

constinit first_use::OnceLock<Config> config;
Config const& the_config(char const* path) {
  return config.get_or_init([path] { return Config::load(path); });
}

}  // namespace once_lock

namespace once_cell {

struct Index {
  explicit Index(std::string const& the_text) : size{the_text.size()} {}
  std::size_t size;
};

struct Document {
  Index const& index() const {
    return made.get_or_init([this] { return Index{text}; });
  }
  std::string text;
  first_use::OnceCell<Index> made;
};

}  // namespace once_cell

namespace lazy_lock {

std::set<std::string> load_dictionary() { return {"first", "use"}; }

constinit first_use::LazyLock dictionary{[] { return load_dictionary(); }};
bool known(std::string const& word) { return dictionary->contains(word); }

}  // namespace lazy_lock

namespace lazy_cell {

unsigned seed() { return 1; }

thread_local constinit first_use::LazyCell engine{[] { return std::minstd_rand{seed()}; }};

}  // namespace lazy_cell

namespace named {

struct Config {};
Config load() { return {}; }
struct Cache {
  int size;
};
constinit first_use::OnceLock<Cache> cache;

constinit first_use::LazyLock config{first_use::named<"config">([] { return load(); })};
Cache& cache_of(int size) {
  return cache.get_or_init(first_use::named<"session cache">([size] { return Cache{size}; }));
}

}  // namespace named

namespace observer {

void watch(first_use::Observation const& seen) noexcept {
  using What = first_use::Observation::What;
  if (seen.what == What::failure) std::fprintf(stderr, "no %s\n", seen.type().c_str());
}
void start() { first_use::set_observer(&watch); }

}  // namespace observer

namespace never_destroyed {

constinit first_use::LazyLock<first_use::NeverDestroyed<std::string>> name{[] { return std::string{"x"}; }};
std::size_t length() { return name->size(); }

}  // namespace never_destroyed

namespace wiped {

int connects = 0;
int connect() { return ++connects; }

constinit first_use::WipeOnForkLazyLock connection{[] { return connect(); }};  // one per process

}  // namespace wiped

namespace race {

struct Codec {
  char const* name;
};
Codec const fast_codec{"fast"}, plain_codec{"plain"};
bool machine_is_fast() { return true; }
unsigned draw_a_number() { return 4; }
struct Table {
  std::size_t size;
};

constinit first_use::race::OnceRef<Codec const> codec;
Codec const& the_codec() {
  return codec.get_or_init([]() -> Codec const& { return machine_is_fast() ? fast_codec : plain_codec; });
}

constinit first_use::race::OnceNonZero<unsigned> seed;
unsigned the_seed() {
  return seed.get_or_init([] { return draw_a_number() | 1; });
}

constinit first_use::race::OnceBool verbose;
bool is_verbose() {
  return verbose.get_or_init([] { return std::getenv("SHOP_VERBOSE") != nullptr; });
}

constinit first_use::race::OnceBox<Table> table;
Table const& the_table() {
  return table.get_or_init([] { return Table{1000}; });
}

}  // namespace race

namespace {

int failures = 0;
void expect(bool held, char const* what) {
  if (held) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  ++failures;
}

}  // namespace

int main() {
  once::log("a");
  once::log("b");
  expect(once::opened == 1 && once::written == 2, "a log is opened once");
  expect(once_lock::the_config("first").path == "first" && once_lock::the_config("second").path == "first",
         "the first path decides");
  once_cell::Document const document;
  expect(&document.index() == &document.index() && document.index().size == 0, "one index for each document");
  expect(lazy_lock::known("use") && !lazy_lock::known("used"), "a dictionary is loaded");
  expect((*lazy_cell::engine)() == std::minstd_rand{1}(), "an engine is seeded");
  expect(named::config.get() == nullptr && &*named::config == named::config.get() && named::cache_of(3).size == 3,
         "names change nothing");
  observer::start();
  expect(first_use::set_observer(nullptr) == &observer::watch, "an observer is installed");
  expect(never_destroyed::length() == 1, "a name is made");
  expect(*wiped::connection == 1 && *wiped::connection == 1, "one connection for each process");
  expect(&race::the_codec() == &race::fast_codec && race::the_seed() == 5 && race::the_table().size == 1000,
         "the first one wins");
  expect(race::is_verbose() == race::is_verbose(), "a question is asked once");
  return failures == 0 ? 0 : 1;
}
