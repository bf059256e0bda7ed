#include "maillog.h"

#include <stdlib.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "maillog_fields.h"
#include "maillog_postfix.h"
#include "maillog_queue.h"
#include "maillog_stamp.h"

/* Bytes of a host's name , or of an instance's; two of them and
 * a queue id are no longer than MAILLOG_QUEUE_MAX_KEY. */
#define MAX_NAME 255

struct maillog {
	struct maillog_stamp stamp;
	maillog_take *take;
	void *cookie;
	struct maillog_queue *queue;
};

/* A line without what syslog puts before it. */
struct line {
	int64_t when;
	struct span host;
	struct span instance; /* "postfix", "postfix-out" */
	struct span program;  /* the last part of its name */
	struct span text;
};

struct maillog *
maillog_new(int year, maillog_take *take, void *cookie)
{
	struct maillog *log = arena_impl_malloc(sizeof(*log));

	*log = (struct maillog){ .stamp = { .year = year },
		.take = take,
		.cookie = cookie,
		.queue = maillog_queue_new() };
	return (log);
}

void
maillog_free(struct maillog *log)
{
	if (log == NULL)
		return;
	maillog_queue_free(log->queue);
	free(log);
}

static bool
is_name_byte(unsigned char byte)
{
	return (byte > ' ' && byte != ':' && byte != '[' && byte != 0x7f);
}

static bool
is_host_byte(unsigned char byte)
{
	return (byte > ' ' && byte != 0x7f);
}

/* What stands before the first and after the last slash of ${name}. */
static void
split_name(struct span name, struct line *out)
{
	out->instance = span_head(name, span_find(name, '/'));
	out->program = name;
	for (size_t at = 0; at < name.len; at++)
		if (name.data[at] == '/')
			out->program = span_tail(name, at + 1);
}

/* "STAMP HOST PROGRAM[PID]: TEXT": nothing before TEXT is a stranger's. */
static bool
split_line(struct maillog *log, struct span rest, struct line *out)
{
	struct span pid;

	if (rest.len > MAILLOG_MAX_LINE ||
	    !maillog_stamp_take(&log->stamp, &rest, &out->when))
		return (false);
	out->host = span_take_while(&rest, is_host_byte);
	if (out->host.len == 0 || out->host.len > MAX_NAME ||
	    !span_take_byte(&rest, ' '))
		return (false);
	split_name(span_take_while(&rest, is_name_byte), out);
	if (span_take_byte(&rest, '[')) {
		pid = span_take_while(&rest, span_is_digit);
		if (pid.len == 0 || !span_take_byte(&rest, ']'))
			return (false);
	}
	if (!span_take_byte(&rest, ':') || !span_take_byte(&rest, ' '))
		return (false);
	out->text = rest;
	return (out->program.len > 0 && out->instance.len <= MAX_NAME);
}

static struct span
make_key(struct arena *arena, const struct line *line, struct span queue_id)
{
	return (maillog_queue_key(arena, line->host, line->instance, queue_id));
}

static struct maillog_message *
find(struct maillog *log, struct arena *arena, const struct line *line,
    struct span queue_id)
{
	if (queue_id.len == 0)
		return (NULL);
	return (
	    maillog_queue_find(log->queue, make_key(arena, line, queue_id)));
}

static struct maillog_message *
add(struct maillog *log, struct arena *arena, const struct line *line,
    struct span queue_id)
{
	return (maillog_queue_add(log->queue, make_key(arena, line, queue_id)));
}

static struct span
value_or(const struct maillog_message *message, enum maillog_queue_value value,
    struct span other)
{
	if (other.len > 0 || message == NULL)
		return (other);
	return (span_str(message->values[value]));
}

/* Add what earlier lines said. */
static void
tell(struct maillog *log, const struct maillog_message *message,
    struct maillog_event *event)
{
	event->client_name =
	    value_or(message, MAILLOG_QUEUE_CLIENT_NAME, event->client_name);
	event->client_address = value_or(
	    message, MAILLOG_QUEUE_CLIENT_ADDRESS, event->client_address);
	event->sasl_username = value_or(
	    message, MAILLOG_QUEUE_SASL_USERNAME, event->sasl_username);
	event->sender = value_or(message, MAILLOG_QUEUE_SENDER, event->sender);
	if (message != NULL && event->size == 0)
		event->size = message->size;
	if (message != NULL && event->recipient_count == 0)
		event->recipient_count = message->recipient_count;
	log->take(log->cookie, event);
}

/* A content filter brings a message back under another queue id; it is still
 * that client's and that login's, and was told of already. */
static void
go_on(struct maillog_message *message, struct maillog_message *before)
{
	static const enum maillog_queue_value values[] = {
		MAILLOG_QUEUE_CLIENT_NAME, MAILLOG_QUEUE_CLIENT_ADDRESS,
		MAILLOG_QUEUE_SASL_USERNAME
	};

	before->filtered = true;
	message->again = true;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		maillog_queue_remember(
		    message, values[i], span_str(before->values[values[i]]));
}

static void
take_client(struct maillog *log, struct arena *arena, const struct line *line,
    const struct maillog_postfix *said, struct maillog_event *event)
{
	/* Short queue ids are used again. */
	struct maillog_message *message =
	    find(log, arena, line, said->queue_id);

	if (message != NULL)
		maillog_queue_forget(log->queue, message);
	message = add(log, arena, line, said->queue_id);
	maillog_queue_remember(
	    message, MAILLOG_QUEUE_CLIENT_NAME, said->client_name);
	maillog_queue_remember(
	    message, MAILLOG_QUEUE_CLIENT_ADDRESS, said->client_address);
	maillog_queue_remember(
	    message, MAILLOG_QUEUE_SASL_USERNAME, said->sasl_username);
	struct maillog_message *before =
	    find(log, arena, line, said->orig_queue_id);

	if (before != NULL && before != message) {
		go_on(message, before);
		return;
	}
	event->kind = MAILLOG_ACCEPTED;
	tell(log, message, event);
}

static void
take_from(struct maillog *log, struct arena *arena, const struct line *line,
    const struct maillog_postfix *said, struct maillog_event *event)
{
	struct maillog_message *message =
	    find(log, arena, line, said->queue_id);

	if (message == NULL)
		message = add(log, arena, line, said->queue_id);
	maillog_queue_remember(message, MAILLOG_QUEUE_SENDER, said->sender);
	message->size = said->size;
	message->recipient_count = said->recipient_count;
	if (!message->queued && !message->again) {
		event->kind = MAILLOG_QUEUED;
		tell(log, message, event);
	}
	message->queued = true;
}

/* A bounce says something of an account only when a remote host or the DNS
 * said that there is no such mailbox, or refused the mail: smtp(8) does.  What
 * lmtp(8), virtual(8), local(8) and pipe(8) refuse is trouble of this site's
 * own users, such as a full mailbox. */
static bool
find_outcome(struct span program, const struct maillog_postfix *said,
    enum maillog_kind *kind)
{
	if (span_is(said->status, "sent"))
		*kind = MAILLOG_DELIVERED;
	else if (span_is(said->status, "deferred"))
		*kind = MAILLOG_DEFERRED;
	else if (span_is(said->status, "bounced") && span_is(program, "smtp") &&
		 span_starts(said->dsn, "5."))
		*kind = MAILLOG_BOUNCED;
	else
		return (false);
	return (true);
}

static void
take_delivery(struct maillog *log, struct arena *arena, const struct line *line,
    const struct maillog_postfix *said, struct maillog_event *event)
{
	struct maillog_message *message =
	    find(log, arena, line, said->queue_id);
	struct buf text;

	if (!find_outcome(line->program, said, &event->kind))
		return;
	if (message != NULL && message->filtered)
		return;
	buf_init(&text, arena, MAILLOG_MAX_LINE);
	buf_add(&text, said->dsn);
	buf_add_byte(&text, ' ');
	buf_add(&text, said->reply);
	event->text = buf_span(&text);
	tell(log, message, event);
}

static void
take_postfix(struct maillog *log, struct arena *arena, const struct line *line)
{
	struct maillog_postfix said;

	if (!maillog_postfix_parse(line->program, line->text, &said))
		return;
	struct maillog_event event = { .when = line->when,
		.queue_id = said.queue_id,
		.client_name = said.client_name,
		.client_address = said.client_address,
		.helo = said.helo,
		.sasl_username = said.sasl_username,
		.sender = said.sender,
		.recipient = said.recipient,
		.text = said.reply };
	struct maillog_message *message;

	switch (said.kind) {
	case MAILLOG_POSTFIX_CLIENT:
		take_client(log, arena, line, &said, &event);
		return;
	case MAILLOG_POSTFIX_FROM:
		take_from(log, arena, line, &said, &event);
		return;
	case MAILLOG_POSTFIX_DELIVERY:
		take_delivery(log, arena, line, &said, &event);
		return;
	case MAILLOG_POSTFIX_REJECT:
		event.kind = MAILLOG_REFUSED;
		tell(log, find(log, arena, line, said.queue_id), &event);
		return;
	case MAILLOG_POSTFIX_REMOVED:
		message = find(log, arena, line, said.queue_id);
		if (message != NULL)
			maillog_queue_forget(log->queue, message);
		return;
	}
}

/* Where a field of mailreeve-milter's line goes. */
static void
take_field(struct maillog_event *event, struct span name, struct span value)
{
	if (span_is(value, "-"))
		return;
	if (span_is(name, "queue_id"))
		event->queue_id = value;
	else if (span_is(name, "client"))
		event->client_address = value;
	else if (span_is(name, "client_name"))
		event->client_name = value;
	else if (span_is(name, "helo"))
		event->helo = value;
	else if (span_is(name, "login"))
		event->sasl_username = value;
	else if (span_is(name, "action"))
		event->text = value;
	else if (span_is(name, "mail_from"))
		event->sender =
		    span_is(value, "<>") ? span_head(value, 0) : value;
	else if (span_is(name, "size") && !span_to_u64(value, 18, &event->size))
		event->size = 0;
	else if (span_is(name, "recipients") &&
		 !span_to_u64(value, 18, &event->recipient_count))
		event->recipient_count = 0;
}

static void
take_verdict(struct maillog *log, struct arena *arena, const struct line *line)
{
	struct maillog_fields fields;
	struct maillog_event event = { .kind = MAILLOG_VERDICT,
		.when = line->when };
	struct line of_postfix = *line;
	struct span name;
	struct span value;

	if (!maillog_fields_begin(&fields, line->text, "message", arena))
		return;
	while (maillog_fields_next(&fields, &name, &value))
		take_field(&event, name, value);
	if (event.text.len == 0)
		return;
	of_postfix.instance = span_str("postfix");
	tell(log, find(log, arena, &of_postfix, event.queue_id), &event);
}

void
maillog_line(struct maillog *log, struct span text)
{
	struct line line;

	if (!split_line(log, text, &line))
		return;
	struct arena *arena = arena_new();

	if (span_is(line.instance, "mailreeve-milter"))
		take_verdict(log, arena, &line);
	else if (span_starts(line.instance, "postfix"))
		take_postfix(log, arena, &line);
	arena_free(arena);
}
