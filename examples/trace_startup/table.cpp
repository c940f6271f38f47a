// SPDX-License-Identifier: MIT OR Apache-2.0
#include "table.hpp"

#include <iomanip>
#include <string>

namespace trace_startup {

namespace {

struct Milliseconds {
  std::int64_t nanoseconds;
};
std::ostream& operator<<(std::ostream& out, Milliseconds time) {
  return out << std::setw(7) << std::fixed << std::setprecision(1) << static_cast<double>(time.nanoseconds) / 1e6
             << " ms";
}

std::string title(Span const& span) { return span.type + (span.name.empty() ? "" : " \"" + span.name + '"'); }

std::string const& name_of(int thread, std::vector<std::string> const& threads) {
  return threads[static_cast<std::size_t>(thread)];
}

}  // namespace

void print_table(std::ostream& out, Timeline const& timeline, std::vector<std::string> const& threads) {
  out << "Initialisers, in the order in which they began (own: without what they needed others for)\n\n"
      << "     begin        took         own  thread        object\n";
  for (Span const& run : timeline.runs) {
    out << Milliseconds{run.begin} << "  " << Milliseconds{run.end - run.begin} << "  " << Milliseconds{run.own} << "  "
        << std::left << std::setw(12) << name_of(run.thread, threads) << std::right << "  "
        << std::string(static_cast<std::size_t>(2 * run.depth), ' ') << title(run) << (run.failed ? "  FAILED" : "")
        << '\n';
  }
  out << "\nWaits\n\n     begin        took  thread        for\n";
  for (Wait const& wait : timeline.waits) {
    out << Milliseconds{wait.span.begin} << "  " << Milliseconds{wait.span.end - wait.span.begin} << "  " << std::left
        << std::setw(12) << name_of(wait.span.thread, threads) << std::right << "  " << title(wait.span);
    if (wait.run) out << ", run by " << name_of(timeline.runs[*wait.run].thread, threads);
    out << '\n';
  }
}

}  // namespace trace_startup
