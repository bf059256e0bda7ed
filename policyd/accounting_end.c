/* Whether END-OF-MESSAGE is wired: whether it ever comes. */
#include <inttypes.h>
#include <string.h>

#include "accounting_impl.h"

#define MAX_DIGITS 18
#define CURE                                                                   \
	"smtpd_end_of_data_restrictions = check_policy_service ... in "        \
	"main.cf, with: mailreeve-policyctl postfix-snippet"

struct wired {
	int64_t seen;    /* milliseconds since 1970; 0: it does not come */
	uint64_t missed; /* messages without, in a row */
};

static void
print_wired(const void *record, struct buf *text)
{
	const struct wired *wired = record;

	buf_printf(text, "seen=%" PRId64 " missed=%" PRIu64, wired->seen,
	    wired->missed);
}

static bool
take_number(struct span *text, const char *word, uint64_t *out)
{
	if (!span_starts(*text, word))
		return (false);
	span_skip(text, strlen(word));
	return (
	    span_to_u64(span_take_while(text, span_is_digit), MAX_DIGITS, out));
}

static bool
parse_wired(struct span text, void *record)
{
	struct wired *wired = record;
	uint64_t seen;

	if (!take_number(&text, "seen=", &seen) ||
	    !take_number(&text, " missed=", &wired->missed))
		return (false);
	wired->seen = (int64_t)seen;
	return (text.len == 0);
}

static const struct table_codec codec = { print_wired, parse_wired };

struct table *
accounting_end_table(struct behind *behind)
{
	const struct table_options options = { .kind = "wired",
		.record_size = sizeof(struct wired),
		.max_records = 1,
		.codec = &codec };

	return (table_new(&options, behind));
}

static struct wired *
wired_of(const struct accounting *accounting)
{
	return (table_get(accounting->wired, span_str("end_of_message")));
}

static struct wired *
wired_add(struct accounting *accounting, int64_t now)
{
	return (table_add(accounting->wired, span_str("end_of_message"), now));
}

bool
accounting_commits_at_rcpt(const struct accounting *accounting)
{
	const struct wired *wired;

	switch (accounting->options.end) {
	case ACCOUNTING_END_YES:
		return (false);
	case ACCOUNTING_END_NO:
		return (true);
	case ACCOUNTING_END_AUTO:
		break;
	}
	wired = wired_of(accounting);
	return (wired == NULL || wired->seen == 0);
}

void
accounting_end_seen(struct accounting *accounting, int64_t now)
{
	struct wired *wired = wired_add(accounting, now);

	accounting->told_end = false;
	if (wired->seen != 0 && wired->missed == 0)
		return;
	wired->seen = now < 1 ? 1 : now;
	wired->missed = 0;
	table_changed(accounting->wired, wired, TABLE_NEVER);
}

static void
tell(struct accounting *accounting)
{
	if (accounting->told_end)
		return;
	accounting->told_end = true;
	log_warning(accounting->options.log, "commits_at_rcpt",
	    LOG_TEXT("reason",
		"Postfix asks nothing at END-OF-MESSAGE, so that mail which "
		"never arrives is counted"),
	    LOG_TEXT("cure", CURE));
}

void
accounting_end_missed(
    struct accounting *accounting, struct transaction *transaction, int64_t now)
{
	struct wired *wired;

	/* Who gave up before any recipient says nothing about that. */
	if (!transaction_had_data(transaction) &&
	    transaction_note(transaction)->passed == 0)
		return;
	if (accounting->options.end != ACCOUNTING_END_AUTO)
		return;
	if (accounting_commits_at_rcpt(accounting)) {
		tell(accounting);
		return;
	}
	wired = wired_add(accounting, now);
	wired->missed++;
	if (wired->missed >= ACCOUNTING_MAX_MISSED) {
		wired->seen = 0;
		wired->missed = 0;
		tell(accounting);
	}
	table_changed(accounting->wired, wired, TABLE_NEVER);
}
