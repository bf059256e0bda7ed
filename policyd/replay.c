#include "replay.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/hash.h"
#include "base/list.h"
#include "engine.h"
#include "maillog.h"

/* Recipients of one message that are asked about; Postfix takes 1,000
 * (smtpd_recipient_limit). */
#define MAX_RECIPIENTS ((size_t)1000)

/* How often the engine sweeps, in the log's time: a tenth of a second, as in
 * the daemon, would take more time than all requests. */
#define TICK_MS 10000

struct replay {
	struct config *config;
	struct log *log;
	struct maillog *maillog;
	struct engine *engine; /* made with the first message */
	struct list waiting;   /* messages, in the order in which they came */
	struct hash *by_id;
	size_t count;
	struct replay_totals totals;
	struct replay_tally *rules;
	struct replay_tally *people;
	uint64_t connections;
	int64_t ticked; /* when the engine was last told of the time */
	bool passed;    /* what was said to the last request */
};

struct message {
	struct list link;
	struct hash_node node; /* by queue id; no key: it has none */
	struct arena *arena;
	int64_t when;
	struct request request; /* what all its requests have in common */
	struct span *recipients;
	size_t recipient_count;
	uint64_t recipients_meant; /* 0: not known yet */
	bool refused;              /* by Postfix, at RCPT */
};

static enum replay_done
done_of(const char *action)
{
	static const struct {
		const char *action;
		enum replay_done done;
	} words[] = {
		{ "hold", REPLAY_HELD },
		{ "reject", REPLAY_REFUSED },
		{ "defer", REPLAY_DEFERRED },
		{ "defer_if_permit", REPLAY_DEFERRED },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (action != NULL && strcmp(action, words[i].action) == 0)
			return (words[i].done);
	return (REPLAY_PASSED);
}

static struct span
text_of(const json_t *line, const char *name)
{
	return (span_str(json_string_value(json_object_get(line, name))));
}

/* Whose mail it is. */
static struct span
person_of(const json_t *line)
{
	struct span login = text_of(line, "login");

	return (login.len > 0 ? login : text_of(line, "client"));
}

/* The engine writes a line for each decision: count it. */
static void
take_decision(void *cookie, enum log_level level, const char *text)
{
	struct replay *replay = cookie;
	json_t *line = json_loads(text, 0, NULL);
	struct span event = text_of(line, "event");

	(void)level;
	if (span_is(event, "account_alarm")) {
		replay_tally_add(
		    replay->rules, text_of(line, "what"), REPLAY_ALARM);
		replay_tally_add(
		    replay->people, text_of(line, "user"), REPLAY_ALARM);
	} else if (span_is(event, "decision")) {
		enum replay_done done =
		    done_of(json_string_value(json_object_get(line, "action")));
		struct span would = text_of(line, "would_rule");

		replay->passed = done == REPLAY_PASSED || done == REPLAY_HELD;
		/* What passes passes at RCPT. */
		if (done != REPLAY_PASSED ||
		    span_is(text_of(line, "state"), "RCPT"))
			replay_tally_add(replay->people, person_of(line), done);
		if (done != REPLAY_PASSED)
			replay_tally_add(
			    replay->rules, text_of(line, "rule"), done);
		if (would.len > 0)
			replay_tally_add(replay->rules, would, REPLAY_WOULD);
	}
	json_decref(line);
}

static void
ignore_reply(void *cookie, struct span reply)
{
	(void)cookie;
	(void)reply;
}

static void
ask(struct replay *replay, const struct message *message,
    const struct request *request)
{
	engine_ask(replay->engine, replay->connections, request, message->when,
	    ignore_reply, NULL);
}

static void
set_state(struct request *request, enum request_state state, const char *word)
{
	request->state = state;
	request->attributes[REQUEST_PROTOCOL_STATE] = span_str(word);
}

/* The number of recipients that were let pass. */
static uint64_t
ask_recipients(struct replay *replay, struct message *message)
{
	struct request request = message->request;
	uint64_t passed = 0;

	set_state(&request, REQUEST_STATE_RCPT, "RCPT");
	for (size_t i = 0; i < message->recipient_count; i++) {
		request.attributes[REQUEST_RECIPIENT] = message->recipients[i];
		ask(replay, message, &request);
		passed += replay->passed;
	}
	return (passed);
}

static bool
start_engine(struct replay *replay, int64_t now)
{
	if (replay->engine != NULL)
		return (true);
	struct arena *arena = arena_new();
	const struct engine_options options = { .config =
						    config_ref(replay->config),
		.log = replay->log,
		.now = now };
	const char *error;

	replay->engine = engine_new(&options, arena, &error);
	arena_free(arena);
	return (replay->engine != NULL);
}

/* As smtpd would have asked. */
static void
play(struct replay *replay, struct message *message)
{
	if (!start_engine(replay, message->when))
		return;
	if (message->when - replay->ticked >= TICK_MS) {
		engine_tick(replay->engine, message->when);
		replay->ticked = message->when;
	}
	replay->connections++;
	replay->totals.recipients += message->recipient_count;
	uint64_t passed = ask_recipients(replay, message);

	if (message->refused) {
		replay->totals.refused += message->recipient_count;
	} else if (passed > 0) {
		struct request request = message->request;

		/* Recipients that the log does not name were let pass. */
		if (message->recipients_meant > message->recipient_count)
			passed += message->recipients_meant -
			          message->recipient_count;
		request.recipient_count = passed;
		request.size = 0;
		set_state(&request, REQUEST_STATE_DATA, "DATA");
		ask(replay, message, &request);
		request.size = message->request.size;
		set_state(
		    &request, REQUEST_STATE_END_OF_MESSAGE, "END-OF-MESSAGE");
		ask(replay, message, &request);
	}
	replay->totals.mails += !message->refused;
	engine_closed(replay->engine, replay->connections);
}

static void
forget(struct replay *replay, struct message *message)
{
	if (message->node.key.len > 0)
		hash_take(replay->by_id, &message->node);
	list_take(&message->link);
	replay->count--;
	arena_free(message->arena);
}

static bool
is_whole(const struct message *message)
{
	return (message->refused ||
		(message->recipients_meant > 0 &&
		    message->recipient_count >= message->recipients_meant));
}

/* Play what is whole or has waited for long enough, in its order. */
static void
advance(struct replay *replay, int64_t now)
{
	while (replay->count > 0) {
		struct message *message =
		    LIST_VALUE(replay->waiting.next, struct message, link);

		if (!is_whole(message) &&
		    now - message->when < REPLAY_WAIT_MS &&
		    replay->count <= REPLAY_MAX_WAITING)
			return;
		/* Without a recipient it never went through smtpd to the end.
		 */
		if (message->recipient_count > 0)
			play(replay, message);
		forget(replay, message);
	}
}

static struct message *
find(struct replay *replay, struct span queue_id)
{
	struct hash_node *node =
	    queue_id.len == 0 ? NULL : hash_get(replay->by_id, queue_id);

	return (node == NULL ? NULL : LIST_VALUE(node, struct message, node));
}

static struct span
lower(struct arena *arena, struct span text)
{
	char *copy = arena_str(arena, text);

	for (char *byte = copy; *byte != '\0'; byte++)
		*byte = (char)span_lower((unsigned char)*byte);
	return (span_str(copy));
}

static struct message *
add(struct replay *replay, const struct maillog_event *event)
{
	struct arena *arena = arena_new();
	struct message *message = arena_alloc(arena, sizeof(*message));
	struct span *attributes = message->request.attributes;
	const char *client = arena_str(arena, event->client_address);

	message->arena = arena;
	message->when = event->when;
	(void)network_address_parse(client, &message->request.client);
	attributes[REQUEST_REQUEST] = span_str("smtpd_access_policy");
	attributes[REQUEST_PROTOCOL_NAME] = span_str("ESMTP");
	attributes[REQUEST_CLIENT_ADDRESS] = span_str(client);
	attributes[REQUEST_CLIENT_NAME] = arena_dup(arena, event->client_name);
	attributes[REQUEST_HELO_NAME] = arena_dup(arena, event->helo);
	attributes[REQUEST_SENDER] = arena_dup(arena, event->sender);
	attributes[REQUEST_SASL_USERNAME] = lower(arena, event->sasl_username);
	attributes[REQUEST_INSTANCE] = span_str(arena_printf(arena,
	    "%s.%" PRId64 ".%" PRIu64, arena_str(arena, event->queue_id),
	    event->when, replay->totals.lines));
	message->node.key = arena_dup(arena, event->queue_id);
	if (find(replay, event->queue_id) != NULL)
		message->node.key = span_str("");
	if (message->node.key.len > 0)
		hash_add(replay->by_id, &message->node);
	list_add_last(&replay->waiting, &message->link);
	replay->count++;
	return (message);
}

static void
add_recipient(struct message *message, struct span recipient)
{
	if (message->recipient_count == MAX_RECIPIENTS || recipient.len == 0)
		return;
	for (size_t i = 0; i < message->recipient_count; i++)
		if (span_ieq(message->recipients[i], recipient))
			return;
	message->recipients = arena_room(message->arena, message->recipients,
	    message->recipient_count, sizeof(*message->recipients));
	message->recipients[message->recipient_count++] =
	    arena_dup(message->arena, recipient);
}

static void
take_queued(struct message *message, const struct maillog_event *event)
{
	if (message->recipients_meant > 0)
		return; /* it is tried again */
	message->request.attributes[REQUEST_SENDER] =
	    arena_dup(message->arena, event->sender);
	message->request.size = event->size;
	message->recipients_meant = event->recipient_count;
}

static void
take_event(void *cookie, const struct maillog_event *event)
{
	struct replay *replay = cookie;
	struct message *message = find(replay, event->queue_id);

	if (replay->totals.first_ms == 0)
		replay->totals.first_ms = event->when;
	replay->totals.last_ms = event->when;
	switch (event->kind) {
	case MAILLOG_ACCEPTED:
		(void)add(replay, event);
		break;
	case MAILLOG_REFUSED:
		message = add(replay, event);
		message->refused = true;
		add_recipient(message, event->recipient);
		break;
	case MAILLOG_QUEUED:
		if (message != NULL)
			take_queued(message, event);
		break;
	case MAILLOG_DELIVERED:
	case MAILLOG_BOUNCED:
	case MAILLOG_DEFERRED:
		if (message != NULL)
			add_recipient(message, event->recipient);
		break;
	case MAILLOG_VERDICT:
		break;
	}
	advance(replay, event->when);
}

struct replay *
replay_new(struct config *config, int year)
{
	struct replay *replay = arena_impl_malloc(sizeof(*replay));

	*replay = (struct replay){ .config = config,
		.log = log_new("replay"),
		.by_id = hash_new(),
		.rules = replay_tally_new(),
		.people = replay_tally_new() };
	list_init(&replay->waiting);
	/* What Dovecot reads is of today. */
	config->watch_rules.locked_users = NULL;
	log_set(replay->log, LOG_SINK_STDERR, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	log_set_writer(replay->log, take_decision, replay);
	replay->maillog = maillog_new(year, take_event, replay);
	return (replay);
}

void
replay_free(struct replay *replay)
{
	if (replay == NULL)
		return;
	while (!list_is_empty(&replay->waiting))
		forget(replay,
		    LIST_VALUE(replay->waiting.next, struct message, link));
	maillog_free(replay->maillog);
	engine_free(replay->engine);
	hash_free(replay->by_id);
	replay_tally_free(replay->rules);
	replay_tally_free(replay->people);
	log_free(replay->log);
	config_free(replay->config);
	free(replay);
}

void
replay_line(struct replay *replay, struct span line)
{
	replay->totals.lines++;
	maillog_line(replay->maillog, line);
}

void
replay_end(struct replay *replay)
{
	advance(replay, INT64_MAX);
}

const struct replay_totals *
replay_totals(const struct replay *replay)
{
	return (&replay->totals);
}

const struct replay_tally *
replay_rules(const struct replay *replay)
{
	return (replay->rules);
}

const struct replay_tally *
replay_people(const struct replay *replay)
{
	return (replay->people);
}
