// SPDX-License-Identifier: MIT OR Apache-2.0
#include "input_error.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>

namespace tour {

#if defined(__cpp_exceptions)

void refuse(std::string const& message) { throw InputError{message}; }

int report_errors_of(int (*run)(int argc, char** argv), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (InputError const& error) {
    std::cerr << "tour: " << error.what() << '\n';
    return 2;
  } catch (std::exception const& error) {
    std::cerr << "tour: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}

#else

void refuse(std::string const& message) {
  std::cerr << "tour: " << message << '\n';
  std::exit(2);
}

int report_errors_of(int (*run)(int argc, char** argv), int argc, char** argv) { return run(argc, argv); }

#endif

}  // namespace tour
