# SPDX-License-Identifier: MIT OR Apache-2.0
# `cmake -DRULE=... -P house.cmake`: rules of the house that a reader would have to check by eye.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/read_lines.cmake")

if(NOT DEFINED ROOT)
  cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH ROOT)
endif()
file(GLOB_RECURSE headers RELATIVE "${ROOT}" "${ROOT}/include/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "no header under ${ROOT}/include")
endif()
set(mistakes "")

# What a page explains must fit into a head.
function(check_file_length)
  foreach(file IN LISTS headers)
    read_lines("${ROOT}/${file}" lines)
    list(LENGTH lines length)
    if(length GREATER 300)
      string(APPEND mistakes "  ${file} has ${length} lines; 300 is the limit\n")
    endif()
  endforeach()
  return(PROPAGATE mistakes)
endfunction()

# A file copied out of the repository must still say what its licence is. JSON has no comments; the licences themselves
# need no licence line.
function(check_licence)
  set(files "")
  foreach(folder IN ITEMS include tests bench examples cmake .ci)
    file(GLOB_RECURSE some LIST_DIRECTORIES false RELATIVE "${ROOT}" "${ROOT}/${folder}/*")
    list(APPEND files ${some})
  endforeach()
  list(FILTER files EXCLUDE REGEX "\\.(json|txt)$|__pycache__")
  file(GLOB_RECURSE some RELATIVE "${ROOT}" "${ROOT}/tests/CMakeLists.txt" "${ROOT}/bench/CMakeLists.txt"
       "${ROOT}/examples/CMakeLists.txt")
  list(APPEND files ${some} CMakeLists.txt README.md .gitignore .clang-format .clang-tidy)
  foreach(file IN LISTS files)
    if(NOT EXISTS "${ROOT}/${file}")
      continue()
    endif()
    # The start is enough: the line stands first, or second after #!.
    file(READ "${ROOT}/${file}" start LIMIT 200)
    if(NOT start MATCHES "SPDX-License-Identifier: MIT OR Apache-2\\.0[ \n]")
      string(APPEND mistakes "  ${file} does not start with SPDX-License-Identifier: MIT OR Apache-2.0\n")
    endif()
  endforeach()
  return(PROPAGATE mistakes)
endfunction()

# Another compiler is ported to in these two files and nowhere else.
function(check_gnu_spellings)
  list(REMOVE_ITEM headers include/first_use/detail/config.hpp include/first_use/sync/futex_sync.hpp)
  foreach(file IN LISTS headers)
    read_lines("${ROOT}/${file}" lines)
    set(number 0)
    foreach(line IN LISTS lines)
      math(EXPR number "${number} + 1")
      string(REGEX REPLACE "//.*" "" line "${line}")
      if(line MATCHES "(__attribute__|__builtin_[a-z_]*|__atomic_[a-z_]*)"
         OR line MATCHES "(^|[^A-Za-z0-9_])(asm|__asm__)([^A-Za-z0-9_]|$)")
        string(APPEND mistakes
               "  ${file}:${number}: ${CMAKE_MATCH_0}: GNU spellings stand in detail/config.hpp and sync/futex_sync.hpp\n")
      endif()
    endforeach()
  endforeach()
  return(PROPAGATE mistakes)
endfunction()

# An order that is not argued is a guess.
function(check_orderings_argued)
  foreach(file IN LISTS headers)
    file(READ "${ROOT}/${file}" text)
    if(text MATCHES "Order::(acquire|release|acq_rel|seq_cst)|memory_order_(acquire|release|acq_rel|seq_cst)"
       AND NOT text MATCHES "ORDERING:")
      string(APPEND mistakes "  ${file} chooses a memory order (${CMAKE_MATCH_0}) and argues none (ORDERING:)\n")
    endif()
  endforeach()
  return(PROPAGATE mistakes)
endfunction()

if(NOT COMMAND check_${RULE})
  message(FATAL_ERROR "no rule is called '${RULE}'")
endif()
cmake_language(CALL check_${RULE})
if(mistakes)
  message(FATAL_ERROR "${RULE}:\n${mistakes}")
endif()
