# SPDX-License-Identifier: MIT OR Apache-2.0
# On wasm32-wasi no header of ours asks for threads, locks, atomics, processes or signals, and nothing that the core
# includes brings a mutex or a thread along. (libc++'s <optional> itself brings <atomic>.)
cmake_minimum_required(VERSION 3.25)

# The host's headers must not be found.
foreach(part IN ITEMS include lib)
  file(MAKE_DIRECTORY "${WORK}/${part}")
  file(CREATE_LINK "/usr/${part}/wasm32-wasi" "${WORK}/${part}/wasm32-wasi" SYMBOLIC)
endforeach()

set(asked_for "atomic|barrier|chrono|condition_variable|future|latch|mutex|semaphore|shared_mutex|stop_token|thread")
string(APPEND asked_for "|pthread.h|sched.h|signal.h|sys/mman.h|sys/syscall.h|sys/wait.h|linux/.*")
set(brought "condition_variable|future|mutex|thread|__threading_support|pthread.h|sched.h|signal.h|sys/wait.h")
set(light once once_lock once_cell lazy_lock lazy_cell never_destroyed named observer race wiped)

set(mistakes "")
set(directives 0)
foreach(header IN LISTS light ITEMS format first_use)
  file(WRITE "${WORK}/${header}.cpp" "#include <first_use/${header}.hpp>\n")
  execute_process(COMMAND "${COMPILER}" --target=wasm32-wasi "--sysroot=${WORK}" -std=c++20 -Wall -Wextra -Wpedantic -Werror
                          -I "${INCLUDE}" -fsyntax-only "${WORK}/${header}.cpp"
                  COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${COMPILER}" --target=wasm32-wasi "--sysroot=${WORK}" -std=c++20 -I "${INCLUDE}"
                          -E -dI "${WORK}/${header}.cpp" -o "${WORK}/${header}.ii"
                  COMMAND_ERROR_IS_FATAL ANY)
  # Where we are, and each #include that is not switched off.
  file(STRINGS "${WORK}/${header}.ii" lines REGEX "^# [0-9]+ \"|^#include ")
  set(file "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^# [0-9]+ \"([^\"]+)\"")
      set(file "${CMAKE_MATCH_1}")
      if(header IN_LIST light AND file MATCHES "/wasm32-wasi/(c\\+\\+/v1/)?(${brought})$")
        list(APPEND mistakes "${header}.hpp brings <${CMAKE_MATCH_2}>")
      endif()
    elseif(file MATCHES "/first_use/[^/]*(/[^/]*)?\\.hpp$" AND line MATCHES "^#include <(.*)>")
      math(EXPR directives "${directives} + 1")
      set(included "${CMAKE_MATCH_1}")
      if(included MATCHES "^(${asked_for})$")
        list(APPEND mistakes "${file} includes <${included}>")
      endif()
    endif()
  endforeach()
endforeach()
if(mistakes)
  list(REMOVE_DUPLICATES mistakes)
  list(JOIN mistakes "\n" mistakes)
  message(FATAL_ERROR "${mistakes}")
endif()
if(directives LESS 100)
  message(FATAL_ERROR "only ${directives} #include lines of ours were seen: has the output of -dI another form here?")
endif()
