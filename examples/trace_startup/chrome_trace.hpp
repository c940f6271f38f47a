// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef TRACE_STARTUP_CHROME_TRACE_HPP
#define TRACE_STARTUP_CHROME_TRACE_HPP

#include <ostream>

#include "timeline.hpp"

namespace trace_startup {

/// In the "Trace Event Format", which chrome://tracing, Perfetto and others read: a bar for each initialiser and each
/// wait in its thread's row, and an arrow from the end of an initialiser to whoever it wakes.
void write_chrome_trace(std::ostream& out, Timeline const& timeline, std::vector<std::string> const& threads);

}  // namespace trace_startup

#endif
