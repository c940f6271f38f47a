# SPDX-License-Identifier: MIT OR Apache-2.0
# WebAssembly by a distribution's emscripten (Debian: emscripten), run by Node. FIRST_USE_EMSCRIPTEN_THREADS: with -pthread.
#
# An emsdk has a toolchain file of its own and needs nothing of this one.
include(/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FIRST_USE_EMSCRIPTEN_THREADS)

# Exceptions are off by themselves, and what is thrown then ends the program without a word. exit() must end it. -O0 is
# for the link alone, whose optimiser takes long.
set(CMAKE_CXX_FLAGS_INIT -fexceptions)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-O0 -fexceptions -sEXIT_RUNTIME=1 -sINITIAL_MEMORY=268435456")
if(FIRST_USE_EMSCRIPTEN_THREADS)
  string(APPEND CMAKE_CXX_FLAGS_INIT " -pthread")
  # main() in a thread of its own: Node's must be free to start threads and to take them back while main() waits.
  # Release 3.1.6 looks for an overflow in the stack of a thread that has ended, which has been freed.
  string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -pthread -sPROXY_TO_PTHREAD=1 -sSTACK_OVERFLOW_CHECK=0")
else()
  # There is a pthread_create(), which fails.
  set(CMAKE_DISABLE_FIND_PACKAGE_Threads TRUE)
endif()

# Release 3.1.6 asks a newer Node to fetch() a file.
list(GET CMAKE_CROSSCOMPILING_EMULATOR 0 node)
set(CMAKE_CROSSCOMPILING_EMULATOR "${node};--no-experimental-fetch")
