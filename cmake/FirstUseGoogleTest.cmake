# SPDX-License-Identifier: MIT OR Apache-2.0
# Defines GTest::gtest_main and GTest::gmock.
#
# A distribution's GoogleTest is the quickest, but it was compiled with exceptions and without a sanitizer. Builds that
# differ there set FIRST_USE_GTEST_FROM_SOURCE and compile it with their own flags. It is compiled here, file by file:
# GoogleTest's own CMake project adds -fexceptions behind our -fno-exceptions.
option(FIRST_USE_GTEST_FROM_SOURCE "Compile GoogleTest with the flags of this build" OFF)

if(NOT FIRST_USE_GTEST_FROM_SOURCE)
  find_package(GTest QUIET)
  if(TARGET GTest::gtest_main AND TARGET GTest::gmock)
    message(STATUS "first_use: GoogleTest ${GTest_VERSION} is the installed one")
    return()
  endif()
endif()

find_path(FIRST_USE_GTEST_SOURCE_DIR googletest/src/gtest-all.cc
          PATHS /usr/src/googletest /usr/local/src/googletest
          NO_CMAKE_FIND_ROOT_PATH  # sources are of no platform
          DOC "A GoogleTest source tree (Debian package googletest); downloaded if not found")
set(gtest_dir "${FIRST_USE_GTEST_SOURCE_DIR}")
if(NOT gtest_dir)
  include(FetchContent)
  FetchContent_Declare(first_use_googletest
    URL https://github.com/google/googletest/archive/refs/tags/v1.14.0.tar.gz
    URL_HASH SHA256=8ad598c73ad796e0d8280b082cebd82a630d73e73cd3c70057938a6501bba5d7
    DOWNLOAD_EXTRACT_TIMESTAMP FALSE
    # A directory that does not exist: fetch only, and leave its CMake project alone.
    SOURCE_SUBDIR not-as-a-subproject)
  FetchContent_MakeAvailable(first_use_googletest)
  set(gtest_dir "${first_use_googletest_SOURCE_DIR}")
endif()
message(STATUS "first_use: GoogleTest is compiled from ${gtest_dir}")

add_library(first_use_gtest STATIC "${gtest_dir}/googletest/src/gtest-all.cc" "${gtest_dir}/googlemock/src/gmock-all.cc"
                                   "${gtest_dir}/googletest/src/gtest_main.cc")
target_include_directories(first_use_gtest SYSTEM
  PUBLIC "${gtest_dir}/googletest/include" "${gtest_dir}/googlemock/include"
  PRIVATE "${gtest_dir}/googletest" "${gtest_dir}/googlemock")
target_compile_features(first_use_gtest PUBLIC cxx_std_20)
target_link_libraries(first_use_gtest PUBLIC $<TARGET_NAME_IF_EXISTS:Threads::Threads>)
if(CMAKE_SYSTEM_NAME STREQUAL "WASI")
  # It knows many platforms by what they lack, but not this one.
  target_compile_definitions(first_use_gtest PUBLIC GTEST_HAS_PTHREAD=0 GTEST_HAS_DEATH_TEST=0 GTEST_HAS_EXCEPTIONS=0
    GTEST_HAS_FILE_SYSTEM=0 GTEST_HAS_STREAM_REDIRECTION=0
    _WASI_EMULATED_GETPID _WASI_EMULATED_PROCESS_CLOCKS _WASI_EMULATED_SIGNAL)
  target_link_libraries(first_use_gtest PUBLIC wasi-emulated-getpid wasi-emulated-process-clocks wasi-emulated-signal)
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Emscripten")
  target_compile_definitions(first_use_gtest PUBLIC GTEST_HAS_PTHREAD=$<BOOL:${FIRST_USE_EMSCRIPTEN_THREADS}>
    GTEST_HAS_DEATH_TEST=0)
endif()
# gtest-all and gmock-all are unity files already and clash with each other.
set_target_properties(first_use_gtest PROPERTIES UNITY_BUILD OFF)
foreach(name IN ITEMS gtest gtest_main gmock)
  if(NOT TARGET GTest::${name})
    add_library(GTest::${name} ALIAS first_use_gtest)
  endif()
endforeach()
