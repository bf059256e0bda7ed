#include "dns/dns_anchor.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unbound.h>

/* Give ${rr} to ${context}; return what is wrong with it, or NULL. */
static const char *
add_record(struct ub_ctx *context, const ldns_rr *rr)
{
	ldns_rr_type type = ldns_rr_get_type(rr);

	if (type != LDNS_RR_TYPE_DS && type != LDNS_RR_TYPE_DNSKEY)
		return ("not a DS or DNSKEY record");
	char *text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr);

	if (text == NULL)
		return ("out of memory");
	text[strcspn(text, "\n")] = '\0';
	int error = ub_ctx_add_ta(context, text);

	free(text);
	return (error == UB_NOERROR ? NULL : ub_strerror(error));
}

/* As add_record() for the next record of ${file}, if there is one. */
static const char *
read_record(FILE *file, struct ub_ctx *context, int *line, unsigned *records)
{
	ldns_rr *rr = NULL;
	ldns_rdf *origin = NULL;
	ldns_rdf *owner = NULL;
	const char *wrong = NULL;
	ldns_status status =
	    ldns_rr_new_frm_fp_l(&rr, file, NULL, &origin, &owner, line);

	if (status == LDNS_STATUS_OK) {
		(*records)++;
		wrong = add_record(context, rr);
	} else if (status != LDNS_STATUS_SYNTAX_EMPTY) {
		wrong = ldns_get_errorstr_by_id(status);
	}
	ldns_rr_free(rr);
	ldns_rdf_deep_free(origin);
	ldns_rdf_deep_free(owner);
	return (wrong);
}

static const char *
read_records(FILE *file, struct ub_ctx *context, struct arena *arena)
{
	unsigned records = 0;

	for (int line = 1; !feof(file);) {
		int before = line;
		const char *wrong = read_record(file, context, &line, &records);

		if (ferror(file))
			return (strerror(errno));
		if (wrong != NULL)
			return (
			    arena_printf(arena, "line %d: %s", before, wrong));
	}
	return (records > 0 ? NULL : "no DS or DNSKEY record");
}

static const char *
read_file(FILE *file, struct ub_ctx *context, struct arena *arena)
{
	struct stat status;

	if (fstat(fileno(file), &status) != 0)
		return (strerror(errno));
	if (!S_ISREG(status.st_mode) || status.st_size > DNS_ANCHOR_MAX_BYTES)
		return ("not a file of trust anchors");
	return (read_records(file, context, arena));
}

int
dns_anchor_read(const char *path, struct ub_ctx *context, struct arena *arena,
    const char **error)
{
	const char *wrong;
	FILE *file = fopen(path, "re");

	if (file == NULL) {
		wrong = strerror(errno);
	} else {
		wrong = read_file(file, context, arena);
		(void)fclose(file);
	}
	if (wrong == NULL)
		return (0);
	*error = arena_printf(arena, "trust anchor %s: %s", path, wrong);
	return (-1);
}
