#include "verdict.h"

static const char *
limit_reason(enum verdict_limit limit)
{
	switch (limit) {
	case VERDICT_HEADER_BYTES:
		return ("the header is larger than max_header_bytes");
	case VERDICT_HEADER_FIELDS:
		return ("the header has more fields than max_header_fields");
	case VERDICT_WITHIN_LIMITS:
		break;
	}
	return ("within limits");
}

static struct verdict
over_limit(const struct verdict_facts *facts)
{
	bool reject = facts->over_limit == VERDICT_OVER_LIMIT_REJECT;

	/* RFC 3463 3.4: X.3.4 is a message too big for the system. */
	return ((struct verdict){
	    .action = reject ? VERDICT_REJECT : VERDICT_TEMPFAIL,
	    .cause = facts->limit == VERDICT_HEADER_BYTES
	                 ? VERDICT_FOR_HEADER_BYTES
	                 : VERDICT_FOR_HEADER_FIELDS,
	    .reason = limit_reason(facts->limit),
	    .code = reject ? "552" : "451",
	    .status = reject ? "5.3.4" : "4.3.4",
	    .text = "Message header too large",
	});
}

struct verdict
verdict_decide(const struct verdict_facts *facts, struct arena *arena)
{
	(void)arena;
	/* In doubt defer: the sender tries again, and no mail is lost. */
	if (facts->trouble)
		return ((struct verdict){
		    .action = VERDICT_TEMPFAIL,
		    .cause = VERDICT_FOR_TROUBLE,
		    .reason = "local trouble while handling the message",
		    .code = "451",
		    .status = "4.3.0",
		    .text = "Temporary trouble, please try again later",
		});
	if (facts->limit != VERDICT_WITHIN_LIMITS)
		return (over_limit(facts));
	return ((struct verdict){
	    .action = VERDICT_NONE, .reason = "no rule asks for more" });
}

const char *
verdict_action_name(enum verdict_action action)
{
	static const char *const names[] = {
		[VERDICT_NONE] = "none",
		[VERDICT_TAG] = "tag",
		[VERDICT_HOLD] = "hold",
		[VERDICT_REJECT] = "reject",
		[VERDICT_TEMPFAIL] = "tempfail",
	};

	return (names[action]);
}
