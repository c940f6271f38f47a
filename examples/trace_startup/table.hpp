// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef TRACE_STARTUP_TABLE_HPP
#define TRACE_STARTUP_TABLE_HPP

#include <ostream>

#include "timeline.hpp"

namespace trace_startup {

/// What ran when, where and for how long; then who waited for whom.
void print_table(std::ostream& out, Timeline const& timeline, std::vector<std::string> const& threads);

}  // namespace trace_startup

#endif
