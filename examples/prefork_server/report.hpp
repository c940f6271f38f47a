// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <iosfwd>
#include <vector>

#include "evidence.hpp"

namespace prefork_server {

// One line per process.
void print_processes(std::ostream& out, Evidence const& evidence);
// One line per check.
void print_checks(std::ostream& out, std::vector<Check> const& checks);
void print_conclusion(std::ostream& out, bool as_expected, bool expects_trouble);

}  // namespace prefork_server
