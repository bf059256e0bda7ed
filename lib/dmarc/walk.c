#include "dmarc/walk.h"

#include <assert.h>
#include <string.h>

/* Return ${domain} without its first label, or NULL. */
static const char *
parent_of(const char *domain)
{
	const char *dot = strchr(domain, '.');

	return (dot != NULL ? dot + 1 : NULL); /* UNSAFE: behind a dot */
}

static size_t
count_labels(const char *domain)
{
	size_t count = 0;

	for (; domain != NULL; domain = parent_of(domain))
		count++;
	return (count);
}

size_t
dmarc_walk_names(const char *domain, const char *names[DMARC_MAX_QUERIES])
{
	size_t labels = count_labels(domain);
	size_t count = 0;

	/* RFC 9989 4.10: after the whole name the longest has seven labels. */
	names[count++] = domain;
	while ((domain = parent_of(domain)) != NULL) {
		labels--;
		if (labels < DMARC_MAX_QUERIES)
			names[count++] = domain;
	}
	return (count);
}

bool
dmarc_walk_add(struct dmarc_walk *walk, const struct dmarc_step *step)
{
	assert(walk->count < DMARC_MAX_QUERIES);
	walk->steps[walk->count++] = *step;
	switch (step->at) {
	case DMARC_AT_NOTHING:
		return (true);
	case DMARC_AT_RECORD:
		/* RFC 9989 4.10, steps 2 and 6. */
		return (step->record->psd == DMARC_PSD_UNKNOWN);
	case DMARC_AT_FAILURE:
	case DMARC_AT_LIMIT:
		walk->trouble = step->at;
		return (false);
	}
	return (false);
}
