#!/bin/bash
# Every C file is laid out as .clang-format rules.
. "$(dirname "$0")/common.sh"
need clang-format-14
files '\.[ch]$' | xargs -r clang-format-14 --dry-run --Werror
