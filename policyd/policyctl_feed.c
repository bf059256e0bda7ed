#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "console_command.h"
#include "maillog.h"
#include "policyctl_commands.h"
#include "policyctl_lines.h"
#include "policyctl_talk.h"

/* Events that wait while the daemon is away; the oldest go first. */
#define MAX_WAITING 20000
/* Events are sent when there are so many, or that old. */
#define BATCH (CONSOLE_COMMAND_MAX_EVENTS / 5)
/* A longer name is nobody's; a batch fits into a command. */
#define MAX_NAME ((size_t)256)
#define BATCH_MS 1000

struct feed {
	const struct policyctl_options *options;
	struct arena *arena; /* of the connection */
	struct policyctl_talk *talk;
	json_t *events; /* that wait */
	int64_t sent_ms;
	int64_t tried_ms;
	uint64_t fed;
	uint64_t dropped;
	bool told; /* that the daemon is away */
	int status;
};

static void
add(struct feed *feed, enum console_event_kind kind, const char *name,
    struct span who)
{
	json_t *text = json_stringn((const char *)who.data, who.len);

	/* What is no UTF-8 is no login or address of ours. */
	if (text == NULL || who.len == 0 || who.len > MAX_NAME) {
		json_decref(text);
		return;
	}
	if (json_array_size(feed->events) == MAX_WAITING) {
		(void)json_array_remove(feed->events, 0);
		feed->dropped++;
	}
	(void)json_array_append_new(
	    feed->events, json_pack("{s:s, s:o}", "kind",
			      console_command_event(kind), name, text));
}

static bool
contains(struct span text, const char *word)
{
	for (; text.len > 0; span_skip(&text, 1))
		if (span_starts(text, word))
			return (true);
	return (false);
}

/* RFC 3463 3.2: 5.1.1 is a mailbox that is not there. */
static void
take_refused(struct feed *feed, const struct maillog_event *event)
{
	if (event->sasl_username.len == 0 && contains(event->text, " 5.1.1 "))
		add(feed, CONSOLE_EVENT_UNKNOWN_RECIPIENT, "client",
		    event->client_address);
}

static void
take_verdict(struct feed *feed, const struct maillog_event *event)
{
	if (event->sasl_username.len > 0)
		return;
	if (span_is(event->text, "reject") ||
	    span_is(event->text, "quarantine"))
		add(feed, CONSOLE_EVENT_SPAM, "client", event->client_address);
}

static void
take_event(void *cookie, const struct maillog_event *event)
{
	struct feed *feed = cookie;

	switch (event->kind) {
	case MAILLOG_DELIVERED:
		add(feed, CONSOLE_EVENT_DELIVERED, "user",
		    event->sasl_username);
		return;
	case MAILLOG_BOUNCED:
		add(feed, CONSOLE_EVENT_BOUNCED, "user", event->sasl_username);
		return;
	case MAILLOG_REFUSED:
		take_refused(feed, event);
		return;
	case MAILLOG_VERDICT:
		take_verdict(feed, event);
		return;
	case MAILLOG_ACCEPTED:
	case MAILLOG_QUEUED:
	case MAILLOG_DEFERRED:
		break;
	}
}

static void
hang_up(struct feed *feed)
{
	policyctl_talk_close(feed->talk);
	feed->talk = NULL;
	arena_free(feed->arena);
	feed->arena = NULL;
}

/* The daemon is away: say so once.  Without --follow that is the end. */
static void
away(struct feed *feed, const char *error, int status)
{
	if (!feed->told)
		(void)fprintf(stderr, POLICYCTL_PROGRAM " feed: %s\n", error);
	feed->told = true;
	if (!feed->options->follow)
		feed->status = status;
}

/* Connect at most once a second. */
static bool
is_connected(struct feed *feed)
{
	const char *error;
	int status;

	if (feed->talk != NULL)
		return (true);
	if (feed->tried_ms != 0 &&
	    clock_monotonic_ms() - feed->tried_ms < BATCH_MS)
		return (false);
	feed->tried_ms = clock_monotonic_ms();
	feed->arena = arena_new();
	feed->talk =
	    policyctl_talk_open(policyctl_options_socket(feed->options),
		feed->arena, &error, &status);
	if (feed->talk == NULL) {
		away(feed, error, status);
		arena_free(feed->arena);
		feed->arena = NULL;
		return (false);
	}
	if (feed->told)
		(void)fprintf(stderr,
		    POLICYCTL_PROGRAM " feed: the daemon answers again; "
				      "%" PRIu64 " events were lost\n",
		    feed->dropped);
	feed->told = false;
	return (true);
}

static void
ignore(void *cookie, const char *kind, const json_t *line)
{
	(void)cookie;
	(void)kind;
	(void)line;
}

/* Send a batch; what was not taken waits. */
static bool
send_batch(struct feed *feed)
{
	json_t *batch = json_array();
	json_t *command = policyctl_talk_command("feed", NULL, NULL);
	size_t count = json_array_size(feed->events);
	const char *error;

	if (count > BATCH)
		count = BATCH;
	for (size_t i = 0; i < count; i++)
		(void)json_array_append(batch, json_array_get(feed->events, i));
	(void)json_object_set_new(command, "events", batch);
	int answer =
	    policyctl_talk_ask(feed->talk, command, ignore, NULL, &error);

	if (answer < 0) {
		away(feed, error, EX_UNAVAILABLE);
		hang_up(feed);
		return (false);
	}
	/* What it cannot take now, it never can. */
	if (answer > 0) {
		(void)fprintf(stderr, POLICYCTL_PROGRAM " feed: %s\n", error);
		feed->dropped += count;
	}
	/* One removal for all: they stand in a row. */
	json_t *rest = json_array();

	for (size_t i = count; i < json_array_size(feed->events); i++)
		(void)json_array_append(rest, json_array_get(feed->events, i));
	json_decref(feed->events);
	feed->events = rest;
	feed->fed += answer == 0 ? count : 0;
	return (true);
}

static void
send_all(struct feed *feed)
{
	feed->sent_ms = clock_monotonic_ms();
	while (json_array_size(feed->events) > 0 && feed->status == EX_OK &&
	       is_connected(feed) && send_batch(feed))
		;
}

static bool
is_due(const struct feed *feed)
{
	size_t count = json_array_size(feed->events);

	return (
	    count >= BATCH ||
	    (count > 0 && clock_monotonic_ms() - feed->sent_ms >= BATCH_MS));
}

static enum policyctl_line
read_all(struct feed *feed, struct policyctl_lines *lines)
{
	struct maillog *maillog = NULL;
	enum policyctl_line status = POLICYCTL_LINE;
	struct span line;

	while (feed->status == EX_OK &&
	       (status == POLICYCTL_LINE || status == POLICYCTL_LINE_LATER)) {
		status = policyctl_lines_next(lines, BATCH_MS, &line);
		if (status == POLICYCTL_LINE && maillog == NULL)
			maillog = maillog_new(
			    policyctl_lines_year(line, (int64_t)time(NULL)),
			    take_event, feed);
		if (status == POLICYCTL_LINE)
			maillog_line(maillog, line);
		if (is_due(feed))
			send_all(feed);
	}
	send_all(feed);
	maillog_free(maillog);
	return (status);
}

static int
run(const struct policyctl_options *options)
{
	const struct policyctl_lines_options from = { .path =
							  options->arguments[0],
		.journal = options->journal,
		.follow = options->follow };
	struct feed feed = { .options = options, .events = json_array() };
	const char *error;
	struct policyctl_lines *lines =
	    policyctl_lines_open(&from, options->arena, &error);

	if (lines == NULL) {
		(void)fprintf(stderr, POLICYCTL_PROGRAM " feed: %s\n", error);
		json_decref(feed.events);
		return (EX_NOINPUT);
	}
	if (read_all(&feed, lines) == POLICYCTL_LINE_ERROR)
		feed.status = EX_IOERR;
	if (feed.status == EX_OK && !options->follow)
		(void)printf(
		    "%" PRIu64 " events were told to the daemon.\n", feed.fed);
	/* Whoever starts us again, systemd, should: a log has no end. */
	if (feed.status == EX_OK && options->follow)
		feed.status = EX_TEMPFAIL;
	hang_up(&feed);
	policyctl_lines_close(lines);
	json_decref(feed.events);
	return (feed.status);
}

const struct policyctl_command policyctl_feed_command = {
	.name = "feed",
	.help = "tell the daemon what became of mail, from the log",
	.usage = "[OPTION]... [LOG|-]\n"
		 "Tell the daemon what the mail log, or standard input, says: "
		 "deliveries and\n"
		 "bounces of each login, unknown recipients, and what "
		 "mailreeve-milter refused.\n"
		 "  -f, --follow       what comes from now on, without end\n"
		 "  --journal          read systemd's journal instead\n",
	.letters = "fJsc",
	.most = 1,
	.run = run,
};
