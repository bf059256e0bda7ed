/*
 * compat.h: the only place for conditional compilation.
 */
#ifndef BASE_COMPAT_H
#define BASE_COMPAT_H

/* Let the compiler check the arguments of a printf-like function. */
#define COMPAT_PRINTF(string, first)                                           \
	__attribute__((format(printf, string, first)))

/* The caller must look at the result. */
#define COMPAT_MUST_CHECK __attribute__((warn_unused_result))

#endif
