# SPDX-License-Identifier: MIT OR Apache-2.0
# `cmake -DPROGRAM=... -DARGUMENTS=... -DEXIT_CODE=... -DSAYS=... -DWORK=... -P prefork_server.cmake`: the example ends
# with that exit code, says that, and deletes its temporary files. (examples/CMakeLists.txt runs this.)
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(ENV{TMPDIR} "${WORK}")
execute_process(COMMAND "${PROGRAM}" ${ARGUMENTS} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
message(STATUS "${output}")

string(FIND "${output}" "${SAYS}" place)
if(NOT result STREQUAL EXIT_CODE)
  message(FATAL_ERROR "the exit code is ${result} instead of ${EXIT_CODE}")
elseif(place EQUAL -1)
  message(FATAL_ERROR "it does not say '${SAYS}'")
endif()

file(GLOB left_behind "${WORK}/*")
if(left_behind)
  message(FATAL_ERROR "it left behind: ${left_behind}")
endif()
