# SPDX-License-Identifier: MIT OR Apache-2.0
# Passes if SOURCE does not compile and the compiler's output matches every `// expect: REGEX` line of it.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../cmake/read_lines.cmake")

read_lines("${SOURCE}" lines)
set(expectations "")
foreach(line IN LISTS lines)
  if(line MATCHES "//[ ]*expect:[ ]*(.*[^ ])")
    list(APPEND expectations "${CMAKE_MATCH_1}")
  endif()
endforeach()
if(NOT expectations)
  message(FATAL_ERROR "${SOURCE} has no `// expect: REGEX` line: it would pass for any mistake")
endif()

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
# Plain ASCII quotes, and no quotation of the source: an `expect` line must not match itself.
set(ENV{LC_ALL} C)
set(quote_nothing -fno-diagnostics-show-caret)
if(COMPILER_ID MATCHES "Clang")
  set(quote_nothing -fno-caret-diagnostics)
endif()
execute_process(COMMAND "${COMPILER}" -std=c++20 ${flags} -fsyntax-only -fdiagnostics-color=never ${quote_nothing}
                        -I "${INCLUDE}" "${SOURCE}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, but must not")
endif()
foreach(expectation IN LISTS expectations)
  unprotect("${expectation}" expectation)
  if(NOT output MATCHES "${expectation}")
    message(FATAL_ERROR "nothing in the compiler's output matches '${expectation}':\n${output}")
  endif()
endforeach()
