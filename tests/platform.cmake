# SPDX-License-Identifier: MIT OR Apache-2.0
# Which tests the platform of this build cannot run, and why. What it has is the library's own answer.
set(FIRST_USE_PLATFORM_LACKS "")
if(CMAKE_CROSSCOMPILING)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES "${PROJECT_SOURCE_DIR}/include")
  set(CMAKE_REQUIRED_FLAGS -std=c++20)
  foreach(feature IN ITEMS THREADS FORK EXCEPTIONS)
    check_cxx_source_compiles("
      #include <first_use/detail/config.hpp>
      static_assert(FIRST_USE_HAS_${feature});
      int main() {}" FIRST_USE_PLATFORM_HAS_${feature})
    if(NOT FIRST_USE_PLATFORM_HAS_${feature})
      list(APPEND FIRST_USE_PLATFORM_LACKS ${feature})
    endif()
  endforeach()
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_FLAGS)
endif()

# first_use_why_left_out(NAME OUT): empty for a test that runs. A test that can do without some of its cases does so by
# #if, and does not stand here.
function(first_use_why_left_out name out)
  set(reason "")
  if("FORK" IN_LIST FIRST_USE_PLATFORM_LACKS AND name MATCHES "^fork/" AND NOT name MATCHES "^fork/without_fork")
    set(reason "there is no fork on this platform")
  elseif("FORK" IN_LIST FIRST_USE_PLATFORM_LACKS AND name MATCHES "^(codegen/registers_late|messages/every_message)_")
    set(reason "needs children that fork makes")
  elseif("THREADS" IN_LIST FIRST_USE_PLATFORM_LACKS
         AND name MATCHES "^(once_lock_(takeover|threads|waiting)|lazy_lock_threads|observer_waits|thread_exit)_test$|^race/(racing|signal)_test$|^sync/(counted_waits|critical_section_sync|mutex_sync|rings|sync_policy|timed_waits|waiting|waiting_failures)_test$|^detail/(acyclic|mixed_rings|running)_test$")
    set(reason "there are no threads on this platform")
  elseif("EXCEPTIONS" IN_LIST FIRST_USE_PLATFORM_LACKS
         AND name MATCHES "^(once_failure|once_lock_failure|lazy_lock_failure|lazy_lock_knots)_test$")
    set(reason "there are no exceptions on this platform")
  elseif(CMAKE_CROSSCOMPILING AND name MATCHES "^model/")
    set(reason "the model needs no platform, but fibers")
  endif()
  set(${out} "${reason}" PARENT_SCOPE)
endfunction()
