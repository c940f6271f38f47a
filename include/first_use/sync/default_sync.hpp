// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The only list of policies to choose from: FIRST_USE_DEFAULT_SYNC picks what Once, OnceLock and LazyLock use.
#ifndef FIRST_USE_SYNC_DEFAULT_SYNC_HPP
#define FIRST_USE_SYNC_DEFAULT_SYNC_HPP

#include <first_use/detail/config.hpp>
#include <first_use/sync/single_thread_sync.hpp>

#if FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_FUTEX
#include <first_use/sync/futex_sync.hpp>
#elif FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_ATOMIC
#include <first_use/sync/atomic_sync.hpp>
#elif FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_MUTEX
#include <first_use/sync/mutex_sync.hpp>
#endif

FIRST_USE_BEGIN

#if FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_FUTEX
using DefaultSync = FutexSync;
#elif FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_ATOMIC
using DefaultSync = AtomicSync;
#elif FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_MUTEX
using DefaultSync = MutexSync;
#else
using DefaultSync = SingleThreadSync;
#endif

FIRST_USE_END

#endif
