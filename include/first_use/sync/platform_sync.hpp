// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The policy behind what exists once per process (generation, waits-for registry). It follows from the platform alone,
// never from a user's setting: all files of a program must agree on it.
#ifndef FIRST_USE_SYNC_PLATFORM_SYNC_HPP
#define FIRST_USE_SYNC_PLATFORM_SYNC_HPP

#include <first_use/detail/config.hpp>

#if !FIRST_USE_HAS_THREADS
#include <first_use/sync/single_thread_sync.hpp>
#elif FIRST_USE_HAS_FUTEX
#include <first_use/sync/futex_sync.hpp>
#else
#include <first_use/sync/atomic_sync.hpp>
#endif

FIRST_USE_BEGIN_PLAIN

#if !FIRST_USE_HAS_THREADS
using PlatformSync = SingleThreadSync;
#elif FIRST_USE_HAS_FUTEX
using PlatformSync = FutexSync;
#else
using PlatformSync = AtomicSync;
#endif

FIRST_USE_END_PLAIN

#endif
