/* What the mail log says, sent by mailreeve-policyctl feed. */
#include "console_change.h"
#include "console_usage.h"
#include "reputation.h"
#include "watch.h"

static void
learn(struct console_job *job, const struct console_event *event,
    enum reputation_event what)
{
	struct span network = event->client.len == 0
	                          ? event->client
	                          : console_usage_network(job,
					arena_str(job->arena, event->client));

	if (network.len > 0 || event->domain.len > 0)
		reputation_learn(engine_reputation(job->engine), network,
		    event->domain, what, job->now);
}

static void
take(struct console_job *job, const struct console_event *event)
{
	struct watch *watch = engine_watch(job->engine);

	switch (event->kind) {
	case CONSOLE_EVENT_DELIVERED:
		watch_delivered(watch, event->user, event->count, 0, job->now);
		return;
	case CONSOLE_EVENT_BOUNCED:
		watch_delivered(watch, event->user, 0, event->count, job->now);
		return;
	case CONSOLE_EVENT_SPAM:
		learn(job, event, REPUTATION_SPAM);
		return;
	case CONSOLE_EVENT_GOOD:
		learn(job, event, REPUTATION_ACCEPTED);
		return;
	case CONSOLE_EVENT_UNKNOWN_RECIPIENT:
		learn(job, event, REPUTATION_UNKNOWN_RECIPIENT);
		return;
	case CONSOLE_EVENT_KINDS:
		break;
	}
}

enum console_progress
console_change_feed(struct console_job *job)
{
	for (size_t i = 0; i < job->command.event_count; i++)
		take(job, &job->command.events[i]);
	return (console_job_end(job,
	    json_pack("{s:I}", "count", (json_int_t)job->command.event_count)));
}
