// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A WebAssembly module whose lazy asks the host for something, at the first call that needs it.
#include <first_use/lazy_lock.hpp>

// The host has to provide it. Whatever it does, it does not happen while the module is being loaded.
extern "C" [[clang::import_module("bank"), clang::import_name("euros_per_dollar")]] double euros_per_dollar();

constinit first_use::LazyLock rate{[] { return euros_per_dollar(); }};

extern "C" [[clang::export_name("in_euro")]] double in_euro(double dollars) { return dollars * *rate; }
