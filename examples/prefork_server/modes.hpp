// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The two ways to run: one template parameter of everything that follows, so that the same server serves both.
#pragma once

#include <chrono>
#include <first_use/first_use.hpp>

namespace prefork_server {

// Each process makes values of its own: what a pre-forking server wants.
struct Wiped {
  template <class T>
  using LazyLock = first_use::WipeOnForkLazyLock<T>;
  template <class T>
  using OnceLock = first_use::WipeOnForkOnceLock<T>;

  static constexpr bool expects_trouble = false;
  static constexpr char const* summary =
      "WipeOnForkLazyLock and WipeOnForkOnceLock: no worker sees the values that its parent had made.";
  // The workers wait for each other's turn to write, however busy the machine is.
  static constexpr std::chrono::milliseconds database_patience{30'000};
};

// Each worker inherits the values that its parent had made. The trouble is the point of this one.
struct Kept {
  template <class T>
  using LazyLock = first_use::LazyLock<T>;
  template <class T>
  using OnceLock = first_use::OnceLock<T>;

  static constexpr bool expects_trouble = true;
  static constexpr char const* summary =
      "LazyLock and OnceLock: every worker inherits the values that its parent had made.";
  // Nobody waits long for the locks of a connection that must not be used at all.
  static constexpr std::chrono::milliseconds database_patience{200};
};

}  // namespace prefork_server
