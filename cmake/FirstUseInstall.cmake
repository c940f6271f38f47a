# SPDX-License-Identifier: MIT OR Apache-2.0
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# share/, not lib/: the package has no architecture, so one copy serves every multilib directory.
set(first_use_cmake_dir "${CMAKE_INSTALL_DATADIR}/cmake/first_use")
set(first_use_pc_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

install(TARGETS first_use EXPORT first_use-targets
        FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT first_use
        FILE_SET python_headers DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT first_use)
# Beside the header that names it to gdb.
install(FILES "${PROJECT_SOURCE_DIR}/include/first_use/gdb.hpp.py"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/first_use" COMPONENT first_use)
install(FILES "${PROJECT_SOURCE_DIR}/cmake/debuggers/first_use.natvis"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/first_use" COMPONENT first_use)
install(EXPORT first_use-targets NAMESPACE first_use:: DESTINATION "${first_use_cmake_dir}" COMPONENT first_use)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/first_use-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/first_use-config.cmake"
                              INSTALL_DESTINATION "${first_use_cmake_dir}"
                              NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Without ARCH_INDEPENDENT a 32-bit consumer would be refused headers that were installed by a 64-bit build.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/first_use-config-version.cmake"
                                 COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/first_use-config.cmake" "${PROJECT_BINARY_DIR}/first_use-config-version.cmake"
        DESTINATION "${first_use_cmake_dir}" COMPONENT first_use)

# Relative to the .pc file itself, so that an unpacked or moved tree still works.
file(RELATIVE_PATH FIRST_USE_PC_PREFIX "${CMAKE_INSTALL_PREFIX}/${first_use_pc_dir}" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" FIRST_USE_PC_PREFIX "${FIRST_USE_PC_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/first_use.pc.in" "${PROJECT_BINARY_DIR}/first_use.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/first_use.pc" DESTINATION "${first_use_pc_dir}" COMPONENT first_use)

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE-MIT" "${PROJECT_SOURCE_DIR}/LICENSE-APACHE"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/first_use" COMPONENT first_use)

# The build tree is a package too: a project that vendors this one can export its own targets, and
# -Dfirst_use_DIR=<build directory> works without an install.
export(EXPORT first_use-targets NAMESPACE first_use:: FILE "${PROJECT_BINARY_DIR}/first_use-targets.cmake")
