/*
 * cppcheck.h: the loops that other libraries define as macros, for cppcheck,
 * which does not read their headers.
 */
#ifndef STYLE_CPPCHECK_H
#define STYLE_CPPCHECK_H

#define json_array_foreach(array, index, value)                                \
	for (index = 0; (value = json_array_get(array, index)) != NULL; index++)

#define json_object_foreach(object, key, value)                                \
	for (; (value = json_object_get(object, key)) != NULL;)

#endif
