# SPDX-License-Identifier: MIT OR Apache-2.0
# Side a by g++, side b by clang++, each with and without exceptions; linked by each compiler, which also compiles main
# and puts its own side first. Runs all eight programs.
cmake_minimum_required(VERSION 3.25)
file(MAKE_DIRECTORY "${WORK}")

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what}: ${result}\n${output}")
  endif()
endfunction()

set(common -std=c++20 ${LEVEL} -g -pthread -Wall -Wextra -Werror -I "${INCLUDE}" -c)
set(throws -fexceptions)
set(aborts -fno-exceptions -fno-rtti)
foreach(way IN ITEMS throws aborts)
  run("g++, side a, ${way}" "${GXX}" ${common} ${${way}} -DSIDE=side_a "${SOURCE}/side.cpp" -o "${WORK}/a_${way}.o")
  run("clang++, side b, ${way}" "${CLANGXX}" ${common} ${${way}} -DSIDE=side_b "${SOURCE}/side.cpp"
      -o "${WORK}/b_${way}.o")
endforeach()
foreach(driver IN ITEMS GXX CLANGXX)
  foreach(all_throw IN ITEMS 0 1)
    run("${driver}, main" "${${driver}}" ${common} -DMIXING_ALL_THROW=${all_throw} "${SOURCE}/main.cpp"
        -o "${WORK}/main_${driver}_${all_throw}.o")
  endforeach()
  foreach(a IN ITEMS throws aborts)
    foreach(b IN ITEMS throws aborts)
      set(all_throw 0)
      if(a STREQUAL "throws" AND b STREQUAL "throws")
        set(all_throw 1)
      endif()
      set(objects "${WORK}/a_${a}.o" "${WORK}/b_${b}.o")
      if(driver STREQUAL "CLANGXX")
        list(REVERSE objects)
      endif()
      set(program "${WORK}/${driver}_a_${a}_b_${b}")
      # main in the middle: neither compiler's copy of a template always comes first.
      list(GET objects 0 first)
      list(GET objects 1 second)
      run("link ${program}" "${${driver}}" -pthread "${first}" "${WORK}/main_${driver}_${all_throw}.o" "${second}"
          -o "${program}")
      run("${program}" "${program}")
    endforeach()
  endforeach()
endforeach()
