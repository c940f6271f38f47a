// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "session.hpp"

namespace prefork_server {

// Asks for so many sessions, and shares them out evenly among the workers. Throws: Error.
std::vector<Answer> ask_for_sessions(std::uint16_t port, std::size_t sessions, std::size_t workers);

// Tells each worker to end. Throws: Error.
void say_goodbye(std::uint16_t port, std::size_t workers);

}  // namespace prefork_server
