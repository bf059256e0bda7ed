/*
 * fuzz.h: what the fuzz targets share.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The program ends, and libFuzzer keeps the input, when ${condition} is not
 * true. */
#define FUZZ_CHECK(condition)                                                  \
	fuzz_check((condition), #condition, __FILE__, __LINE__)

/**
 * fuzz_check(holds, condition, file, line):
 * Say where ${condition} was broken and abort unless it ${holds}.
 */
static inline void
fuzz_check(bool holds, const char *condition, const char *file, int line)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, condition);
	abort();
}

/**
 * LLVMFuzzerTestOneInput(data, size):
 * Feed the ${size} bytes at ${data} to what is tested.  Return 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
