# The Dovecot to build for: where its headers are, and of which series it is.

set(DOVECOT_CONFIG /usr/lib/dovecot/dovecot-config CACHE FILEPATH
  "The file of that name that Dovecot installs")
if(NOT EXISTS ${DOVECOT_CONFIG})
  message(FATAL_ERROR "${DOVECOT_CONFIG} is missing; install it with: "
    "apt install dovecot-dev")
endif()
file(STRINGS ${DOVECOT_CONFIG} lines REGEX "^dovecot_(pkginclude|module)dir=")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^dovecot_([a-z]+)=(.*)$" ignored ${line})
  set(DOVECOT_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
endforeach()
set(DOVECOT_INCLUDE_DIR ${DOVECOT_pkgincludedir})
set(DOVECOT_MODULE_DIR ${DOVECOT_moduledir})

file(STRINGS ${DOVECOT_INCLUDE_DIR}/config.h line
  REGEX "^#define DOVECOT_ABI_VERSION")
string(REGEX MATCH "\"([0-9]+)\\.([0-9]+)\\.ABIv[0-9]+" ignored "${line}")
set(DOVECOT_SERIES ${CMAKE_MATCH_1}${CMAKE_MATCH_2})
if(NOT DOVECOT_SERIES MATCHES "^2[34]$")
  message(FATAL_ERROR "This Dovecot is neither 2.3 nor 2.4: ${line}")
endif()

# What its headers need.
set(DOVECOT_WARNINGS -include ${DOVECOT_INCLUDE_DIR}/config.h
  -Wno-undef -Wno-strict-prototypes -Wno-cast-qual -Wno-shadow
  -Wno-switch-enum -Wno-unused-parameter -Wno-vla)
