/*
 * record.h: DMARC Policy Records (RFC 9989 4.7, 4.8).
 */
#ifndef DMARC_RECORD_H
#define DMARC_RECORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "dmarc/dmarc.h"

/* A longer one says nothing: it is as if it had a version and no tags. */
#define DMARC_RECORD_MAX 8192

/* Is the domain one below which others register theirs (RFC 9989 4.7)? */
enum dmarc_psd {
	DMARC_PSD_UNKNOWN,
	DMARC_PSD_YES,
	DMARC_PSD_NO,
};

struct dmarc_record {
	/* RFC 9989 4.10.1: false where p=, sp= or np= is not valid and no
	 * rua= makes up for it: whom it applies to has no policy. */
	bool has_policy;
	enum dmarc_policy p;
	enum dmarc_policy sp; /* p where the tag is absent */
	enum dmarc_policy np; /* sp where the tag is absent */
	bool has_sp;
	bool has_np;
	bool strict_spf;
	bool strict_dkim;
	bool testing;
	enum dmarc_psd psd;
	const char *rua;       /* with at least one valid URI; or NULL */
	const char *ruf;       /* likewise */
	const char *complaint; /* the first tag that counts for nothing, in
	                        * plain words; or NULL */
};

/**
 * dmarc_record_is(text):
 * Say whether ${text}, a TXT record, begins with the version tag of a DMARC
 * Policy Record.
 */
bool dmarc_record_is(struct span text);

/**
 * dmarc_record_parse(text, arena, out):
 * Read ${text}, for which dmarc_record_is() holds, into ${out}; its strings
 * live as long as ${arena}.  What is malformed counts as absent (RFC 9989 4.8).
 */
void dmarc_record_parse(
    struct span text, struct arena *arena, struct dmarc_record *out);

#endif
