# SPDX-License-Identifier: MIT OR Apache-2.0
# `cmake -D COMPILER=... -D SOURCE=... -D INCLUDE=... -D PROGRAM=... -P run.cmake`: compiles against libc++ and runs.
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND "${COMPILER}" -std=c++23 -stdlib=libc++ -O1 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                        "-I${INCLUDE}" "${SOURCE}" -pthread -o "${PROGRAM}"
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${PROGRAM}" COMMAND_ERROR_IS_FATAL ANY)
