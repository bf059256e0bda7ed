#include "dns/dns_anchor.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct reader {
	FILE *file;
	struct arena *arena; /* for the reason */
	dns_anchor_add *add;
	void *cookie;
	int line;
	unsigned records;
};

/* Pass ${rr} on; return what is wrong with it, or NULL. */
static const char *
add_record(struct reader *reader, const ldns_rr *rr)
{
	ldns_rr_type type = ldns_rr_get_type(rr);

	if (type != LDNS_RR_TYPE_DS && type != LDNS_RR_TYPE_DNSKEY)
		return ("not a DS or DNSKEY record");
	char *text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr);

	if (text == NULL)
		return ("out of memory");
	text[strcspn(text, "\n")] = '\0';
	const char *wrong = reader->add(reader->cookie, text);

	free(text);
	reader->records++;
	return (wrong);
}

/* As add_record() for the next record, if there is one. */
static const char *
read_record(struct reader *reader)
{
	ldns_rr *rr = NULL;
	ldns_rdf *origin = NULL;
	ldns_rdf *owner = NULL;
	const char *wrong = NULL;
	ldns_status status = ldns_rr_new_frm_fp_l(
	    &rr, reader->file, NULL, &origin, &owner, &reader->line);

	if (status == LDNS_STATUS_OK)
		wrong = add_record(reader, rr);
	else if (status != LDNS_STATUS_SYNTAX_EMPTY)
		wrong = ldns_get_errorstr_by_id(status);
	ldns_rr_free(rr);
	ldns_rdf_deep_free(origin);
	ldns_rdf_deep_free(owner);
	return (wrong);
}

static const char *
read_records(struct reader *reader)
{
	while (!feof(reader->file)) {
		int line = reader->line;
		const char *wrong = read_record(reader);

		if (ferror(reader->file))
			return (strerror(errno));
		if (wrong != NULL)
			return (arena_printf(
			    reader->arena, "line %d: %s", line, wrong));
	}
	return (reader->records > 0 ? NULL : "no DS or DNSKEY record");
}

static const char *
read_file(struct reader *reader)
{
	struct stat status;

	if (fstat(fileno(reader->file), &status) != 0)
		return (strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_size > DNS_ANCHOR_MAX_BYTES)
		return ("not a file of trust anchors");
	return (read_records(reader));
}

int
dns_anchor_read(const char *path, dns_anchor_add *add, void *cookie,
    struct arena *arena, const char **error)
{
	struct reader reader = { .file = fopen(path, "re"),
		.arena = arena,
		.add = add,
		.cookie = cookie,
		.line = 1 };
	const char *wrong;

	if (reader.file == NULL) {
		wrong = strerror(errno);
	} else {
		wrong = read_file(&reader);
		(void)fclose(reader.file);
	}
	if (wrong == NULL)
		return (0);
	*error = arena_printf(arena, "trust anchor %s: %s", path, wrong);
	return (-1);
}
