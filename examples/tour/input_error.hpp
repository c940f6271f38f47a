// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace tour {

// The user gave us something we cannot work with: a message and exit code 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws: InputError; where there are no exceptions it ends the program in the same way itself.
[[noreturn]] void refuse(std::string const& message);

// Runs the program and returns its exit code; reports what it throws.
int report_errors_of(int (*run)(int argc, char** argv), int argc, char** argv);

}  // namespace tour
