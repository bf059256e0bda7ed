#!/bin/bash
# cppcheck finds nothing; cppcheck.suppressions says what we let pass and why.
. "$(dirname "$0")/common.sh"
need cppcheck
# What Dovecot loads is written with its macros, which cppcheck cannot read.
files '\.c$' | grep -vE '^dovecot-plugin/[a-z0-9_]*\.c$' | cppcheck --file-list=- --quiet --std=c11 --language=c \
	--enable=warning,performance,portability --inconclusive \
	--include=tests/style/cppcheck.h -D_GNU_SOURCE -I lib -I . -I tests \
	--suppressions-list=tests/style/cppcheck.suppressions \
	--error-exitcode=1 -j "$(nproc)"
