#include <string.h>

#include "check/ask.h"
#include "check/check.h"
#include "dkim/tags.h"
#include "dmarc/record.h"
#include "dmarc/walk.h"
#include "dns/name.h"

/* Addresses for reports that are looked at. */
#define MAX_URIS 20

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	const char *name;   /* where the record is */
	const char *domain; /* that name without "_dmarc." */
	const char *text;
};

static void
complain(const struct work *work, const char *id,
    enum finding_severity severity, const char *text, const char *advice)
{
	finding_add(work->findings, &(struct finding){
					.id = id,
					.subject = work->name,
					.severity = severity,
					.text = text,
					.found = work->text,
					.advice = advice,
				    });
}

/* The record that we would publish in the place of the one that is there. */
static void
offer(const struct work *work, const char *id, enum finding_severity severity,
    const char *text)
{
	const struct record_list *list = work->check->expected;
	const struct record *ours = NULL;
	const struct record theirs = {
		.name = work->name, .type = DNS_TYPE_TXT, .value = work->text
	};

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == RECORD_DMARC)
			ours = &list->items[i];
	if (ours == NULL || strcmp(ours->name, work->name) != 0) {
		complain(work, id, severity, text, "mend the record");
		return;
	}
	finding_add(
	    work->findings, &(struct finding){
				.id = id,
				.subject = work->name,
				.severity = severity,
				.text = text,
				.expected = ours->value,
				.found = work->text,
				.remove = record_line(&theirs, work->arena),
				.add = record_line(ours, work->arena),
			    });
}

static bool
has_tag(const char *text, const char *name)
{
	struct tag_list tags;

	return (tags_parse(span_str(text), &tags) == NULL &&
		tags_find(&tags, name) != NULL);
}

/* Tags of RFC 7489 that RFC 9989 C.5.3 took out. */
static void
judge_tags(const struct work *work)
{
	static const char *const gone[] = { "pct", "rf", "ri" };

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (has_tag(work->text, gone[i]))
			complain(work, "dmarc.old_tag", FINDING_NOTICE,
			    arena_printf(work->arena,
				"the tag %s= is of the past and counts for "
				"nothing (RFC 9989)",
				gone[i]),
			    "take it out of the record");
}

static void
judge_policy(const struct work *work, const struct dmarc_record *record)
{
	enum dmarc_policy wanted =
	    (enum dmarc_policy)work->check->settings->dmarc_policy;

	if (!record->has_policy) {
		offer(work, "dmarc.unreadable", FINDING_ERROR,
		    arena_printf(work->arena,
			"receivers take the record for none: %s",
			record->complaint != NULL ? record->complaint
						  : "p= is missing"));
		return;
	}
	if (record->complaint != NULL)
		offer(work, "dmarc.malformed", FINDING_WARNING,
		    record->complaint);
	if (record->p < wanted)
		offer(work, "dmarc.weak", FINDING_WARNING,
		    arena_printf(work->arena,
			"it asks for \"%s\" against forgeries, where \"%s\" "
			"is wanted",
			dmarc_policy_name(record->p),
			dmarc_policy_name(wanted)));
	if (record->sp < record->p)
		complain(work, "dmarc.weak_subdomains", FINDING_NOTICE,
		    "sp= is milder than p=: forgeries of subdomains are let "
		    "through",
		    "take sp= out of the record");
	if (record->testing)
		complain(work, "dmarc.testing", FINDING_NOTICE,
		    "t=y asks receivers not to apply the policy yet",
		    "take t=y out when reports look right");
	if (record->rua == NULL)
		offer(work, "dmarc.no_rua", FINDING_NOTICE,
		    "nobody gets reports (rua=)");
	judge_tags(work);
}

/* The domain in a mailto: URI, or NULL. */
static const char *
domain_of_uri(struct arena *arena, struct span uri)
{
	static const char scheme[] = "mailto:";
	struct span rest = span_trim(uri, span_is_space);
	struct span part;

	if (!span_is_nocase(span_head(rest, strlen(scheme)), scheme))
		return (NULL);
	span_skip(&rest, strlen(scheme));
	/* The largest size may follow an exclamation mark (RFC 7489 6.2). */
	(void)span_take_until(&rest, '!', &part);
	rest = part;
	while (span_find(rest, '@') < rest.len)
		(void)span_take_until(&rest, '@', &part);
	return (name_to_ascii(arena, rest));
}

/* RFC 9990 4: does ${host} say that it wants reports about our domain? */
static void
judge_receiver(const struct work *work, const char *host)
{
	const char *name = arena_printf(
	    work->arena, "%s._report._dmarc.%s", work->domain, host);
	struct ask_texts texts;

	ask_texts(work->check, name, "v=DMARC1", work->arena, &texts);
	if (texts.count > 0) {
		finding_ok(work->findings, "dmarc.rua", host,
		    "it takes reports about %s", work->domain);
		return;
	}
	finding_add(work->findings,
	    &(struct finding){
		.id = "dmarc.rua_refused",
		.subject = host,
		.severity = FINDING_WARNING,
		.text = ask_failed(texts.status)
	                    ? arena_printf(work->arena,
				  "whether reports may go there is not known: "
				  "%s",
				  ask_trouble(texts.status))
	                    : "reports go to another domain that does not "
	                      "say that it wants them, so they are not sent "
	                      "(RFC 9990 4)",
		.expected = "v=DMARC1",
		.add =
		    arena_printf(work->arena, "%s. IN TXT \"v=DMARC1\"", name),
		.advice = arena_printf(work->arena,
		    "have this record published in the zone of %s, or use an "
		    "address of your own",
		    host),
	    });
}

static void
judge_uris(const struct work *work, const char *uris)
{
	struct span rest = span_str(uris);
	struct span uri;
	bool more = true;

	for (size_t i = 0; more && i < MAX_URIS; i++) {
		more = span_take_until(&rest, ',', &uri);
		const char *host = domain_of_uri(work->arena, uri);

		/* Within the same domain no permission is needed. */
		if (host != NULL && !name_is_within(host, work->domain) &&
		    !name_is_within(work->domain, host))
			judge_receiver(work, host);
	}
}

static void
judge_record(const struct work *work)
{
	struct dmarc_record record;

	dmarc_record_parse(span_str(work->text), work->arena, &record);
	judge_policy(work, &record);
	if (record.rua != NULL)
		judge_uris(work, record.rua);
	if (record.ruf != NULL)
		judge_uris(work, record.ruf);
}

/* RFC 9989 4.7: where the domain has no record, those above it count; that it
 * has none is told by published.c. */
void
dmarc_probe(const struct check *check, struct finding_list *findings)
{
	const char *names[DMARC_MAX_QUERIES];
	size_t count = dmarc_walk_names(check->server->domain, names);
	struct work work = {
		.check = check, .findings = findings, .arena = findings->arena
	};

	for (size_t i = 0; i < count; i++) {
		struct ask_texts texts;

		work.domain = names[i];
		work.name =
		    arena_printf(findings->arena, "_dmarc.%s", names[i]);
		ask_texts(
		    check, work.name, "v=DMARC1", findings->arena, &texts);
		if (texts.count != 1)
			continue;
		work.text = texts.items[0];
		judge_record(&work);
		return;
	}
}
