// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Where does a start-up spend its time, and who waits for whom? An observer records every initialisation of a small
// service; what came of it is printed as a table and, given a file's name (`trace_startup start.json`), written as a trace
// that browsers draw: chrome://tracing, the Performance panel of Chrome's developer tools, ui.perfetto.dev, speedscope.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "application.hpp"
#include "chrome_trace.hpp"
#include "recorder.hpp"
#include "table.hpp"
#include "timeline.hpp"

int main(int count, char** arguments) {
  if (count > 2 || (count == 2 && arguments[1][0] == '-')) {
    std::fprintf(stderr, "Usage: trace_startup [FILE]\n  FILE  where to write the trace for chrome://tracing\n");
    return 2;
  }
  trace_startup::start_recording();
  app::run();
  trace_startup::Timeline const timeline = trace_startup::make_timeline(trace_startup::stop_recording());
  trace_startup::print_table(std::cout, timeline, trace_startup::thread_names());
  if (trace_startup::lost_events() != 0)
    std::cout << "\n(" << trace_startup::lost_events() << " events found no room)\n";
  if (count == 2) {
    std::ofstream file{arguments[1]};
    trace_startup::write_chrome_trace(file, timeline, trace_startup::thread_names());
    if (!file.flush()) {
      std::fprintf(stderr, "trace_startup: cannot write %s\n", arguments[1]);
      return 1;
    }
    std::cout
        << "\nThe same as a picture: open " << arguments[1]
        << " in chrome://tracing or ui.perfetto.dev, or load it in\n"
           "the Performance panel of a Chrome's developer tools. Who woke whom: in chrome://tracing behind \"Flow "
           "events\"\n";
  }
  return 0;
}
