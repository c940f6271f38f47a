# SPDX-License-Identifier: MIT OR Apache-2.0
# For our own build only. It is linked PRIVATE by our executables and by nothing that is exported: a warning that a newer
# compiler invents must not break the build of a user.
add_library(first_use_warnings INTERFACE)
target_compile_options(first_use_warnings INTERFACE
  "$<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Werror>"
  "$<$<CXX_COMPILER_ID:MSVC>:/W4;/WX>")
