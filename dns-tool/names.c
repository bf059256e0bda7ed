#include "names.h"

#include <string.h>
#include <time.h>

#include "dns/name.h"

/* A year has ten digits at most where time_t has 64 bits. */
#define DATE_MAX_BYTES 16

#define LABEL_MAX_BYTES 63

/* Names of hosts have no underscore (RFC 5321 4.1.2). */
static bool
is_host_name(const char *name)
{
	return (name != NULL && strchr(name, '_') == NULL);
}

/* The last label of a domain is not a number (RFC 3696 2). */
static bool
is_domain(const char *name)
{
	const char *last = is_host_name(name) ? strrchr(name, '.') : NULL;

	return (last != NULL && strspn(last, ".0123456789") < strlen(last));
}

const char *
names_domain(const char *text, struct arena *arena, const char **problem)
{
	const char *domain = name_to_ascii(arena, span_str(text));
	const char *at = strrchr(text, '@');

	if (is_domain(domain))
		return (domain);
	/* UNSAFE: the string goes on after its @, if only with its NUL. */
	if (at != NULL && is_domain(name_to_ascii(arena, span_str(at + 1))))
		*problem = "is an address; name its domain alone, what follows "
			   "the @";
	else
		*problem = "is no mail domain such as example.org";
	return (NULL);
}

/* RFC 1035 2.3.4: a label has 63 octets at most.  Whether ${text} has a longer
 * one, as far as it is written in ASCII. */
static bool
has_long_label(const char *text)
{
	struct span rest = span_str(text);
	struct span label;
	bool more = true;

	while (more) {
		more = span_take_until(&rest, '.', &label);
		if (label.len > LABEL_MAX_BYTES)
			return (true);
	}
	return (false);
}

const char *
names_selector(const char *text, const char *domain, struct arena *arena,
    const char **problem)
{
	const char *selector = name_to_ascii(arena, span_str(text));

	if (!is_host_name(selector)) {
		*problem =
		    has_long_label(text)
			? "is too long a selector; no part of it between dots "
			  "may have more than 63 bytes"
			: "is no selector; it takes letters, digits, hyphens "
			  "and dots as a domain does";
		return (NULL);
	}
	const char *name =
	    arena_printf(arena, "%s._domainkey.%s", selector, domain);

	if (name_to_ascii(arena, span_str(name)) != NULL)
		return (selector);
	*problem = "is too long a selector for a name of 253 bytes";
	return (NULL);
}

const char *
names_selector_of_date(int64_t now, struct arena *arena)
{
	const time_t when = (time_t)now;
	struct tm tm = { 0 };
	char *text = arena_alloc(arena, DATE_MAX_BYTES);

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(text, DATE_MAX_BYTES, "%Y%m%d", &tm);
	return (text);
}
