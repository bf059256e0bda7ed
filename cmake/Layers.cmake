# mailreeve_layer(NAME SOURCES a.c ... HEADERS a.h ... USES layer ... LINK lib ...)
# Define lib/NAME as the static library mailreeve_NAME.  USES names layers that
# stand before it in lib/CMakeLists.txt.  Its headers are compiled alone.
function(mailreeve_layer name)
  cmake_parse_arguments(L "" "" "SOURCES;HEADERS;USES;LINK" ${ARGN})
  set(target mailreeve_${name})
  add_library(${target} STATIC ${L_SOURCES})
  target_sources(${target} PUBLIC FILE_SET HEADERS
    BASE_DIRS ${PROJECT_SOURCE_DIR}/lib FILES ${L_HEADERS})
  target_link_libraries(${target} PUBLIC mailreeve_flags)
  foreach(used IN LISTS L_USES)
    target_link_libraries(${target} PUBLIC mailreeve_${used})
  endforeach()
  target_link_libraries(${target} PRIVATE ${L_LINK})
endfunction()
