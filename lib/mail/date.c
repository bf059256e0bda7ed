#include "mail/date.h"

#include <stdbool.h>
#include <time.h>

#include "mail/header.h"

#define MAX_ZONE_LETTERS 5

/* The ends of DATE_MIN_YEAR and DATE_MAX_YEAR. */
#define FIRST_SECOND INT64_C(-2208988800)
#define LAST_SECOND INT64_C(253402300799)

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat" };

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 5322 4.3: the zones whose offsets are known, in hours. */
static const struct {
	const char *name;
	int hours;
} zones[] = {
	{ "UT", 0 },
	{ "GMT", 0 },
	{ "EDT", -4 },
	{ "EST", -5 },
	{ "CDT", -5 },
	{ "CST", -6 },
	{ "MDT", -6 },
	{ "MST", -7 },
	{ "PDT", -7 },
	{ "PST", -8 },
};

/* Take one of ${names}, whatever the case.  Return its index, or -1. */
static int
take_name(struct span *cursor, const char *const *names, size_t count)
{
	struct span word = span_take_while(cursor, span_is_alpha);

	for (size_t i = 0; i < count; i++)
		if (span_is_nocase(word, names[i]))
			return ((int)i);
	return (-1);
}

/* Take a number of ${least} to ${most} digits that is ${max} at most.  Return
 * how many digits it has, or 0 when it is none. */
static size_t
take_number(struct span *cursor, size_t least, size_t most, int max, int *out)
{
	struct span digits = span_take_while(cursor, span_is_digit);
	uint64_t value;

	if (digits.len < least || !span_to_u64(digits, most, &value) ||
	    value > (uint64_t)max)
		return (0);
	*out = (int)value;
	return (digits.len);
}

/* Take blanks and comments, of which there must be some. */
static bool
take_gap(struct span *cursor)
{
	size_t left = cursor->len;

	return (header_skip_cfws(cursor) && cursor->len < left);
}

/* Take "Mon," if it is there, with -1 in ${day} when not. */
static bool
take_day_name(struct span *cursor, int *day)
{
	*day = -1;
	if (!header_skip_cfws(cursor))
		return (false);
	int first = span_peek(*cursor);

	if (first < 0 || !span_is_alpha((unsigned char)first))
		return (true);
	*day = take_name(cursor, days, COUNT(days));
	return (*day >= 0 && header_skip_cfws(cursor) &&
		span_take_byte(cursor, ',') && header_skip_cfws(cursor));
}

static bool
take_date(struct span *cursor, struct tm *tm)
{
	int year;

	if (take_number(cursor, 1, 2, 31, &tm->tm_mday) == 0 ||
	    !header_skip_cfws(cursor))
		return (false);
	tm->tm_mon = take_name(cursor, months, COUNT(months));
	if (tm->tm_mon < 0 || !header_skip_cfws(cursor))
		return (false);
	switch (take_number(cursor, 2, 4, DATE_MAX_YEAR, &year)) {
	case 0:
		return (false);
	case 2: /* RFC 5322 4.3: 00 to 49 belong to this century. */
		tm->tm_year = year < 50 ? year + 100 : year;
		return (true);
	case 3:
		tm->tm_year = year;
		return (true);
	default:
		tm->tm_year = year - DATE_MIN_YEAR;
		return (year >= DATE_MIN_YEAR);
	}
}

/* Take ":" and two digits, blanks and comments around them (RFC 5322 4.3). */
static bool
take_colon_number(struct span *cursor, int max, int *out)
{
	return (header_skip_cfws(cursor) && span_take_byte(cursor, ':') &&
		header_skip_cfws(cursor) &&
		take_number(cursor, 2, 2, max, out) > 0);
}

static bool
take_time(struct span *cursor, struct tm *tm)
{
	if (take_number(cursor, 2, 2, 23, &tm->tm_hour) == 0 ||
	    !take_colon_number(cursor, 59, &tm->tm_min))
		return (false);
	struct span rest = *cursor;

	if (!header_skip_cfws(&rest) || span_peek(rest) != ':')
		return (true);
	/* RFC 5322 3.3: 60 is a leap second. */
	return (take_colon_number(cursor, 60, &tm->tm_sec));
}

/* Take a zone's letters.  Military ones were defined with the wrong sign, and
 * others mean nothing certain: all those are UTC (RFC 5322 4.3). */
static bool
take_zone_name(struct span *cursor, int *offset)
{
	struct span name = span_take_while(cursor, span_is_alpha);

	*offset = 0;
	for (size_t i = 0; i < COUNT(zones); i++)
		if (span_is_nocase(name, zones[i].name))
			*offset = zones[i].hours * 3600;
	return (name.len > 0 && name.len <= MAX_ZONE_LETTERS &&
		!span_is_nocase(name, "J"));
}

/* Take a zone and store its offset from UTC in seconds. */
static bool
take_zone(struct span *cursor, int *offset)
{
	bool west = span_peek(*cursor) == '-';
	int value;

	if (!west && span_peek(*cursor) != '+')
		return (take_zone_name(cursor, offset));
	span_skip(cursor, 1);
	/* RFC 5322 3.3: the minutes are below 60. */
	if (take_number(cursor, 4, 4, 9959, &value) == 0 || value % 100 > 59)
		return (false);
	*offset = (value / 100 * 60 + value % 100) * (west ? -60 : 60);
	return (true);
}

/* Store the seconds of ${tm}, which is in UTC.  Return false when there is no
 * such day, or it is not the day of the week ${day}. */
static bool
to_seconds(const struct tm *tm, int day, int64_t *out)
{
	struct tm counted = *tm;
	time_t seconds;

	counted.tm_sec = 0;
	seconds = timegm(&counted);
	if (counted.tm_mday != tm->tm_mday ||
	    (day >= 0 && counted.tm_wday != day))
		return (false);
	*out = (int64_t)seconds + tm->tm_sec;
	return (true);
}

int
date_parse(struct span value, int64_t *out)
{
	struct tm tm = { 0 };
	int64_t seconds;
	int day;
	int offset;

	if (!take_day_name(&value, &day) || !take_date(&value, &tm) ||
	    !take_gap(&value) || !take_time(&value, &tm) || !take_gap(&value) ||
	    !take_zone(&value, &offset) || !header_skip_cfws(&value) ||
	    value.len > 0 || !to_seconds(&tm, day, &seconds))
		return (-1);
	*out = seconds - offset;
	return (0);
}

char *
date_print(struct arena *arena, int64_t seconds)
{
	time_t time = seconds < FIRST_SECOND  ? FIRST_SECOND
	              : seconds > LAST_SECOND ? LAST_SECOND
	                                      : seconds;
	struct tm tm;

	(void)gmtime_r(&time, &tm);
	return (arena_printf(arena, "%s, %d %s %d %02d:%02d:%02d +0000",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec));
}
