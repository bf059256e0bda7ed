# Compiler and linker flags of every target, on the one INTERFACE target
# mailreeve_flags.

add_library(mailreeve_flags INTERFACE)
target_compile_features(mailreeve_flags INTERFACE c_std_11)
target_compile_definitions(mailreeve_flags INTERFACE
  _GNU_SOURCE MAILREEVE_VERSION="${PROJECT_VERSION}")
target_include_directories(mailreeve_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/lib)
target_compile_options(mailreeve_flags INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
  -Wvla -Wundef -Wwrite-strings -Wpointer-arith -Wswitch-enum -Wcast-qual
  -Wno-missing-field-initializers)
if(MAILREEVE_WERROR)
  target_compile_options(mailreeve_flags INTERFACE -Werror)
endif()

set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

if(MAILREEVE_SANITIZE)
  target_compile_options(mailreeve_flags INTERFACE
    -fsanitize=${MAILREEVE_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(mailreeve_flags INTERFACE
    -fsanitize=${MAILREEVE_SANITIZE})
else()
  target_compile_options(mailreeve_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection)
  target_link_options(mailreeve_flags INTERFACE -Wl,-z,relro,-z,now)
  # Fortified functions need optimisation; Debug builds have none.
  target_compile_options(mailreeve_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
endif()
if(MAILREEVE_FUZZ)
  target_compile_options(mailreeve_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
