// SPDX-License-Identifier: MIT OR Apache-2.0
#include "token_source.hpp"

#include <sys/random.h>

#include <iomanip>
#include <sstream>

#include "error.hpp"

namespace prefork_server {
namespace {

std::mt19937_64 seeded_generator(Seed const& seed) {
  std::seed_seq sequence(seed.begin(), seed.end());
  return std::mt19937_64{sequence};
}

}  // namespace

Seed seed_from_kernel() {
  Seed seed;
  // As few bytes as these arrive all at once.
  if (::getrandom(seed.data(), sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    fail_with_errno("cannot get random bytes from the kernel");
  }
  return seed;
}

TokenSource::TokenSource(Seed const& seed) : generator_{seeded_generator(seed)} {}

std::string TokenSource::next() {
  std::ostringstream out;
  out << std::hex << std::setfill('0');
  for (int i = 0; i < 2; ++i) out << std::setw(16) << generator_();
  return out.str();
}

}  // namespace prefork_server
