#!/bin/bash
# headers.sh BUILD: each header of a layer compiles alone.
. "$(dirname "$0")/common.sh"
cmake --build "$1" --target all_verify_interface_header_sets -j "$(nproc)"
