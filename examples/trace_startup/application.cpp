// SPDX-License-Identifier: MIT OR Apache-2.0
#include "application.hpp"

#include <chrono>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <first_use/first_use.hpp>

#include "recorder.hpp"

namespace app {

struct Config {
  std::string database, templates;
  std::size_t connections = 0;
};
struct Certificate {
  std::string subject;
};
struct Connections {
  std::vector<std::string> to;
};
struct Schema {
  int version = 0;
};
struct Users {
  std::map<int, std::string> names;
};
struct Templates {
  std::string hello;
};

namespace {

using first_use::named;
using namespace std::chrono_literals;

// The disk, the network: what a start-up really waits for.
void slow(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

constinit first_use::LazyLock config{named<"config">([] {
  slow(12ms);
  return Config{"db.example:5432", "/usr/share/service", 4};
})};

constinit first_use::Once log_file;
void log(std::string const& line) {
  static_cast<void>(line);
  log_file.call_once(named<"log file">([] {
    static_cast<void>(config->templates);
    slow(4ms);
  }));
}

constinit first_use::LazyLock certificate{named<"certificate">([] {
  log("reading the certificate");
  slow(15ms);
  return Certificate{"CN=service.example"};
})};

// The first try fails, as the network likes to at start-up.
constinit first_use::OnceLock<Connections> pool;
Connections* connect_once() {
  static bool reachable = false;
  return pool.get_or_try_init(named<"database pool">([]() -> std::optional<Connections> {
    Config const& wanted = *config;
    log("connecting to " + wanted.database);
    slow(8ms);
    if (!std::exchange(reachable, true)) return std::nullopt;
    slow(16ms);
    return Connections{std::vector<std::string>(wanted.connections, wanted.database)};
  }));
}
Connections const& connections() {
  while (connect_once() == nullptr) slow(2ms);
  return *pool.get();
}

constinit first_use::LazyLock schema{named<"schema">([] {
  static_cast<void>(connections());
  slow(6ms);
  return Schema{7};
})};

constinit first_use::LazyLock users{named<"user cache">([] {
  static_cast<void>(*schema);
  slow(10ms);
  return Users{{{1, "ada"}, {2, "grace"}}};
})};

constinit first_use::LazyLock pages{named<"page templates">([] {
  std::string const& folder = config->templates;
  slow(9ms);
  return Templates{"hello from " + folder + ", "};
})};
constinit first_use::LazyLock mails{named<"mail templates">([] {
  std::string const& folder = config->templates;
  slow(14ms);
  return Templates{"a letter from " + folder + ", "};
})};

thread_local constinit first_use::LazyCell scratch{named<"scratch buffer">([] { return std::vector<char>(1 << 16); })};

void serve() {
  scratch->front() = 'x';
  std::string const answer = pages->hello + users->names.at(1);
  log(answer);
}
void listen() {
  log("listening as " + certificate->subject);
  serve();
}
void send_mails() { log(mails->hello + users->names.at(2)); }

template <class Work>
std::thread start(char const* name, Work work) {
  return std::thread{[name, work] {
    trace_startup::name_this_thread(name);
    work();
  }};
}

}  // namespace

void run() {
  trace_startup::name_this_thread("main");
  std::vector<std::thread> threads;
  threads.push_back(start("listener", [] { listen(); }));
  threads.push_back(start("worker 1", [] { serve(); }));
  threads.push_back(start("worker 2", [] { serve(); }));
  threads.push_back(start("mailer", [] { send_mails(); }));
  log("service starts");
  static_cast<void>(connections());
  for (std::thread& thread : threads) thread.join();
}

}  // namespace app
