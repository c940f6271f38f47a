// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which sanitizer and which libc a test is compiled for: some tests cannot live with one, or do more with another.
#ifndef FIRST_USE_TESTS_SANITIZERS_HPP
#define FIRST_USE_TESTS_SANITIZERS_HPP

#include <cstdlib>  // which libc this is

#if defined(__has_feature)
#define FIRST_USE_TESTS_HAS_FEATURE(feature) __has_feature(feature)
#else
#define FIRST_USE_TESTS_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || FIRST_USE_TESTS_HAS_FEATURE(address_sanitizer)
#define FIRST_USE_TESTS_UNDER_ASAN 1
#else
#define FIRST_USE_TESTS_UNDER_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || FIRST_USE_TESTS_HAS_FEATURE(thread_sanitizer)
#define FIRST_USE_TESTS_UNDER_TSAN 1
#else
#define FIRST_USE_TESTS_UNDER_TSAN 0
#endif
#define FIRST_USE_TESTS_UNDER_MSAN FIRST_USE_TESTS_HAS_FEATURE(memory_sanitizer)
#define FIRST_USE_TESTS_SANITIZED (FIRST_USE_TESTS_UNDER_ASAN || FIRST_USE_TESTS_UNDER_TSAN)

// clang's ThreadSanitizer registers its own fork handlers by the program's pthread_atfork(), before it is ready to see what
// an instrumented function does.
#if FIRST_USE_TESTS_UNDER_TSAN && defined(__clang__)
#define FIRST_USE_TESTS_UNSEEN __attribute__((disable_sanitizer_instrumentation))
#else
#define FIRST_USE_TESTS_UNSEEN
#endif

// For definitions in place of libc's: only GNU's declares that its functions do not throw.
#if defined(__GLIBC__)
#define FIRST_USE_TESTS_AS_LIBC_DECLARES noexcept
#else
#define FIRST_USE_TESTS_AS_LIBC_DECLARES
#endif

// makecontext(), which musl lacks and macOS deprecates. Sanitizers do not follow a thread from stack to stack.
#if defined(__GLIBC__) && !FIRST_USE_TESTS_SANITIZED
#define FIRST_USE_TESTS_HAVE_FIBERS 1
#else
#define FIRST_USE_TESTS_HAVE_FIBERS 0
#endif

#endif
