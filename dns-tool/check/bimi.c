#include <string.h>

#include "check/ask.h"
#include "check/check.h"
#include "dkim/tags.h"
#include "dmarc/record.h"

/* draft-brand-indicators-for-message-identification: an indicator is shown only
 * for a domain whose DMARC policy is enforced.  A domain needs none. */

static void
complain(struct finding_list *findings, const char *id, const char *name,
    const char *text, const char *found)
{
	finding_add(findings, &(struct finding){
				  .id = id,
				  .subject = name,
				  .severity = FINDING_NOTICE,
				  .text = text,
				  .found = found,
				  .advice = "mend the record, or take it out",
			      });
}

static void
judge_record(struct finding_list *findings, const char *name, const char *text)
{
	struct tag_list tags;
	const char *error = tags_parse(span_str(text), &tags);
	struct span location;

	if (error != NULL) {
		complain(findings, "bimi.malformed", name, error, text);
		return;
	}
	location = tags_value(&tags, "l", "");
	/* An empty l= says that there is no indicator. */
	if (location.len > 0 && !span_starts(location, "https://"))
		complain(findings, "bimi.location", name,
		    "l= must be an https URL of an SVG file", text);
	if (location.len > 0 && tags_value(&tags, "a", "").len == 0)
		complain(findings, "bimi.no_evidence", name,
		    "without a= (a mark certificate) big receivers show no "
		    "indicator",
		    text);
}

static bool
is_enforced(const struct check *check, struct arena *arena)
{
	struct ask_texts texts;
	struct dmarc_record record;

	ask_texts(check,
	    arena_printf(arena, "_dmarc.%s", check->server->domain), "v=DMARC1",
	    arena, &texts);
	if (texts.count != 1)
		return (false);
	dmarc_record_parse(span_str(texts.items[0]), arena, &record);
	return (record.has_policy && record.p > DMARC_POLICY_NONE &&
		record.sp > DMARC_POLICY_NONE && !record.testing);
}

void
bimi_probe(const struct check *check, struct finding_list *findings)
{
	struct arena *arena = findings->arena;
	const char *name =
	    arena_printf(arena, "default._bimi.%s", check->server->domain);
	struct ask_texts texts;

	ask_texts(check, name, "v=BIMI1", arena, &texts);
	if (texts.count == 0)
		return;
	if (texts.count > 1)
		complain(findings, "bimi.several", name,
		    "several records count as none", texts.items[1]);
	else
		judge_record(findings, name, texts.items[0]);
	if (!is_enforced(check, arena))
		complain(findings, "bimi.not_enforced", name,
		    "the indicator is shown only with a DMARC policy of "
		    "quarantine or reject, for subdomains too",
		    texts.items[0]);
}
