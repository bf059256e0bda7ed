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
	if (outcome->authentication_results != NULL && result == MI_SUCCESS)
		result = insert(context, arena, "Authentication-Results",
		    outcome->authentication_results, leading_blank);
	return (result);
}

sfsistat
apply_verdict(SMFICTX *context, const struct verdict *verdict)
{
	struct arena *arena = arena_new();

	if (verdict->action != VERDICT_NONE)
		(void)smfi_setreply(context, arena_strdup(arena, verdict->code),
		    arena_strdup(arena, verdict->status),
		    arena_strdup(arena, verdict->text));
	arena_free(arena);
	switch (verdict->action) {
	case VERDICT_NONE:
	case VERDICT_TAG:
	case VERDICT_HOLD:
		return (SMFIS_CONTINUE);
	case VERDICT_REJECT:
		return (SMFIS_REJECT);
	case VERDICT_TEMPFAIL:
		return (SMFIS_TEMPFAIL);
	}
	return (SMFIS_TEMPFAIL);
}

sfsistat
apply_outcome(SMFICTX *context, const struct outcome *outcome,
    struct arena *arena, bool leading_blank)
{
	if (outcome->verdict.action != VERDICT_NONE)
		return (apply_verdict(context, &outcome->verdict));
	if (change_header(context, outcome, arena, leading_blank) != MI_SUCCESS)
		return (SMFIS_TEMPFAIL);
	return (SMFIS_ACCEPT);
}
