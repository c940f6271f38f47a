// SPDX-License-Identifier: MIT OR Apache-2.0
// What is not in everyday use: other policies, waiting, errors.
#if __has_include(<first_use/format.hpp>)
#include <first_use/first_use.hpp>
#include <first_use/format.hpp>
#include <first_use/sync/atomic_sync.hpp>
#include <first_use/sync/mutex_sync.hpp>
#else
#define FIRST_USE_WITH_ATOMIC_SYNC
#define FIRST_USE_WITH_FORMAT
#define FIRST_USE_WITH_MUTEX_SYNC
#include <first_use/first_use.hpp>
#endif
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "catalogue.hpp"

namespace library {
namespace {

using Report = first_use::BasicOnceLock<std::string, first_use::MutexSync, first_use::KeepOnFork>;
using Doors = first_use::BasicOnce<first_use::AtomicSync, first_use::WipeOnFork<>>;

}  // namespace

std::string annual_report(int year) {
  Report report;
  std::thread writer{[&report, year] { report.try_emplace("In " + std::to_string(year) + " all was well."); }};
  bool const in_time = report.wait_for(std::chrono::minutes{1});
  writer.join();
  std::ostringstream printed;
  printed << report;
  return in_time && report.value() == report.wait() ? printed.str() : "late";
}

bool open_today() {
  Doors doors;
  first_use::Once alarm;
  try {
    alarm.call_once([] { throw std::runtime_error{"no key"}; });
  } catch (std::runtime_error const&) {
    try {
      alarm.call_once([] {});
    } catch (first_use::PoisonedError const& error) {
      if (std::string{error.what()}.empty()) return false;
    }
  }
  alarm.call_once_force([](first_use::OnceState const& state) {
    if (!state.is_poisoned()) throw std::logic_error{"nobody told"};
  });
  doors.call_once([] {});
  first_use::LazyCell greeting{[name = std::string{"reader"}] { return "Good morning, " + name; }};
  return doors.is_completed() && alarm.status() == first_use::OnceStatus::complete && !greeting->empty();
}

}  // namespace library
