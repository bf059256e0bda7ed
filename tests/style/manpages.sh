#!/bin/bash
# mandoc finds nothing in the manual pages.
. "$(dirname "$0")/common.sh"
need mandoc
files '\.[158]$' | xargs -r mandoc -T lint -W warning
