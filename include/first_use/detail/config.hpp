// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Version, features and namespaces.
//
// What a user may define, alike in every file of a program:
//   FIRST_USE_DEFAULT_SYNC   FIRST_USE_SYNC_FUTEX, _ATOMIC, _MUTEX or _SINGLE_THREAD (default: what the platform has)
//   FIRST_USE_NO_EXCEPTIONS  errors print one line and abort, even where the compiler has exceptions
//   FIRST_USE_NO_FORK        treat the platform as one without fork
//   FIRST_USE_ATFORK_ONLY    never ask the kernel for a wiped page; for testing the fork handlers alone
//   FIRST_USE_VALGRIND       for debugging: helgrind and drd are told what the words order (needs <valgrind/helgrind.h>)
//   FIRST_USE_NO_GDB         unoptimised files do not name the script for gdb (gdb.hpp) either
#ifndef FIRST_USE_DETAIL_CONFIG_HPP
#define FIRST_USE_DETAIL_CONFIG_HPP

#include <first_use/detail/compiler.hpp>

#define FIRST_USE_VERSION_MAJOR 0
#define FIRST_USE_VERSION_MINOR 1
#define FIRST_USE_VERSION_PATCH 0

#define FIRST_USE_SYNC_FUTEX 1
#define FIRST_USE_SYNC_ATOMIC 2
#define FIRST_USE_SYNC_MUTEX 3
#define FIRST_USE_SYNC_SINGLE_THREAD 4

// For wasi clang claims exceptions by __cpp_exceptions; a throw does not link but with WebAssembly's own.
#if !defined(__wasi__) || defined(__wasm_exception_handling__)
#define FIRST_USE_CAN_THROW 1
#else
#define FIRST_USE_CAN_THROW 0
#endif
#if defined(__cpp_exceptions) && !defined(FIRST_USE_NO_EXCEPTIONS) && FIRST_USE_CAN_THROW
#define FIRST_USE_HAS_EXCEPTIONS 1
#define FIRST_USE_TRY try
#define FIRST_USE_CATCH_AND_RETHROW(declaration, statement) \
  catch (declaration) {                                     \
    statement;                                              \
    throw;                                                  \
  }
#else
#define FIRST_USE_HAS_EXCEPTIONS 0
#define FIRST_USE_TRY
#define FIRST_USE_CATCH_AND_RETHROW(declaration, statement)
#endif

#if defined(__wasm__) && !defined(__wasm_atomics__)
#define FIRST_USE_HAS_THREADS 0
#else
#define FIRST_USE_HAS_THREADS 1
#endif

#if defined(__linux__) && defined(__GNUC__)
#define FIRST_USE_HAS_FUTEX 1
#else
#define FIRST_USE_HAS_FUTEX 0
#endif

#if (defined(__unix__) || defined(__APPLE__)) && !defined(__wasm__) && !defined(FIRST_USE_NO_FORK)
#define FIRST_USE_HAS_FORK 1
#else
#define FIRST_USE_HAS_FORK 0
#endif

#if FIRST_USE_HAS_FORK && defined(__linux__) && !defined(FIRST_USE_ATFORK_ONLY)
#define FIRST_USE_HAS_WIPED_PAGE 1
#else
#define FIRST_USE_HAS_WIPED_PAGE 0
#endif

// The largest page a kernel of this architecture may use: the room set aside around the published word.
#if defined(__x86_64__) || defined(__i386__) || defined(__s390__) || defined(__riscv)
#define FIRST_USE_LARGEST_PAGE 4096
#else
#define FIRST_USE_LARGEST_PAGE 65536
#endif

#ifndef FIRST_USE_DEFAULT_SYNC
#if !FIRST_USE_HAS_THREADS
#define FIRST_USE_DEFAULT_SYNC FIRST_USE_SYNC_SINGLE_THREAD
#elif FIRST_USE_HAS_FUTEX
#define FIRST_USE_DEFAULT_SYNC FIRST_USE_SYNC_FUTEX
#else
#define FIRST_USE_DEFAULT_SYNC FIRST_USE_SYNC_ATOMIC
#endif
#endif

// The ABI number, then what changes the process-wide part, then (FIRST_USE_TAG) what changes any other body or layout:
// one symbol must never have two bodies.
#if !FIRST_USE_HAS_FORK
#define FIRST_USE_ABI_NAME(suffix) abi_1_no_fork##suffix
#elif defined(FIRST_USE_ATFORK_ONLY)
#define FIRST_USE_ABI_NAME(suffix) abi_1_atfork_only##suffix
#else
#define FIRST_USE_ABI_NAME(suffix) abi_1##suffix
#endif
#if defined(FIRST_USE_VALGRIND)
#define FIRST_USE_TELLS_VALGRIND 1
#define FIRST_USE_ABI FIRST_USE_ABI_NAME(_valgrind)
#else
#define FIRST_USE_TELLS_VALGRIND 0
#define FIRST_USE_ABI FIRST_USE_ABI_NAME()
#endif

#if FIRST_USE_HAS_EXCEPTIONS
#define FIRST_USE_TAG_NAME(sync) throws_##sync
#else
#define FIRST_USE_TAG_NAME(sync) aborts_##sync
#endif
#if FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_FUTEX
#define FIRST_USE_TAG FIRST_USE_TAG_NAME(futex)
#elif FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_ATOMIC
#define FIRST_USE_TAG FIRST_USE_TAG_NAME(atomic)
#elif FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_MUTEX
#define FIRST_USE_TAG FIRST_USE_TAG_NAME(mutex)
#elif FIRST_USE_DEFAULT_SYNC == FIRST_USE_SYNC_SINGLE_THREAD
#define FIRST_USE_TAG FIRST_USE_TAG_NAME(single_thread)
#else
#error "FIRST_USE_DEFAULT_SYNC must be FIRST_USE_SYNC_FUTEX, _ATOMIC, _MUTEX or _SINGLE_THREAD"
#endif

// What exists once per process, and types that cross every boundary (errors), live in the plain namespace; all else in
// the tagged one inside it. Both are inline: users write first_use::.
// The plain one is visible whatever -fvisibility says, or each library would have a process of its own.
#if defined(__GNUC__)
#define FIRST_USE_ABI_VISIBLE FIRST_USE_ABI __attribute__((visibility("default")))
#else
#define FIRST_USE_ABI_VISIBLE FIRST_USE_ABI
#endif
// What clang's -Weverything has to say about code that needs no change: a header-only library has weak vtables, walks its
// own buffers, and is C++20.
#if defined(__clang__)
#define FIRST_USE_QUIET                                                                             \
  _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wunknown-warning-option\"") \
      _Pragma("clang diagnostic ignored \"-Wweak-vtables\"")                                        \
          _Pragma("clang diagnostic ignored \"-Wunsafe-buffer-usage\"")                             \
              _Pragma("clang diagnostic ignored \"-Wswitch-default\"")                              \
                  _Pragma("clang diagnostic ignored \"-Wpre-c++20-compat\"")                        \
                      _Pragma("clang diagnostic ignored \"-Wc++20-compat\"")
#define FIRST_USE_UNQUIET _Pragma("clang diagnostic pop")
#else
#define FIRST_USE_QUIET
#define FIRST_USE_UNQUIET
#endif
#define FIRST_USE_BEGIN_PLAIN \
  FIRST_USE_QUIET             \
  namespace first_use {       \
  inline namespace FIRST_USE_ABI_VISIBLE {
#define FIRST_USE_END_PLAIN \
  }                         \
  }                         \
  FIRST_USE_UNQUIET
#define FIRST_USE_BEGIN            \
  FIRST_USE_QUIET                  \
  namespace first_use {            \
  inline namespace FIRST_USE_ABI { \
  inline namespace FIRST_USE_TAG {
#define FIRST_USE_END \
  }                   \
  }                   \
  }                   \
  FIRST_USE_UNQUIET

FIRST_USE_BEGIN_PLAIN
namespace process {

/// One pointer that threads may exchange without a policy at hand: it serves the error handler, which is below them.
template <class Pointer>
class SharedPointer {
 public:
  constexpr explicit SharedPointer(Pointer pointer) noexcept : pointer_{pointer} {}
#if defined(__GNUC__)
  // ORDERING: acquire pairs with the release half of exchange(): the handler's own data was written before it.
  FIRST_USE_INLINE Pointer load() const noexcept { return __atomic_load_n(&pointer_, __ATOMIC_ACQUIRE); }
  // ORDERING: acq_rel pairs with load() and with an earlier exchange(), whose handler is handed back.
  Pointer exchange(Pointer to) noexcept { return __atomic_exchange_n(&pointer_, to, __ATOMIC_ACQ_REL); }

 private:
  Pointer pointer_;
#else
  Pointer load() const noexcept { return pointer_.load(); }
  Pointer exchange(Pointer to) noexcept { return pointer_.exchange(to); }

 private:
  std::atomic<Pointer> pointer_;
#endif
};

}  // namespace process
FIRST_USE_END_PLAIN

FIRST_USE_BEGIN
namespace detail {
using namespace process;
}
FIRST_USE_END

#endif
