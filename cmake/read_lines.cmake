# SPDX-License-Identifier: MIT OR Apache-2.0
# read_lines(FILE OUT): the lines of a file as a list. CMake's own file(STRINGS) lets ; [ ] and \ in a line tear the list
# apart, so these four travel as control characters; unprotect(LINE OUT) brings them back.
string(ASCII 1 protected_semicolon)
string(ASCII 2 protected_open)
string(ASCII 3 protected_close)
string(ASCII 4 protected_backslash)

function(read_lines file out)
  file(READ "${file}" text)
  string(REPLACE ";" "${protected_semicolon}" text "${text}")
  string(REPLACE "[" "${protected_open}" text "${text}")
  string(REPLACE "]" "${protected_close}" text "${text}")
  string(REPLACE "\\" "${protected_backslash}" text "${text}")
  string(REGEX REPLACE "\n$" "" text "${text}")
  string(REPLACE "\n" ";" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(unprotect line out)
  string(REPLACE "${protected_semicolon}" ";" line "${line}")
  string(REPLACE "${protected_open}" "[" line "${line}")
  string(REPLACE "${protected_close}" "]" line "${line}")
  string(REPLACE "${protected_backslash}" "\\" line "${line}")
  set(${out} "${line}" PARENT_SCOPE)
endfunction()
