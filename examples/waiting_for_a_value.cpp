// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Threads that need a value which another thread will set: wait() sleeps until it is there, wait_for() gives up in time.
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include <first_use/once_lock.hpp>

int main() {
  using namespace std::chrono_literals;
  first_use::OnceLock<std::string> address;

  std::cout << "after 10 ms: " << (address.wait_for(10ms) != nullptr ? "there" : "not there yet") << '\n';

  std::thread client{[&] { std::cout << "connecting to " << address.wait() << '\n'; }};
  bool const first = address.set("127.0.0.1:8080");
  bool const second = address.set("192.0.2.1:80");  // too late: refused, and the argument is left as it was
  client.join();
  return first && !second ? 0 : 1;
}
