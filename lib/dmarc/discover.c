#include "dmarc/discover.h"

#include <string.h>

#include "dns/dns.h"

/* Of a record, so many bytes are shown. */
#define SHOWN_MAX 400

static const char *
status_words(enum dns_status status)
{
	switch (status) {
	case DNS_OK:
		return ("no DMARC record among its TXT records");
	case DNS_NODATA:
		return ("no TXT record");
	case DNS_NXDOMAIN:
		return ("no such name");
	case DNS_SERVFAIL:
		return ("the name servers cannot say (SERVFAIL)");
	case DNS_TIMEOUT:
		return ("no answer in time");
	}
	return ("");
}

static const char *
psd_words(enum dmarc_psd psd)
{
	switch (psd) {
	case DMARC_PSD_UNKNOWN:
		return ("");
	case DMARC_PSD_YES:
		return ("; psd=y: others register below it, the walk ends");
	case DMARC_PSD_NO:
		return ("; psd=n: an organizational domain, the walk ends");
	}
	return ("");
}

static void
trace_record(
    struct discover *discover, const struct dmarc_step *step, struct span text)
{
	struct span shown = span_head(text, SHOWN_MAX);

	trace_add(discover->trace, "dmarc", 1, "_dmarc.%s: \"%.*s%s\"%s",
	    step->domain, (int)shown.len, (const char *)shown.data,
	    shown.len < text.len ? "..." : "", psd_words(step->record->psd));
	if (step->record->complaint != NULL)
		trace_add(discover->trace, "dmarc", 1,
		    "in this record, %s: ignored", step->record->complaint);
}

/* RFC 9989 4.10, steps 2 and 6: of records without our version nothing is left,
 * and of several with it none. */
static void
read_records(struct discover *discover, const struct dns_answer *answer,
    struct arena *scratch, struct dmarc_step *step)
{
	struct span found = { NULL, 0 };
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		struct span text = dns_txt(scratch, answer->rdata[i]);

		if (!dmarc_record_is(text))
			continue;
		found = text;
		count++;
	}
	if (count > 1) {
		trace_add(discover->trace, "dmarc", 1,
		    "_dmarc.%s: %zu DMARC records, so none of them counts",
		    step->domain, count);
		return;
	}
	if (count == 0) {
		trace_add(discover->trace, "dmarc", 1, "_dmarc.%s: %s",
		    step->domain, status_words(answer->status));
		return;
	}
	struct dmarc_record *record =
	    arena_alloc(discover->arena, sizeof(*record));

	dmarc_record_parse(found, discover->arena, record);
	step->at = DMARC_AT_RECORD;
	step->record = record;
	trace_record(discover, step, found);
}

static void
ask(struct discover *discover, struct dmarc_step *step)
{
	struct arena *scratch = arena_new();
	struct dns_answer answer;

	dns_lookup(discover->dns,
	    arena_printf(scratch, "_dmarc.%s", step->domain), DNS_TYPE_TXT,
	    discover->deadline, scratch, &answer);
	switch (answer.status) {
	case DNS_OK:
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		read_records(discover, &answer, scratch, step);
		break;
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		step->at = DMARC_AT_FAILURE;
		trace_add(discover->trace, "dmarc", 1, "_dmarc.%s: %s",
		    step->domain, status_words(answer.status));
		break;
	}
	arena_free(scratch);
}

/* Count one more question; false when there were enough. */
static bool
may_ask(struct discover *discover, const char *name)
{
	if (discover->queries < discover->max_queries) {
		discover->queries++;
		return (true);
	}
	trace_add(discover->trace, "dmarc", 1,
	    "%s: not asked, the message has caused %zu questions", name,
	    discover->queries);
	return (false);
}

struct dmarc_step
discover_at(struct discover *discover, const char *domain)
{
	struct dmarc_step step = { .at = DMARC_AT_NOTHING };

	for (size_t i = 0; i < discover->known_count; i++)
		if (strcmp(discover->known[i].domain, domain) == 0)
			return (discover->known[i]);
	step.domain = arena_strdup(discover->arena, domain);
	if (!may_ask(discover, domain)) {
		step.at = DMARC_AT_LIMIT;
		return (step);
	}
	ask(discover, &step);
	discover->known = arena_room(discover->arena, discover->known,
	    discover->known_count, sizeof(step));
	discover->known[discover->known_count++] = step;
	return (step);
}

void
discover_walk(
    struct discover *discover, const char *domain, struct dmarc_walk *walk)
{
	const char *names[DMARC_MAX_QUERIES];
	size_t count = dmarc_walk_names(domain, names);
	bool more = true;

	*walk = (struct dmarc_walk){ .trouble = DMARC_AT_NOTHING };
	for (size_t i = 0; i < count && more; i++) {
		struct dmarc_step step = discover_at(discover, names[i]);

		more = dmarc_walk_add(walk, &step);
	}
}

enum discover_existence
discover_existence(struct discover *discover, const char *domain)
{
	struct dns_answer answer;

	if (!may_ask(discover, domain))
		return (DISCOVER_UNKNOWN);
	/* RFC 9989 3.2.13 means NXDOMAIN for the name itself (RFC 8020), of
	 * whatever type.  With any other type that would also come from the
	 * missing target of a CNAME (RFC 6604 2), where the name exists. */
	dns_lookup(discover->dns, domain, DNS_TYPE_CNAME, discover->deadline,
	    discover->arena, &answer);
	switch (answer.status) {
	case DNS_OK:
	case DNS_NODATA:
		trace_add(discover->trace, "dmarc", 1, "%s exists in the DNS",
		    domain);
		return (DISCOVER_EXISTS);
	case DNS_NXDOMAIN:
		trace_add(discover->trace, "dmarc", 1,
		    "%s does not exist in the DNS", domain);
		return (DISCOVER_NONEXISTENT);
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		break;
	}
	trace_add(discover->trace, "dmarc", 1, "whether %s exists: %s", domain,
	    status_words(answer.status));
	return (DISCOVER_UNKNOWN);
}
