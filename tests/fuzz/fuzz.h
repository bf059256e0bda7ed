/*
 * fuzz.h: what the fuzz targets share.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The program ends, and libFuzzer keeps the input, when ${condition} is not
 * true. */
#define FUZZ_CHECK(condition)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__,         \
			    __LINE__, #condition);                             \
			abort();                                               \
		}                                                              \
	} while (0)

/**
 * LLVMFuzzerTestOneInput(data, size):
 * Feed the ${size} bytes at ${data} to what is tested.  Return 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
