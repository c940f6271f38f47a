# SPDX-License-Identifier: MIT OR Apache-2.0
# WebAssembly that talks to its host by WASI, built by a distribution's clang and run by Node.
#
#   cmake --toolchain cmake/toolchains/wasm32-wasi.cmake ...
#
# Debian: clang lld llvm wasi-libc libc++-dev-wasm32 libclang-rt-dev-wasm32 nodejs
#
# FIRST_USE_WASI_SYSROOT names another sysroot (of a wasi-sdk, say). Otherwise one is made of the distribution's folders:
# without a sysroot clang searches /usr/include after them, and __has_include finds headers of the host.
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/../modules")

if(NOT FIRST_USE_WASI_SYSROOT)
  if(NOT EXISTS /usr/lib/wasm32-wasi/libc++.a)
    message(FATAL_ERROR "No C++ library for wasm32-wasi is installed (Debian: wasi-libc libc++-dev-wasm32 "
                        "libclang-rt-dev-wasm32), and FIRST_USE_WASI_SYSROOT is not set")
  endif()
  set(FIRST_USE_WASI_SYSROOT "${CMAKE_BINARY_DIR}/wasi-sysroot")
  foreach(part IN ITEMS include lib)
    file(MAKE_DIRECTORY "${FIRST_USE_WASI_SYSROOT}/${part}")
    file(CREATE_LINK "/usr/${part}/wasm32-wasi" "${FIRST_USE_WASI_SYSROOT}/${part}/wasm32-wasi" SYMBOLIC)
  endforeach()
endif()
set(CMAKE_SYSROOT "${FIRST_USE_WASI_SYSROOT}")
# CMake reads this file again for each of its small test programs, in a folder of their own.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FIRST_USE_WASI_SYSROOT)

set(CMAKE_C_COMPILER clang)
set(CMAKE_CXX_COMPILER clang++)
foreach(language IN ITEMS C CXX)
  set(CMAKE_${language}_COMPILER_TARGET wasm32-wasi)
endforeach()
# clang claims exceptions, but there is nothing to throw them with.
set(CMAKE_CXX_FLAGS_INIT -fno-exceptions)
# Above -O0 the link runs wasm-opt where that is installed, which takes longer than all the rest.
set(CMAKE_EXE_LINKER_FLAGS_INIT -O0)

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind IN ITEMS LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()

find_program(FIRST_USE_NODE NAMES node nodejs DOC "Runs programs for WASI")
if(FIRST_USE_NODE)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${FIRST_USE_NODE};--no-warnings;${CMAKE_CURRENT_LIST_DIR}/../wasi/run.mjs")
endif()
