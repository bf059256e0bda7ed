#!/bin/bash
# Every prototype in a header stands under its contract.
. "$(dirname "$0")/common.sh"
files '\.h$' | xargs -r awk -f tests/style/contracts.awk
