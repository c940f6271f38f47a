// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How each compiler spells what the language has no word for. The lowest floor: includes nothing of ours.
#ifndef FIRST_USE_DETAIL_COMPILER_HPP
#define FIRST_USE_DETAIL_COMPILER_HPP

// FIRST_USE_COLD: compilers compile it for size. FIRST_USE_SLOW: apart from the hot path, but run in every first use.
// FIRST_USE_SLOW_AT_SITE: called from a hot path, too; clang does less before it knows that it must if it is cold.
// FIRST_USE_INLINE: small enough to be inlined into cold functions too.
#if defined(__GNUC__)
#define FIRST_USE_ABORT() __builtin_abort()
#define FIRST_USE_COLD __attribute__((noinline, cold))
#define FIRST_USE_SLOW __attribute__((noinline))
#if defined(__clang__)
#define FIRST_USE_SLOW_AT_SITE FIRST_USE_COLD
#else
#define FIRST_USE_SLOW_AT_SITE FIRST_USE_SLOW
#endif
#define FIRST_USE_INLINE __attribute__((always_inline))
#define FIRST_USE_SHARED __attribute__((visibility("default")))
#define FIRST_USE_PER_LIBRARY __attribute__((visibility("hidden")))
#define FIRST_USE_SIGNATURE __PRETTY_FUNCTION__
#define FIRST_USE_NO_UNIQUE_ADDRESS [[no_unique_address]]
#elif defined(_MSC_VER)
#define FIRST_USE_COLD __declspec(noinline)
#define FIRST_USE_SLOW __declspec(noinline)
#define FIRST_USE_SLOW_AT_SITE FIRST_USE_SLOW
#define FIRST_USE_INLINE __forceinline
#define FIRST_USE_SHARED
#define FIRST_USE_PER_LIBRARY
#define FIRST_USE_SIGNATURE __FUNCSIG__
#define FIRST_USE_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define FIRST_USE_COLD
#define FIRST_USE_SLOW
#define FIRST_USE_SLOW_AT_SITE
#define FIRST_USE_INLINE
#define FIRST_USE_SHARED
#define FIRST_USE_PER_LIBRARY
#define FIRST_USE_SIGNATURE __func__
#define FIRST_USE_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

// Copying the bytes of a call into a pointer and out of it (detail/callable.hpp). To clang a pointer with unwritten bytes,
// such as padding, is no value at all; g++ only copies it (and would not say of a captured reference that it has none).
#if defined(__GNUC__)
#define FIRST_USE_COPY_BYTES(to, from, size) __builtin_memcpy(to, from, size)
#define FIRST_USE_BIT_CAST(type, bytes) __builtin_bit_cast(type, bytes)
#if defined(__clang__)
#define FIRST_USE_TRAVELS_IN_A_POINTER(type) \
  (sizeof(type) <= sizeof(void*) && (__is_empty(type) || __has_unique_object_representations(type)))
#else
#define FIRST_USE_TRAVELS_IN_A_POINTER(type) (sizeof(type) <= sizeof(void*))
#endif
#else
#define FIRST_USE_COPY_BYTES(to, from, size) static_cast<void>(0)
#define FIRST_USE_BIT_CAST(type, bytes) (bytes)
#define FIRST_USE_TRAVELS_IN_A_POINTER(type) false
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

// ORDERING: of the compiler alone: keeps what a signal handler of this thread may look at in program order.
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

#endif
