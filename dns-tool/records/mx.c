#include "records/mx.h"

#include "dns/name.h"

/* A preference is a 16-bit number (RFC 1035 3.3.9). */
#define PREFERENCE_DIGITS 5

struct mx
mx_parse(const char *text, struct arena *arena)
{
	struct span rest = span_trim(span_str(text), span_is_wsp);
	struct span number = span_take_while(&rest, span_is_digit);
	struct mx mx = { 0 };
	uint64_t preference;

	if (span_take_while(&rest, span_is_wsp).len == 0 ||
	    !span_to_u64(number, PREFERENCE_DIGITS, &preference) ||
	    preference > UINT16_MAX)
		return (mx);
	mx.preference = (unsigned int)preference;
	mx.host = name_to_ascii(arena, rest);
	return (mx);
}
