#include "notify_mail.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log_format.h"
#include "daemon/program.h"

/* Bytes of a name in Subject, each of which takes four at most: RFC 5322 2.1.1
 * gives a line 998. */
#define MAX_SUBJECT_PART 70
/* Likewise, of a value in the text. */
#define MAX_VALUE 240
#define MAX_MESSAGE ((size_t)16384)

static void
add_ascii(struct buf *out, const char *text, size_t most)
{
	struct span rest = span_head(span_str(text), most);

	for (size_t i = 0; i < rest.len; i++) {
		unsigned char byte = rest.data[i];

		if (span_is_control(byte) || span_is_8bit(byte))
			buf_printf(out, "\\x%02X", (unsigned int)byte);
		else
			buf_add_byte(out, byte);
	}
}

static void
add_header(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(out, "%s: ", name);
	add_ascii(out, value, MAX_VALUE);
	buf_add_byte(out, '\n');
}

static void
add_date(struct buf *out, int64_t when)
{
	time_t seconds = (time_t)(when / 1000);
	char date[64];
	struct tm tm;

	/* RFC 5322 3.3 has English names: this program sets no locale. */
	if (gmtime_r(&seconds, &tm) != NULL &&
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm) >
		0)
		add_header(out, "Date", date);
}

static void
add_subject(
    struct buf *out, const struct notify_notice *notice, const char *host)
{
	buf_add_str(out, "Subject: [");
	add_ascii(out, host, MAX_SUBJECT_PART);
	buf_add_str(out, "] account ");
	add_ascii(out, notice->user, MAX_SUBJECT_PART);
	buf_add_str(out, ": ");
	add_ascii(out, notice->what, MAX_SUBJECT_PART);
	buf_add_str(out, ", ");
	add_ascii(out, notice->action, MAX_SUBJECT_PART);
	buf_add_byte(out, '\n');
}

static void
add_value(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "  %-8s ", name);
	log_format_printable(out, span_head(span_str(value), MAX_VALUE));
	buf_add_byte(out, '\n');
}

/* What an action means, for somebody who reads of it at night. */
static const char *
meaning(const char *action)
{
	static const struct {
		const char *action;
		const char *meaning;
	} meanings[] = {
		{ "alarm", "Nothing was done but to tell you." },
		{ "defer", "Further mail is deferred; programs try again." },
		{ "hold", "Further mail is accepted and held in Postfix's hold "
			  "queue (postqueue -p)." },
		{ "lock",
		    "Further mail is held, and Dovecot is asked to refuse "
		    "the login." },
		{ "reject", "Further mail is refused." },
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(meanings[i].action, action) == 0)
			return (meanings[i].meaning);
	return (NULL);
}

static void
add_text(struct buf *out, const struct notify_notice *notice, const char *host)
{
	const char *means = meaning(notice->action);

	buf_add_str(out, "An account on ");
	add_ascii(out, host, MAX_SUBJECT_PART);
	buf_add_str(out, " behaves as stolen ones do.\n\n");
	add_value(out, "account", notice->user);
	add_value(out, "what", notice->what);
	add_value(out, "detail", notice->detail);
	add_value(out, "action", notice->action);
	if (means != NULL)
		buf_printf(out, "\n%s\n", means);
	buf_add_str(out,
	    "\nIf its owner did not send that mail, change the password, end "
	    "its sessions\n(doveadm kick), and delete what waits in the queue. "
	    " mailreeve-policyctl(8)\nshows the account and releases it.\n");
}

struct span
notify_mail_compose(struct arena *arena, const struct notify_options *options,
    const struct notify_notice *notice, const char *host)
{
	struct buf out;

	buf_init(&out, arena, MAX_MESSAGE);
	add_header(&out, "From", options->from);
	add_header(&out, "To", options->to);
	add_subject(&out, notice, host);
	add_date(&out, notice->when);
	/* RFC 3834 5: no robot answers this. */
	add_header(&out, "Auto-Submitted", "auto-generated");
	add_header(&out, "MIME-Version", "1.0");
	add_header(&out, "Content-Type", "text/plain; charset=utf-8");
	add_header(&out, "Content-Transfer-Encoding", "8bit");
	buf_add_byte(&out, '\n');
	add_text(&out, notice, host);
	return (buf_span(&out));
}

static char **
make_arguments(struct arena *arena, const struct notify_options *options)
{
	char **arguments = arena_array(arena, 7, sizeof(*arguments));
	size_t count = 0;

	arguments[count++] = arena_strdup(arena, options->sendmail);
	arguments[count++] = arena_strdup(arena, "-i");
	if (options->from != NULL) {
		arguments[count++] = arena_strdup(arena, "-f");
		arguments[count++] = arena_strdup(arena, options->from);
	}
	arguments[count++] = arena_strdup(arena, "--");
	arguments[count] = arena_strdup(arena, options->to);
	return (arguments);
}

const char *
notify_mail_send(struct arena *arena, const struct notify_options *options,
    const struct notify_notice *notice, const char *host, int64_t deadline)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = { path, NULL };
	const struct program program = { .arguments =
					     make_arguments(arena, options),
		.environment = environment,
		.input = notify_mail_compose(arena, options, notice, host) };

	return (program_run(arena, &program, deadline));
}
