#include "check/judge.h"

#include <string.h>

#include "base/buf.h"
#include "dkim/tags.h"

/* All values of an answer, which is bounded itself (DNS_MAX_BYTES), escaped. */
#define TEXT_MAX_BYTES ((size_t)1024 * 1024)

/* The first word of a kind's TXT records, by which readers know them. */
static const char *
version(enum record_kind kind)
{
	switch (kind) {
	case RECORD_SPF:
	case RECORD_HELO_SPF:
		return ("v=spf1");
	case RECORD_DMARC:
		return ("v=DMARC1");
	case RECORD_MTA_STS:
		return ("v=STSv1");
	case RECORD_TLS_RPT:
		return ("v=TLSRPTv1");
	case RECORD_DKIM:
	case RECORD_ADDRESS:
	case RECORD_PTR:
	case RECORD_MX:
	case RECORD_TLSA:
	case RECORD_MTA_STS_HOST:
	case RECORD_SRV:
	case RECORD_AUTOCONFIG:
	case RECORD_CAA:
		break;
	}
	return ("");
}

static bool
is_of_kind(const struct record *record, const char *value)
{
	const char *word = version(record->kind);
	size_t len = strlen(word);

	return (record->type != DNS_TYPE_TXT || len == 0 ||
		(strncasecmp(value, word, len) == 0 &&
		    strchr(" ;\t", value[len]) != NULL));
}

/* RFC 6376 3.6.1: what makes two key records the same key. */
static bool
is_same_key(struct arena *arena, const char *a, const char *b)
{
	struct tag_list one;
	struct tag_list other;

	if (tags_parse(span_str(a), &one) != NULL ||
	    tags_parse(span_str(b), &other) != NULL ||
	    tags_find(&other, "p") == NULL)
		return (false);
	return (span_eq(tags_unfold(arena, tags_value(&one, "p", "")),
		    tags_unfold(arena, tags_value(&other, "p", ""))) &&
		span_eq(tags_value(&one, "k", "rsa"),
		    tags_value(&other, "k", "rsa")));
}

/* The part of a value that counts: a host without its preference. */
static const char *
essence(const struct record *record, const char *value)
{
	const char *blank =
	    record->kind == RECORD_MX ? strrchr(value, ' ') : NULL;

	/* UNSAFE: the string goes on behind the blank, if only with a NUL. */
	return (blank == NULL ? value : blank + 1);
}

static bool
is_same(struct arena *arena, const struct record *record, const char *value)
{
	if (record->kind == RECORD_DKIM)
		return (is_same_key(arena, record->value, value));
	if (record->kind == RECORD_SRV || record->kind == RECORD_MX ||
	    record->type == DNS_TYPE_CNAME || record->type == DNS_TYPE_TLSA)
		return (strcasecmp(essence(record, record->value),
			    essence(record, value)) == 0);
	return (strcmp(record->value, value) == 0);
}

/* Whether a record that is not expected does harm beside those that are. */
static bool
is_harmful(const struct record *record)
{
	switch (record->kind) {
	case RECORD_CAA:
	case RECORD_TLSA: /* the served certificate decides, not we */
		return (false);
	case RECORD_ADDRESS:
	case RECORD_PTR:
	case RECORD_MX:
	case RECORD_SPF:
	case RECORD_HELO_SPF:
	case RECORD_DKIM:
	case RECORD_DMARC:
	case RECORD_MTA_STS:
	case RECORD_MTA_STS_HOST:
	case RECORD_TLS_RPT:
	case RECORD_SRV:
	case RECORD_AUTOCONFIG:
		return (true);
	}
	return (true);
}

struct work {
	const struct judge_set *set;
	struct arena *arena;
	const char **values; /* found, of the kind */
	size_t count;
};

static bool
is_expected(const struct work *work, const char *value)
{
	for (size_t i = 0; i < work->set->count; i++)
		if (is_same(work->arena, &work->set->records[i], value))
			return (true);
	return (false);
}

static bool
is_found(const struct work *work, const struct record *record)
{
	for (size_t i = 0; i < work->count; i++)
		if (is_same(work->arena, record, work->values[i]))
			return (true);
	return (false);
}

/* Addresses are compared as they are written in RFC 5952's form: by inet_ntop()
 * both here and in ldns. */
static void
take_values(struct work *work, const struct dns_answer *answer)
{
	const struct record *first = &work->set->records[0];

	work->values =
	    arena_array(work->arena, answer->count, sizeof(*work->values));
	for (size_t i = 0; i < answer->count; i++) {
		const char *value =
		    record_text(first->type, answer->rdata[i], work->arena);

		if (is_of_kind(first, value))
			work->values[work->count++] = value;
	}
}

static const char *
line(const struct work *work, const char *value)
{
	struct record record = work->set->records[0];

	record.value = value;
	return (record_line(&record, work->arena));
}

static void
add_line(struct buf *out, const char *text)
{
	buf_printf(out, "%s%s", out->len > 0 ? "\n" : "", text);
}

static const char *
text_of(const struct buf *out)
{
	return (out->len > 0 ? buf_str(out) : NULL);
}

static void
compare(const struct work *work, struct judge_outcome *out)
{
	const struct judge_set *set = work->set;
	bool harmful = is_harmful(&set->records[0]);
	struct buf found;
	struct buf remove;
	struct buf add;

	buf_init(&found, work->arena, TEXT_MAX_BYTES);
	buf_init(&remove, work->arena, TEXT_MAX_BYTES);
	buf_init(&add, work->arena, TEXT_MAX_BYTES);
	for (size_t i = 0; i < work->count; i++) {
		add_line(&found, work->values[i]);
		if (harmful && !is_expected(work, work->values[i]))
			add_line(&remove, line(work, work->values[i]));
	}
	for (size_t i = 0; i < set->count; i++)
		if (!is_found(work, &set->records[i]))
			add_line(
			    &add, record_line(&set->records[i], work->arena));
	out->found = text_of(&found);
	out->remove = text_of(&remove);
	out->add = text_of(&add);
	if (out->add == NULL)
		out->result = out->remove == NULL ? JUDGE_FINE : JUDGE_EXTRA;
	else
		out->result = work->count == 0 ? JUDGE_MISSING : JUDGE_DIFFERS;
}

void
judge(const struct judge_set *set, const struct dns_answer *answer,
    struct arena *arena, struct judge_outcome *out)
{
	struct work work = { .set = set, .arena = arena };

	*out = (struct judge_outcome){ .result = JUDGE_UNKNOWN };
	if (answer->status == DNS_SERVFAIL || answer->status == DNS_TIMEOUT)
		return;
	take_values(&work, answer);
	compare(&work, out);
}

size_t
judge_set_end(const struct record_list *records, size_t first)
{
	const struct record *start = &records->items[first];
	size_t end = first + 1;

	while (end < records->count &&
	       records->items[end].kind == start->kind &&
	       records->items[end].type == start->type &&
	       strcmp(records->items[end].name, start->name) == 0)
		end++;
	return (end);
}
