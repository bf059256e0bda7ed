/*
 * fuzz_maillog.c: whatever a log says, each event points into its line or into
 * what was remembered, addresses in it hold no end of an address, and a line of
 * one queue id tells of no other.
 */
#include <string.h>

#include "fuzz.h"
#include "maillog.h"

struct check {
	struct span line;
	size_t events;
};

/* Reading each byte lets the sanitizer see that it is there. */
static void
check_span(struct span text, size_t most)
{
	unsigned int sum = 0;

	FUZZ_CHECK(text.len <= most);
	for (size_t i = 0; i < text.len; i++)
		sum += text.data[i];
	FUZZ_CHECK(sum <= most * 255);
}

static bool
contains(struct span text, struct span part)
{
	for (size_t at = 0; at + part.len <= text.len; at++)
		if (span_eq(span_head(span_tail(text, at), part.len), part))
			return (true);
	return (false);
}

/* Outside of a quoted local part, none of what would end an address. */
static void
check_address(struct span address)
{
	if (span_peek(address) == '"')
		return;
	FUZZ_CHECK(span_find(address, '>') == address.len);
	FUZZ_CHECK(span_find(address, ' ') == address.len);
	FUZZ_CHECK(span_find(address, ',') == address.len);
}

static void
take(void *cookie, const struct maillog_event *event)
{
	struct check *check = cookie;

	check->events++;
	FUZZ_CHECK(check->events == 1);
	check_span(event->queue_id, MAILLOG_MAX_LINE);
	check_span(event->client_name, MAILLOG_MAX_LINE);
	check_span(event->client_address, MAILLOG_MAX_LINE);
	check_span(event->helo, MAILLOG_MAX_LINE);
	check_span(event->sasl_username, MAILLOG_MAX_LINE);
	check_span(event->sender, MAILLOG_MAX_LINE);
	check_span(event->recipient, MAILLOG_MAX_LINE);
	check_span(event->text, MAILLOG_MAX_LINE);
	if (event->kind == MAILLOG_VERDICT)
		return;
	FUZZ_CHECK(contains(check->line, event->queue_id));
	check_address(event->sender);
	check_address(event->recipient);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct check check = { .events = 0 };
	struct maillog *log = maillog_new(2025, take, &check);
	struct span rest = span_new(data, size);

	while (span_take_line(&rest, &check.line)) {
		check.events = 0;
		maillog_line(log, check.line);
	}
	maillog_free(log);
	return (0);
}
