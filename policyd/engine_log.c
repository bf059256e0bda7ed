/* The line of a decision. */
#include "engine_impl.h"

#define MAX_FIELDS 16

struct line {
	struct log_field fields[MAX_FIELDS + 1]; /* the last has no key */
	size_t count;
};

static void
put(struct line *line, struct log_field field)
{
	if (line->count < MAX_FIELDS)
		line->fields[line->count++] = field;
}

static void
put_attribute(struct line *line, const char *key, struct span value)
{
	if (value.len > 0)
		put(line, LOG_SPAN(key, value));
}

/* The null path as RFC 5321 4.1.1.2 writes it: nothing is easily overlooked. */
static void
put_sender(struct line *line, const struct request *request)
{
	struct span sender = request->attributes[REQUEST_SENDER];

	put(line, sender.len > 0 ? LOG_SPAN("mail_from", sender)
				 : LOG_TEXT("mail_from", "<>"));
}

static void
put_request(struct line *line, const struct request *request)
{
	const struct span *attributes = request->attributes;

	put_attribute(line, "queue_id", attributes[REQUEST_QUEUE_ID]);
	put_attribute(line, "state", attributes[REQUEST_PROTOCOL_STATE]);
	put_attribute(line, "client", attributes[REQUEST_CLIENT_ADDRESS]);
	put_attribute(line, "client_name", attributes[REQUEST_CLIENT_NAME]);
	put_attribute(line, "helo", attributes[REQUEST_HELO_NAME]);
	put_attribute(line, "login", attributes[REQUEST_SASL_USERNAME]);
	put_sender(line, request);
	put_attribute(line, "rcpt_to", attributes[REQUEST_RECIPIENT]);
}

static void
put_decision(struct line *line, const struct visit *visit,
    const struct decision *decision)
{
	put(line, LOG_TEXT("action", decide_action_name(decision->action)));
	if (decision->reason != DECIDE_NOTHING)
		put(line,
		    LOG_TEXT("reason", decide_reason_name(decision->reason)));
	if (decision->rule != NULL)
		put(line, LOG_TEXT("rule", decision->rule));
	if (visit->known.scored)
		put(line, LOG_NUMBER("score", visit->known.score));
	if (decision->shadow_action != DECIDE_DUNNO) {
		put(line, LOG_TEXT("would",
			      decide_action_name(decision->shadow_action)));
		put(line, LOG_TEXT("would_rule", decision->shadow_rule));
	}
	if (visit->known.trouble != DECIDE_NO_TROUBLE)
		put(line, LOG_TEXT("trouble",
			      decide_trouble_name(visit->known.trouble)));
	if (decision->text != NULL)
		put(line, LOG_TEXT("text", decision->text));
}

void
engine_log(struct visit *visit, const struct decision *decision, int64_t us)
{
	const struct log *log = visit->engine->log;
	struct line line = { .count = 0 };

	if (!log_wants(log, LOG_LEVEL_INFO))
		return;
	put_request(&line, &visit->request);
	put_decision(&line, visit, decision);
	put(&line, LOG_NUMBER("us", us));
	log_write(log, LOG_LEVEL_INFO, "decision", line.fields);
}
