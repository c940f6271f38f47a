// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One value for each thread, made in those threads that ask: no guard variable, no wrapper call, no atomic.
#include <iostream>
#include <random>
#include <thread>

#include <first_use/lazy_cell.hpp>

thread_local constinit first_use::LazyCell engine{[] { return std::minstd_rand{std::random_device{}()}; }};

int main() {
  auto const roll = [] { return static_cast<int>((*engine)() % 6) + 1; };
  int here = roll();
  int there = 0;
  std::thread{[&] { there = roll(); }}.join();
  std::cout << "rolled " << here << " here and " << there << " there\n";
  return here >= 1 && there >= 1 ? 0 : 1;
}
