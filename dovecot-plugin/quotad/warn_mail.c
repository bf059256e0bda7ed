#include "warn_mail.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "ledger_text.h"

#define MAX_MESSAGE ((size_t)8192)
#define USER "user/"
#define DOMAIN "domain/"

/* Only what needs no quoting anywhere (RFC 5322 3.2.3, and a dot). */
static bool
is_plain(const char *address)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.!#$%&'*+/=?^_`{|}~-@";

	return (address[0] != '\0' && address[0] != '-' &&
		address[strspn(address, allowed)] == '\0');
}

const char *
warn_mail_to(const char *key, const char *domain_owner, struct arena *arena)
{
	const char *to = NULL;
	const char *percent = strstr(domain_owner, "%d");

	/* UNSAFE: both prefixes are shorter than what begins with them. */
	if (strncmp(key, USER, strlen(USER)) == 0)
		to = key + strlen(USER);
	else if (strncmp(key, DOMAIN, strlen(DOMAIN)) == 0)
		to = percent == NULL
		         ? domain_owner
		         : arena_printf(arena, "%.*s%s%s",
			       (int)(percent - domain_owner), domain_owner,
			       key + strlen(DOMAIN), percent + 2);
	return (to != NULL && is_plain(to) ? to : NULL);
}

/* "mailbox" or "domain a.example", for the reader. */
static const char *
what(const char *key, struct arena *arena)
{
	if (strncmp(key, USER, strlen(USER)) == 0)
		return ("Your mailbox");
	return (arena_printf(arena, "The domain %s", key + strlen(DOMAIN)));
}

/* As people write it, or as a header has it (RFC 5322 3.3, whose names are
 * English: this program sets no locale). */
static void
add_time(struct buf *out, bool for_people, int64_t when)
{
	time_t seconds = (time_t)when;
	char text[64];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL &&
	    strftime(text, sizeof(text),
		for_people ? "%d %B %Y %H:%M UTC"
			   : "%a, %d %b %Y %H:%M:%S +0000",
		&tm) > 0)
		buf_add_str(out, text);
}

static void
add_usage(struct buf *out, const struct warn_text *text, struct arena *arena)
{
	const struct record_limits *limits = &text->limits;
	bool hard = limits->hard.bytes > 0 || limits->hard.count > 0;
	struct ledger_amount limit = hard ? limits->hard : limits->soft;

	if (limit.bytes > 0)
		buf_printf(out, "It holds %s of mail; %s are allowed.\n",
		    ledger_text_size(text->used.bytes, arena),
		    ledger_text_size(limit.bytes, arena));
	if (limit.count > 0)
		buf_printf(out, "It holds %lld messages; %lld are allowed.\n",
		    (long long)text->used.count, (long long)limit.count);
}

static void
add_advice(struct buf *out, const struct warn_text *text)
{
	if (text->over_since != 0 && text->limits.period_s > 0) {
		buf_add_str(out, "\nFrom ");
		add_time(out, true, text->over_since + text->limits.period_s);
		buf_add_str(out, " on, no new mail is taken while it is over "
				 "its soft limit.\n");
	}
	buf_add_str(out,
	    "\nWhen it is full, mail that is sent to it goes back to its "
	    "sender.  Delete what\nis not needed any more, attachments first, "
	    "and empty the trash.\n");
}

struct span
warn_mail_compose(const struct warn_text *text, struct arena *arena)
{
	struct buf out;

	buf_init(&out, arena, MAX_MESSAGE);
	buf_printf(&out,
	    "From: %s\nTo: %s\nSubject: %s is %lld%% full\nDate: ", text->from,
	    text->to, what(text->key, arena), (long long)text->level);
	add_time(&out, false, text->now);
	/* RFC 3834 5: no robot answers this. */
	buf_add_str(&out, "\nAuto-Submitted: auto-generated\n"
			  "MIME-Version: 1.0\n"
			  "Content-Type: text/plain; charset=us-ascii\n\n");
	buf_printf(&out, "%s is %lld%% full.\n\n", what(text->key, arena),
	    (long long)text->level);
	add_usage(&out, text, arena);
	add_advice(&out, text);
	return (buf_span(&out));
}
