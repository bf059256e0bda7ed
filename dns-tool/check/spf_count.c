#include "check/spf_count.h"

#include <string.h>

#include "base/buf.h"
#include "check/ask.h"
#include "dns/name.h"
#include "spf/record.h"

#define MAX_DEPTH 12
#define TEXT_MAX_BYTES 8192

struct work {
	const struct check *check;
	struct arena *arena;
	struct spf_count *out;
	struct buf shown;
	struct buf voids;
	unsigned int records;
};

static void count_record(struct work *work, const char *domain,
    const char *record, unsigned int depth);

/* The name that a term asks about; NULL where that depends on the client. */
static const char *
name_of(struct work *work, const char *domain, struct span spec)
{
	if (spec.len == 0)
		return (domain);
	if (span_find(spec, '%') < spec.len)
		return (NULL);
	return (name_to_ascii(work->arena, spec));
}

static void
add_void(struct work *work, const char *name)
{
	work->out->voids++;
	buf_printf(&work->voids, "%s%s", work->voids.len > 0 ? ", " : "", name);
}

/* Is there anything at ${name} for "a", "mx" or "exists"? */
static void
look_for(struct work *work, const char *name, enum spf_mechanism mechanism)
{
	struct ask_addresses addresses;
	struct dns_answer answer;

	if (name == NULL)
		return;
	if (mechanism == SPF_MECHANISM_MX) {
		dns_lookup(work->check->dns, name, DNS_TYPE_MX,
		    work->check->deadline, work->arena, &answer);
		if (answer.status == DNS_NODATA ||
		    answer.status == DNS_NXDOMAIN)
			add_void(work, name);
		return;
	}
	ask_addresses(work->check, name, work->arena, &addresses);
	if (addresses.status == DNS_NODATA || addresses.status == DNS_NXDOMAIN)
		add_void(work, name);
}

static void
follow(struct work *work, const char *name, unsigned int depth)
{
	struct ask_texts texts;

	if (name == NULL || depth >= MAX_DEPTH ||
	    ++work->records > SPF_COUNT_MAX_RECORDS)
		return;
	ask_texts(work->check, name, "v=spf1", work->arena, &texts);
	if (texts.status == DNS_NODATA || texts.status == DNS_NXDOMAIN)
		add_void(work, name);
	if (texts.count == 1)
		count_record(work, name, texts.items[0], depth);
}

/* One term that causes look-ups: itself, and what stands behind it. */
static void
count_term(struct work *work, struct span text, unsigned int depth)
{
	work->out->terms++;
	buf_printf(&work->shown, "%s%*s%.*s", work->shown.len > 0 ? "\n" : "",
	    (int)depth * 2, "", (int)text.len, (const char *)text.data);
}

static void
count_directive(struct work *work, const char *domain,
    const struct spf_directive *directive, unsigned int depth)
{
	const char *name = name_of(work, domain, directive->domain_spec);

	switch (directive->mechanism) {
	case SPF_MECHANISM_ALL:
		if (depth == 0 && directive->result == SPF_PASS)
			work->out->all_pass = true;
		return;
	case SPF_MECHANISM_IP4:
	case SPF_MECHANISM_IP6:
		return;
	case SPF_MECHANISM_INCLUDE:
		count_term(work, directive->text, depth);
		follow(work, name, depth + 1);
		return;
	case SPF_MECHANISM_PTR:
		work->out->ptr = true;
		count_term(work, directive->text, depth);
		return;
	case SPF_MECHANISM_A:
	case SPF_MECHANISM_MX:
	case SPF_MECHANISM_EXISTS:
		count_term(work, directive->text, depth);
		look_for(work, name, directive->mechanism);
		return;
	}
}

static void
count_record(struct work *work, const char *domain, const char *record,
    unsigned int depth)
{
	struct spf_record parsed;
	bool all = false;

	spf_record_parse(work->arena, span_str(record), &parsed);
	if (parsed.error != NULL)
		return;
	for (size_t i = 0; i < parsed.count; i++) {
		all |= parsed.directives[i].mechanism == SPF_MECHANISM_ALL;
		count_directive(work, domain, &parsed.directives[i], depth);
	}
	/* RFC 7208 6.1: redirect= counts where there is no "all". */
	if (all || parsed.redirect.len == 0)
		return;
	count_term(work, parsed.redirect, depth);
	follow(work, name_of(work, domain, parsed.redirect), depth + 1);
}

void
spf_count(const struct check *check, const char *domain, const char *record,
    struct arena *arena, struct spf_count *out)
{
	struct work work = { .check = check, .arena = arena, .out = out };

	*out = (struct spf_count){ 0 };
	buf_init(&work.shown, arena, TEXT_MAX_BYTES);
	buf_init(&work.voids, arena, TEXT_MAX_BYTES);
	count_record(&work, domain, record, 0);
	out->shown = work.shown.len > 0 ? buf_str(&work.shown) : NULL;
	out->void_names = work.voids.len > 0 ? buf_str(&work.voids) : NULL;
}
