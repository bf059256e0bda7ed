#include "maillog_stamp.h"

#include <time.h>

/* Months; a log with a longer silence than this is read as out of order. */
#define HALF_YEAR 6

static bool
take_number(struct span *cursor, size_t digits, int least, int most, int *out)
{
	struct span part;
	uint64_t value;

	if (!span_take(cursor, digits, &part) ||
	    !span_to_u64(part, digits, &value) || (int)value < least ||
	    (int)value > most)
		return (false);
	*out = (int)value;
	return (true);
}

/* "05:00:00", and perhaps ".123456". */
static bool
take_clock(struct span *cursor, struct tm *tm, int *ms)
{
	*ms = 0;
	if (!take_number(cursor, 2, 0, 23, &tm->tm_hour) ||
	    !span_take_byte(cursor, ':') ||
	    !take_number(cursor, 2, 0, 59, &tm->tm_min) ||
	    !span_take_byte(cursor, ':') ||
	    !take_number(cursor, 2, 0, 60, &tm->tm_sec))
		return (false);
	if (!span_take_byte(cursor, '.'))
		return (true);
	struct span fraction = span_take_while(cursor, span_is_digit);

	for (size_t i = 0; i < 3; i++) {
		int digit = span_at(fraction, i);

		*ms = *ms * 10 + (digit < 0 ? 0 : digit - '0');
	}
	return (fraction.len > 0);
}

/* "Z", "+01:00" or, of journalctl, "+0100". */
static bool
take_zone(struct span *cursor, int *seconds)
{
	int hours;
	int minutes;
	bool west = span_peek(*cursor) == '-';

	*seconds = 0;
	if (span_take_byte(cursor, 'Z'))
		return (true);
	if (!west && span_peek(*cursor) != '+')
		return (false);
	span_skip(cursor, 1);
	if (!take_number(cursor, 2, 0, 23, &hours))
		return (false);
	(void)span_take_byte(cursor, ':');
	if (!take_number(cursor, 2, 0, 59, &minutes))
		return (false);
	*seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
	return (true);
}

static bool
take_date(struct span *cursor, struct tm *tm)
{
	int year;
	int month;

	if (!take_number(cursor, 4, 1970, 9999, &year) ||
	    !span_take_byte(cursor, '-') ||
	    !take_number(cursor, 2, 1, 12, &month) ||
	    !span_take_byte(cursor, '-') ||
	    !take_number(cursor, 2, 1, 31, &tm->tm_mday) ||
	    !span_take_byte(cursor, 'T'))
		return (false);
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return (true);
}

static bool
take_rfc3339(struct span *cursor, int64_t *when)
{
	struct tm tm = { 0 };
	int ms;
	int zone;

	if (!take_date(cursor, &tm) || !take_clock(cursor, &tm, &ms) ||
	    !take_zone(cursor, &zone))
		return (false);
	*when = ((int64_t)timegm(&tm) - zone) * 1000 + ms;
	return (true);
}

/* Return the month, from 1 on, that ${word} is short for, or 0. */
static int
find_month(struct span word)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	for (int i = 0; i < 12; i++)
		if (span_is(word, months[i]))
			return (i + 1);
	return (0);
}

/* RFC 3164 4.1.2: a day below 10 has a blank for its first digit. */
static bool
take_day(struct span *cursor, int *day)
{
	if (span_take_byte(cursor, ' '))
		return (take_number(cursor, 1, 1, 9, day));
	return (take_number(cursor, 2, 1, 31, day));
}

/* The year of a stamp in ${month}.  A line of December that comes late, after
 * the first ones of January, is of the year before. */
static int
follow_year(struct maillog_stamp *stamp, int month)
{
	int ahead = stamp->month == 0 ? 0 : month - stamp->month;

	if (ahead == 11)
		return (stamp->year - 1);
	if (ahead < -HALF_YEAR)
		stamp->year++;
	stamp->month = month;
	return (stamp->year);
}

static bool
take_traditional(
    struct maillog_stamp *stamp, struct span *cursor, int64_t *when)
{
	struct tm tm = { .tm_isdst = -1 };
	struct span word;
	int month;
	int ms;

	if (!span_take(cursor, 3, &word) || (month = find_month(word)) == 0 ||
	    !span_take_byte(cursor, ' ') || !take_day(cursor, &tm.tm_mday) ||
	    !span_take_byte(cursor, ' ') || !take_clock(cursor, &tm, &ms))
		return (false);
	tm.tm_year = follow_year(stamp, month) - 1900;
	tm.tm_mon = month - 1;
	*when = (int64_t)mktime(&tm) * 1000 + ms;
	return (true);
}

bool
maillog_stamp_take(
    struct maillog_stamp *stamp, struct span *line, int64_t *when)
{
	int first = span_peek(*line);
	bool taken = first >= '0' && first <= '9'
	                 ? take_rfc3339(line, when)
	                 : take_traditional(stamp, line, when);

	return (taken && span_take_byte(line, ' '));
}
