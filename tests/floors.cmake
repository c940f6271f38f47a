# SPDX-License-Identifier: MIT OR Apache-2.0
# `cmake -P floors.cmake`: a header includes only headers of lower floors, so that the lower ones can be read, tested and
# changed without the higher ones. One line per floor, bottom first. include/first_use/README.md explains them.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../cmake/read_lines.cmake")

set(floors
  "detail/compiler.hpp"
  "detail/config.hpp"
  "gdb.hpp detail/errors.hpp detail/slot.hpp detail/try_result.hpp detail/valgrind.hpp"
  "sync/sync_policy.hpp detail/raise.hpp detail/frame.hpp"
  "detail/timing.hpp detail/callable.hpp sync/futex_sync.hpp sync/atomic_sync.hpp sync/single_thread_sync.hpp sync/critical_section_sync.hpp"
  "sync/platform_sync.hpp detail/race_word.hpp"
  "fork/generation.hpp named.hpp race/once_ref.hpp race/once_non_zero.hpp race/once_bool.hpp race/once_box.hpp"
  "fork/fork_policy.hpp observer.hpp sync/mutex_sync.hpp detail/running.hpp race.hpp"
  "fork/wipe_on_fork.hpp sync/default_sync.hpp"
  "detail/machine.hpp"
  "detail/attempt.hpp"
  "detail/whole_attempt.hpp"
  "once.hpp detail/lock_store.hpp"
  "detail/lock_core.hpp detail/lazy_store.hpp"
  "once_lock.hpp lazy_lock.hpp never_destroyed.hpp"
  "once_cell.hpp lazy_cell.hpp"
  "wiped.hpp python/attach_aware_sync.hpp"
  "python/py_core.hpp"
  "python/py_once_lock.hpp python/py_interpreters.hpp"
  "python/py_interpreter_once_lock.hpp"
  "python/py_imported.hpp"
  "python.hpp"
  "format.hpp"
  "first_use.hpp")

# INCLUDE can be given to try the rule on another tree.
if(NOT DEFINED INCLUDE)
  cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
  set(INCLUDE "${root}/include")
endif()

set(number 0)
foreach(floor IN LISTS floors)
  separate_arguments(floor UNIX_COMMAND "${floor}")
  foreach(header IN LISTS floor)
    set("floor_of_${header}" ${number})
  endforeach()
  math(EXPR number "${number} + 1")
endforeach()

set(mistakes "")
file(GLOB_RECURSE headers RELATIVE "${INCLUDE}/first_use" "${INCLUDE}/first_use/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "no header under ${INCLUDE}/first_use")
endif()
foreach(header IN LISTS headers)
  if(NOT DEFINED "floor_of_${header}")
    string(APPEND mistakes "  ${header} lives on no floor: give it one in tests/floors.cmake\n")
    continue()
  endif()
  set(floor "${floor_of_${header}}")
  read_lines("${INCLUDE}/first_use/${header}" lines)
  foreach(line IN LISTS lines)
    if(line MATCHES "^[ \t]*#[ \t]*include[ \t]*\"")
      unprotect("${line}" line)
      string(APPEND mistakes "  ${header}: ${line}: write <first_use/...>, so that floors can be seen\n")
    elseif(line MATCHES "^[ \t]*#[ \t]*include[ \t]*<first_use/([^>]+)>")
      set(included "${CMAKE_MATCH_1}")
      if(NOT DEFINED "floor_of_${included}")
        string(APPEND mistakes "  ${header} (floor ${floor}) includes ${included}, which lives on no floor\n")
      elseif(NOT "${floor_of_${included}}" LESS floor)
        string(APPEND mistakes
               "  ${header} (floor ${floor}) includes ${included} (floor ${floor_of_${included}}), which is not below it\n")
      endif()
    endif()
  endforeach()
endforeach()
if(mistakes)
  message(FATAL_ERROR "Floors:\n${mistakes}")
endif()
