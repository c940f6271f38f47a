# SPDX-License-Identifier: MIT OR Apache-2.0
# Debian: g++-mingw-w64-x86-64-posix, wine, wine64. Programs for Windows; static, so that they need none of g++'s DLLs.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
# std::atomic's waiting sleeps by WaitOnAddress.
set(CMAKE_CXX_STANDARD_LIBRARIES_INIT -lsynchronization)
set(CMAKE_CROSSCOMPILING_EMULATOR env WINEDEBUG=-all wine)
# Libraries of this machine are of no use; its GoogleTest is compiled from source instead.
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
