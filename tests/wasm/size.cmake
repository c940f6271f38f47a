# SPDX-License-Identifier: MIT OR Apache-2.0
cmake_minimum_required(VERSION 3.25)
file(SIZE "${PROGRAM}" size)
message("${PROGRAM}: ${size} bytes (limit: ${LIMIT})")
if(size GREATER LIMIT OR size LESS 1000)
  message(FATAL_ERROR "that is not what was expected")
endif()
