#include "apply.h"

#include "base/buf.h"

/* Our own fields are bounded long before this. */
#define FIELD_MAX_BYTES ((size_t)256 * 1024)

/* The MTA wants LF before a fold and, without SMFIP_HDR_LEADSPC, no blank after
 * the colon: it adds one itself. */
static char *
for_mta(struct arena *arena, const char *value, bool leading_blank)
{
	struct span rest = span_str(value);
	struct span line;
	struct buf out;

	if (!leading_blank)
		(void)span_take_byte(&rest, ' ');
	buf_init(&out, arena, FIELD_MAX_BYTES);
	while (span_take_line(&rest, &line)) {
		buf_add(&out, line);
		if (rest.len > 0)
			buf_add_byte(&out, '\n');
	}
	return (arena_strdup(arena, buf_str(&out)));
}

static int
insert(SMFICTX *context, struct arena *arena, const char *name,
    const char *value, bool leading_blank)
{
	return (smfi_insheader(context, 0, arena_strdup(arena, name),
	    for_mta(arena, value, leading_blank)));
}

static int
change_header(SMFICTX *context, const struct outcome *outcome,
    struct arena *arena, bool leading_blank)
{
	int result = MI_SUCCESS;

	for (size_t i = 0; i < outcome->deletion_count && result == MI_SUCCESS;
	     i++) {
		const struct outcome_deletion *gone = &outcome->deletions[i];

		result = smfi_chgheader(context,
		    arena_strdup(arena, gone->name), gone->occurrence, NULL);
	}
	for (size_t i = outcome->signature_count; i > 0 && result == MI_SUCCESS;
	     i--)
		result = insert(context, arena, "DKIM-Signature",
		    outcome->signatures[i - 1], leading_blank);
	/* Each goes on top: our results stand above all else. */
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{ "Received-SPF", outcome->received_spf },
		{ "X-Mailreeve-Verdict", outcome->verdict_field },
		{ "Authentication-Results", outcome->authentication_results },
	};

	for (size_t i = 0;
	     i < sizeof(fields) / sizeof(fields[0]) && result == MI_SUCCESS;
	     i++)
		if (fields[i].value != NULL)
			result = insert(context, arena, fields[i].name,
			    fields[i].value, leading_blank);
	return (result);
}

/* Names of rules and domains go into the MTA's log. */
static int
hold(SMFICTX *context, const struct verdict *verdict, struct arena *arena)
{
	char *reason = arena_strdup(arena, verdict->reason);

	for (char *at = reason; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	return (smfi_quarantine(context, reason));
}

sfsistat
apply_verdict(SMFICTX *context, const struct verdict *verdict)
{
	switch (verdict->action) {
	case VERDICT_NONE:
	case VERDICT_TAG:
	case VERDICT_HOLD:
		return (SMFIS_CONTINUE);
	case VERDICT_REJECT:
	case VERDICT_TEMPFAIL:
		break;
	}
	struct arena *arena = arena_new();

	(void)smfi_setreply(context, arena_strdup(arena, verdict->code),
	    arena_strdup(arena, verdict->status),
	    arena_strdup(arena, verdict->text));
	arena_free(arena);
	return (
	    verdict->action == VERDICT_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL);
}

sfsistat
apply_outcome(SMFICTX *context, const struct outcome *outcome,
    struct arena *arena, bool leading_blank)
{
	sfsistat refused = apply_verdict(context, &outcome->verdict);

	if (refused != SMFIS_CONTINUE)
		return (refused);
	if (change_header(context, outcome, arena, leading_blank) != MI_SUCCESS)
		return (SMFIS_TEMPFAIL);
	if (outcome->verdict.action == VERDICT_HOLD &&
	    hold(context, &outcome->verdict, arena) != MI_SUCCESS)
		return (SMFIS_TEMPFAIL);
	return (SMFIS_ACCEPT);
}
