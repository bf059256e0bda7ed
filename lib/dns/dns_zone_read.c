#include "dns/dns_zone_read.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* ldns takes a default TTL of 0 for none; no TTL is as high as this (RFC 2181
 * 8), so that it can stand for a `$TTL 0'. */
#define TTL_ZERO UINT32_MAX

struct reader {
	struct dns_zone_data *data;
	struct arena *arena; /* the caller's, for the reason */
	struct arena *scratch;
	const char *path;
	struct span text;     /* the whole file */
	FILE *file;           /* the same, for ldns */
	size_t at;            /* what stands before is done */
	size_t line;          /* that at is in, from 1 */
	uint32_t default_ttl; /* of $TTL */
	ldns_rdf *origin;
	ldns_rdf *owner; /* of the record before */
	const char *error;
};

static int
fail(struct reader *reader, const char *reason)
{
	reader->error = arena_printf(
	    reader->arena, "%s:%zu: %s", reader->path, reader->line, reason);
	return (-1);
}

static int
fail_ldns(struct reader *reader, ldns_status status)
{
	return (fail(reader, ldns_get_errorstr_by_id(status)));
}

/* Step to ${end}. */
static void
advance(struct reader *reader, size_t end)
{
	struct span done =
	    span_head(span_tail(reader->text, reader->at), end - reader->at);
	struct span line;

	while (span_take_until(&done, '\n', &line))
		reader->line++;
	reader->at = end;
}

/* Return the name ${word}, relative to the origin unless it ends with a dot, or
 * NULL when it is none. */
static ldns_rdf *
absolute_name(struct reader *reader, struct span word)
{
	const char *text = arena_str(reader->scratch, word);

	if (span_is(word, "@"))
		return (ldns_rdf_clone(reader->origin));
	ldns_rdf *name = ldns_dname_new_frm_str(text);

	if (name == NULL || ldns_dname_str_absolute(text))
		return (name);
	if (ldns_dname_cat(name, reader->origin) == LDNS_STATUS_OK)
		return (name);
	ldns_rdf_deep_free(name);
	return (NULL);
}

/* Make ${name} lower case and return its bytes. */
static struct span
name_bytes(ldns_rdf *name)
{
	ldns_dname2canonical(name);
	return (span_new(ldns_rdf_data(name), ldns_rdf_size(name)));
}

static bool
is_word(unsigned char byte)
{
	return (!span_is_space(byte));
}

static struct span
take_word(struct span *cursor)
{
	(void)span_take_while(cursor, span_is_space);
	return (span_take_while(cursor, is_word));
}

/* What stands after @servfail or @timeout: NAME [TYPE]. */
static int
read_failure(struct reader *reader, struct span words, enum dns_status status)
{
	struct span name_word = take_word(&words);
	struct span type_word = take_word(&words);
	uint16_t type = 0;

	if (name_word.len == 0 || take_word(&words).len > 0)
		return (fail(reader, "NAME [TYPE] must follow"));
	if (type_word.len > 0) {
		type = (uint16_t)ldns_get_rr_type_by_name(
		    arena_str(reader->scratch, type_word));
		if (type == 0)
			return (fail(reader, "unknown type"));
	}
	ldns_rdf *name = absolute_name(reader, name_word);

	if (name == NULL)
		return (fail(reader, "not a domain name"));
	dns_zone_data_fail(reader->data, name_bytes(name), type, status);
	ldns_rdf_deep_free(name);
	return (0);
}

/* ${line} begins with `;'. */
static int
read_comment(struct reader *reader, struct span line)
{
	span_skip(&line, 1);
	struct span word = take_word(&line);

	if (span_is(word, "@servfail"))
		return (read_failure(reader, line, DNS_SERVFAIL));
	if (span_is(word, "@timeout"))
		return (read_failure(reader, line, DNS_TIMEOUT));
	return (0);
}

static int
add_record(struct reader *reader, ldns_rr *rr)
{
	ldns_buffer *wire;
	uint32_t ttl = ldns_rr_ttl(rr);

	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return (fail(reader, "the class is not IN"));
	wire = ldns_buffer_new(LDNS_MIN_BUFLEN);
	if (wire == NULL ||
	    ldns_rr_rdata2buffer_wire(wire, rr) != LDNS_STATUS_OK) {
		ldns_buffer_free(wire);
		return (fail(reader, "the record has no wire format"));
	}
	dns_zone_data_add(reader->data, name_bytes(ldns_rr_owner(rr)),
	    (uint16_t)ldns_rr_get_type(rr), ttl == TTL_ZERO ? 0 : ttl,
	    span_new(ldns_buffer_begin(wire), ldns_buffer_position(wire)));
	ldns_buffer_free(wire);
	return (0);
}

/* RFC 1035 5.1: a relative name in $ORIGIN is below the origin so far, which is
 * ${before}; ldns leaves that out. */
static int
join_origin(struct reader *reader, struct span line, const ldns_rdf *before)
{
	(void)take_word(&line);
	const char *text = arena_str(reader->scratch, take_word(&line));

	if (!ldns_dname_str_absolute(text) &&
	    ldns_dname_cat(reader->origin, before) != LDNS_STATUS_OK)
		return (fail(reader, "the name is too long"));
	return (0);
}

/* Look at what ldns made of an entry that began with ${line}. */
static int
take_entry(struct reader *reader, ldns_status status, struct span line,
    ldns_rr *rr, const ldns_rdf *before)
{
	if (status == LDNS_STATUS_OK)
		return (add_record(reader, rr));
	if (status == LDNS_STATUS_SYNTAX_EMPTY)
		return (0);
	if (status == LDNS_STATUS_SYNTAX_ORIGIN)
		return (join_origin(reader, line, before));
	if (status == LDNS_STATUS_SYNTAX_TTL) {
		if (reader->default_ttl == 0)
			reader->default_ttl = TTL_ZERO;
		return (0);
	}
	if (status == LDNS_STATUS_SYNTAX_INCLUDE)
		return (fail(reader, "$INCLUDE is not supported"));
	return (fail_ldns(reader, status));
}

/* A record or a $ directive that begins with ${line}; it may go on over several
 * lines. */
static int
read_entry(struct reader *reader, struct span line)
{
	ldns_rdf *before = ldns_rdf_clone(reader->origin);
	ldns_rr *rr = NULL;
	int ret;

	if (fseeko(reader->file, (off_t)reader->at, SEEK_SET) != 0) {
		ldns_rdf_deep_free(before);
		return (fail(reader, strerror(errno)));
	}
	ldns_status status = ldns_rr_new_frm_fp_l(&rr, reader->file,
	    &reader->default_ttl, &reader->origin, &reader->owner, NULL);
	off_t end = ftello(reader->file);

	ret = take_entry(reader, status, line, rr, before);
	ldns_rr_free(rr);
	ldns_rdf_deep_free(before);
	if (ret == 0 && end <= (off_t)reader->at)
		return (fail(reader, "cannot be read"));
	if (ret == 0)
		advance(reader, (size_t)end);
	return (ret);
}

static int
read_entries(struct reader *reader)
{
	while (reader->at < reader->text.len) {
		struct span rest = span_tail(reader->text, reader->at);
		struct span raw;

		/* Keep the byte that ends the line out of the comparison. */
		bool ended = span_take_until(&rest, '\n', &raw);
		struct span line = span_trim(raw, span_is_space);
		bool comment = span_peek(line) == ';';

		if (line.len > 0 && !comment) {
			if (read_entry(reader, line) != 0)
				return (-1);
			continue;
		}
		if (comment && read_comment(reader, line) != 0)
			return (-1);
		advance(reader, reader->at + raw.len + (ended ? 1 : 0));
	}
	return (0);
}

/* Load the file ${path} into ${reader}->text. */
static int
load(struct reader *reader)
{
	char block[8192];
	size_t got;
	struct buf text;
	FILE *file = fopen(reader->path, "re");

	if (file == NULL) {
		reader->error = arena_printf(
		    reader->arena, "%s: %s", reader->path, strerror(errno));
		return (-1);
	}
	buf_init(&text, reader->scratch, DNS_ZONE_READ_MAX);
	while (
	    (got = fread(block, 1, sizeof(block), file)) > 0 && !text.overflow)
		buf_add(&text, span_new(block, got));
	int failed = ferror(file) ? errno : 0;

	(void)fclose(file);
	if (failed != 0 || text.overflow) {
		reader->error = arena_printf(reader->arena, "%s: %s",
		    reader->path, failed != 0 ? strerror(failed) : "too long");
		return (-1);
	}
	reader->text = buf_span(&text);
	return (0);
}

static int
read_text(struct reader *reader)
{
	struct span *text = &reader->text;

	if (text->len == 0)
		return (0);
	/* ldns reads from a stream only. */
	char *bytes = arena_str(reader->scratch, *text);

	reader->file = fmemopen(bytes, text->len, "r");
	reader->origin = ldns_dname_new_frm_str(".");
	if (reader->file == NULL || reader->origin == NULL)
		return (fail(reader, "out of memory"));
	return (read_entries(reader));
}

int
dns_zone_read(const char *path, struct dns_zone_data *data, struct arena *arena,
    const char **error)
{
	struct reader reader = { .data = data,
		.arena = arena,
		.scratch = arena_new(),
		.path = path,
		.line = 1 };
	int ret = load(&reader);

	if (ret == 0)
		ret = read_text(&reader);
	if (reader.file != NULL)
		(void)fclose(reader.file);
	ldns_rdf_deep_free(reader.origin);
	ldns_rdf_deep_free(reader.owner);
	arena_free(reader.scratch);
	*error = reader.error;
	return (ret);
}
