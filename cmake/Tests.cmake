# Helpers that register tests; each gives the test its CTest label.  A test
# that exits with 77 is reported as skipped.

pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

set(MAILREEVE_SUITES "$ENV{MAILREEVE_SUITES}" CACHE PATH
  "Conformance suites; ../shared/suites when empty")

set(MAILREEVE_TEST_TIMEOUT 300 CACHE STRING
  "Seconds after which a test has failed")

# mailreeve_test_command(NAME LABEL COMMAND ...)
function(mailreeve_test_command name label)
  add_test(NAME ${name} COMMAND ${ARGN}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests)
  set_tests_properties(${name} PROPERTIES
    LABELS ${label} SKIP_RETURN_CODE 77 TIMEOUT ${MAILREEVE_TEST_TIMEOUT})
endfunction()

# mailreeve_unit_test(NAME SOURCE LIBRARY ...)
# Build SOURCE with cmocka as test_NAME, label unit.
function(mailreeve_unit_test name source)
  add_executable(test_${name} ${source})
  target_include_directories(test_${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(test_${name} PRIVATE
    mailreeve_flags ${ARGN} PkgConfig::CMOCKA)
  mailreeve_test_command(unit.${name} unit test_${name})
endfunction()

# mailreeve_fuzz_target(NAME LIBRARY ...)
# Build tests/fuzz/fuzz_NAME.c: under the fuzz preset with libFuzzer, else with
# a main() that replays the files of tests/fuzz/corpus/NAME.  The test replays
# the corpus either way.
function(mailreeve_fuzz_target name)
  set(target fuzz_${name})
  add_executable(${target} fuzz_${name}.c)
  target_link_libraries(${target} PRIVATE mailreeve_flags ${ARGN})
  if(MAILREEVE_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    mailreeve_test_command(fuzz.${name} fuzz ${target} -runs=0
      ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  else()
    target_sources(${target} PRIVATE replay.c)
    mailreeve_test_command(fuzz.${name} fuzz ${target}
      ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  endif()
endfunction()
