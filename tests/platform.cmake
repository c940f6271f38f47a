# SPDX-License-Identifier: MIT OR Apache-2.0
# Which tests the platform of this build cannot run, and why: platforms/left_out.txt says it, for platforms that this page
# tells apart. What a platform has is the library's own answer.
set(FIRST_USE_PLATFORM "")
if(CMAKE_CROSSCOMPILING)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES "${PROJECT_SOURCE_DIR}/include")
  set(CMAKE_CXX_STANDARD 20)
  foreach(feature IN ITEMS THREADS FORK EXCEPTIONS)
    check_cxx_source_compiles("
      #include <first_use/detail/config.hpp>
      static_assert(FIRST_USE_HAS_${feature});
      int main() {}" FIRST_USE_PLATFORM_HAS_${feature})
    if(NOT FIRST_USE_PLATFORM_HAS_${feature})
      list(APPEND FIRST_USE_PLATFORM no_${feature})
    endif()
  endforeach()
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_CXX_STANDARD)
  string(TOLOWER "${FIRST_USE_PLATFORM};cross;${CMAKE_SYSTEM_NAME}" FIRST_USE_PLATFORM)
endif()
if(FIRST_USE_ZIG_TARGET MATCHES "-musl")
  list(APPEND FIRST_USE_PLATFORM musl)
endif()

set(FIRST_USE_TESTS_ENVIRONMENT "")
if(CMAKE_CROSSCOMPILING_EMULATOR MATCHES "qemu")
  list(APPEND FIRST_USE_PLATFORM qemu)
  set(FIRST_USE_TESTS_ENVIRONMENT "FIRST_USE_TESTS_UNDER_QEMU=1")
  if(CMAKE_CXX_BYTE_ORDER STREQUAL "BIG_ENDIAN")
    list(APPEND FIRST_USE_PLATFORM qemu_big_endian)
  endif()
endif()

# For platforms/run, which counts cases.
option(FIRST_USE_TESTS_REPORT "Each GoogleTest program is one test and writes a report of its cases" OFF)

set(first_use_left_out "${CMAKE_CURRENT_LIST_DIR}/platforms/left_out.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${first_use_left_out}")
set(first_use_left_out_tests "")
set(first_use_left_out_reasons "")
file(STRINGS "${first_use_left_out}" lines REGEX "^[^#]")
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^([a-z0-9_]+) +([^ ]+) +([^ ].*)$")
    message(FATAL_ERROR "left_out.txt: not WHERE TEST WHY: ${line}")
  endif()
  if(CMAKE_MATCH_1 IN_LIST FIRST_USE_PLATFORM)
    list(APPEND first_use_left_out_tests "${CMAKE_MATCH_2}")
    list(APPEND first_use_left_out_reasons "${CMAKE_MATCH_3}")
  endif()
endforeach()

# first_use_why_left_out(NAME OUT): empty for a program that runs.
function(first_use_why_left_out name out)
  set(${out} "" PARENT_SCOPE)
  foreach(test reason IN ZIP_LISTS first_use_left_out_tests first_use_left_out_reasons)
    if(name MATCHES "^(${test})$")
      set(${out} "${reason}" PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# As first_use_add_skipped_test(), but for what depends on the flags of this build.
function(first_use_add_left_out_test name reason)
  first_use_add_skipped_test("${name}" "${reason}")
  set_tests_properties("${name}" PROPERTIES LABELS "")
endfunction()

# first_use_cases_here(NAME OUT): GoogleTest's filter for a program, empty for all its cases.
function(first_use_cases_here name out)
  set(filter "")
  foreach(test reason IN ZIP_LISTS first_use_left_out_tests first_use_left_out_reasons)
    if(test MATCHES "^([^:]+):(.+)$")
      set(program "${CMAKE_MATCH_1}")
      set(cases "${CMAKE_MATCH_2}")
      if(name MATCHES "^(${program})$")
        first_use_add_left_out_test("${name}:${cases}" "${reason}")
        string(APPEND filter ":${cases}")
      endif()
    endif()
  endforeach()
  string(REGEX REPLACE "^:" "--gtest_filter=-" filter "${filter}")
  set(${out} "${filter}" PARENT_SCOPE)
endfunction()
