# SPDX-License-Identifier: MIT OR Apache-2.0
# CMake knows no system called WASI. It has archives and programs, and nothing that is shared.
# The suffix stands here because CMake sets its own after the toolchain file and before this one.
set(CMAKE_EXECUTABLE_SUFFIX .wasm)
set_property(GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS FALSE)
