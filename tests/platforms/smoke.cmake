# SPDX-License-Identifier: MIT OR Apache-2.0
# `cmake -D COMPILER=... -D EMULATOR=... -D SOURCE=... -D INCLUDE=... -D PROGRAM=... -P smoke.cmake`: one program of the
# suite, compiled for another machine and run by an emulator of it.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET INCLUDE PARENT_PATH root)
execute_process(COMMAND "${COMPILER}" -std=c++20 -O1 -Wall -Wextra -Wconversion -Wshadow -Werror -pthread -static
                        -I "${INCLUDE}" -I "${root}/tests" "${SOURCE}" -o "${PROGRAM}"
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${EMULATOR}" "${PROGRAM}" RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(result EQUAL 77)
  message("[skipped] ${said}")
elseif(NOT result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} ended with ${result} under ${EMULATOR}:\n${said}")
endif()
