// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Version, features and compiler spellings. The lowest floor: includes nothing of ours.
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

// FIRST_USE_COLD: g++ compiles it for size. FIRST_USE_SLOW: apart from the hot path, but run in every first use.
// FIRST_USE_INLINE: small enough to be inlined into cold functions too.
#if defined(__GNUC__)
#define FIRST_USE_ABORT() __builtin_abort()
#define FIRST_USE_COLD __attribute__((noinline, cold))
#define FIRST_USE_SLOW __attribute__((noinline))
#define FIRST_USE_INLINE __attribute__((always_inline))
#define FIRST_USE_SHARED __attribute__((visibility("default")))
#define FIRST_USE_PER_LIBRARY __attribute__((visibility("hidden")))
#define FIRST_USE_SIGNATURE __PRETTY_FUNCTION__
#define FIRST_USE_NO_UNIQUE_ADDRESS [[no_unique_address]]
#elif defined(_MSC_VER)
#define FIRST_USE_COLD __declspec(noinline)
#define FIRST_USE_SLOW __declspec(noinline)
#define FIRST_USE_INLINE __forceinline
#define FIRST_USE_SHARED
#define FIRST_USE_PER_LIBRARY
#define FIRST_USE_SIGNATURE __FUNCSIG__
#define FIRST_USE_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define FIRST_USE_COLD
#define FIRST_USE_SLOW
#define FIRST_USE_INLINE
#define FIRST_USE_SHARED
#define FIRST_USE_PER_LIBRARY
#define FIRST_USE_SIGNATURE __func__
#define FIRST_USE_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

#if defined(__clang__)
#define FIRST_USE_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define FIRST_USE_LIFETIMEBOUND
#endif

// Which use of the cold call costs the hot path nothing: clang always wants what it returns left alone, as if it were void;
// g++ wants to go on with that, since what it keeps over a call lies in a register that it saves before the hot check; but
// on x86-64 not for one whose address it knows (a global). In a shared library such an address may come from a table, and
// is kept as any other: whether it does, g++ tells only by what it thinks of two addresses being the same.
#if !defined(__GNUC__) || defined(__clang__)
#define FIRST_USE_COLD_CALL_IS_VOID(object) true
#elif !defined(__x86_64__)
#define FIRST_USE_COLD_CALL_IS_VOID(object) __builtin_is_constant_evaluated()
#else
#define FIRST_USE_COLD_CALL_IS_VOID(object) \
  (__builtin_is_constant_evaluated() ||     \
   (__builtin_object_size(object, 0) != static_cast<decltype(sizeof(0))>(-1) && FIRST_USE_NEEDS_NO_TABLE(object)))
#if defined(__PIC__) && !defined(__PIE__)
#define FIRST_USE_NEEDS_NO_TABLE(object) \
  __builtin_constant_p(static_cast<void const*>(object) == static_cast<void const*>(&detail::Anchor::here))
#else
#define FIRST_USE_NEEDS_NO_TABLE(object) true
#endif
#endif

// Names a script in a section that gdb reads and the program does not load; of equal names the linker keeps one.
#if defined(__ELF__) && defined(__GNUC__)
#define FIRST_USE_GDB_SCRIPT(path) \
  asm(".pushsection .debug_gdb_scripts, \"MS\", %progbits, 1\n.byte 1\n.asciz \"" path "\"\n.popsection")
#endif
// Who debugs compiles without optimisation; other programs get no byte unasked.
#if defined(FIRST_USE_GDB_SCRIPT) && !defined(__OPTIMIZE__) && !defined(FIRST_USE_NO_GDB)
#define FIRST_USE_NAMES_GDB_SCRIPT 1
#else
#define FIRST_USE_NAMES_GDB_SCRIPT 0
#endif

// g++ sees that nothing lies in the room of a local object, does not see that the word says so, and warns in users' code
// of what "may be used uninitialized". After this it does not know where the pointer comes from. Not for hot paths.
#if defined(__GNUC__) && !defined(__clang__)
#define FIRST_USE_FORGET_ORIGIN(pointer) \
  if (!__builtin_is_constant_evaluated()) asm("" : "+r"(pointer))
#else
#define FIRST_USE_FORGET_ORIGIN(pointer) static_cast<void>(0)
#endif

#if defined(__GCC_ATOMIC_LLONG_LOCK_FREE) && __GCC_ATOMIC_LLONG_LOCK_FREE != 2
#define FIRST_USE_HAS_64_BIT_ATOMICS 0
#else
#define FIRST_USE_HAS_64_BIT_ATOMICS 1
#endif

// On RISC-V g++ 12 leaves the release of an exchange that compares out of its instructions; 14 has it.
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
#define FIRST_USE_EXCHANGE_FORGETS_RELEASE 1
#else
#define FIRST_USE_EXCHANGE_FORGETS_RELEASE 0
#endif

// Keeps what a signal handler of this thread may look at in program order.
#if defined(__GNUC__)
#define FIRST_USE_SIGNAL_FENCE() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#else
#define FIRST_USE_SIGNAL_FENCE() std::atomic_signal_fence(std::memory_order_seq_cst)
#endif

#if !defined(__GNUC__)
#include <atomic>
#include <cstdlib>
#define FIRST_USE_ABORT() std::abort()
#endif

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
