// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A stack of its own that the program switches to and from; all of them share one thread of the system.
#ifndef FIRST_USE_TESTS_MODEL_FIBER_HPP
#define FIRST_USE_TESTS_MODEL_FIBER_HPP

#include <cstddef>
#include <cstring>
#include <memory>

#include <cxxabi.h>
#include <ucontext.h>

#if defined(_LIBCPP_VERSION)
// Both runtimes have it; libc++'s header does not say so.
namespace __cxxabiv1 {
struct __cxa_eh_globals;
extern "C" __cxa_eh_globals* __cxa_get_globals();
}  // namespace __cxxabiv1
#endif

namespace first_use_model {

class Fiber {
 public:
  Fiber() = default;
  Fiber(Fiber const&) = delete;
  Fiber& operator=(Fiber const&) = delete;

  /// Begins anew; whatever ran on this stack is forgotten, not unwound.
  void start(void (*entry)()) {
    if (!stack_) stack_ = std::make_unique<unsigned char[]>(stack_size);
    ::getcontext(&context_);
    context_.uc_stack.ss_sp = stack_.get();
    context_.uc_stack.ss_size = stack_size;
    context_.uc_link = nullptr;
    ::makecontext(&context_, entry, 0);
    exceptions_ = {};
  }

  static void change(Fiber& from, Fiber& to) {
    auto* const exceptions = reinterpret_cast<unsigned char*>(abi::__cxa_get_globals());
    std::memcpy(&from.exceptions_, exceptions, sizeof(Exceptions));
    std::memcpy(exceptions, &to.exceptions_, sizeof(Exceptions));
    ::swapcontext(&from.context_, &to.context_);
  }

 private:
  // What the C++ runtime keeps per thread: the exceptions caught and the number of those in flight.
  struct Exceptions {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };
  static constexpr std::size_t stack_size = 256 * 1024;

  ucontext_t context_{};
  std::unique_ptr<unsigned char[]> stack_;
  Exceptions exceptions_{};
};

}  // namespace first_use_model

#endif
