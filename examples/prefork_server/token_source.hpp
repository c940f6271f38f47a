// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>

namespace prefork_server {

using Seed = std::array<std::uint32_t, 8>;

// Throws: Error.
Seed seed_from_kernel();

// The state of a random-number generator. The names of real sessions should come from a cipher, which std has none of;
// its state would live in the same place, and go wrong in the same way.
class TokenSource {
 public:
  explicit TokenSource(Seed const& seed);

  // 32 hexadecimal digits.
  std::string next();

 private:
  std::mt19937_64 generator_;
};

}  // namespace prefork_server
