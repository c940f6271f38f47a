# SPDX-License-Identifier: MIT OR Apache-2.0
# The core headers pull in no heavy header of the standard library, by whatever way. On Linux: elsewhere AtomicSync needs
# <atomic>.
cmake_minimum_required(VERSION 3.25)

set(heavy atomic chrono functional iostream memory mutex string thread)

if(NOT CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux")
  message("[skipped] promised for Linux only")
  return()
endif()
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND "${COMPILER}" -std=c++20 ${flags} -M -x c++ -I "${INCLUDE}" "${INCLUDE}/${HEADER}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${error}")
endif()
# The rule of make that -M prints: paths, a backslash at each line's end.
string(REGEX REPLACE "[\\\n\t ]+" ";" files "${output}")
set(found "")
foreach(file IN LISTS files)
  # Only the standard library's own folder: sys/, experimental/ and the like have files of the same names.
  if(file MATCHES "/c\\+\\+/[^/]+/([a-z_]+)$" AND CMAKE_MATCH_1 IN_LIST heavy)
    list(APPEND found "<${CMAKE_MATCH_1}>")
  endif()
endforeach()
if(NOT output MATCHES "/c\\+\\+/")
  message(FATAL_ERROR "not one standard header among the dependencies: has the output of -M another form here?\n${output}")
endif()
if(found)
  list(JOIN found " " found)
  message(FATAL_ERROR "${HEADER} pulls in ${found}")
endif()
