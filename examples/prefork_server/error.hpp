// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace prefork_server {

// A wrong option, or something that the run cannot do without: a message and exit code 2.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws an Error that says what failed, and why according to errno.
[[noreturn]] inline void fail_with_errno(std::string const& what) {
  throw Error{what + ": " + std::generic_category().message(errno)};
}

}  // namespace prefork_server
