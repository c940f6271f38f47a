// SPDX-License-Identifier: MIT OR Apache-2.0
//
// As on WASI without threads: neither fork nor anybody to wait for.
#define WITHOUT_THREADS_TOO
#include "without_fork_nogtest.cpp"
