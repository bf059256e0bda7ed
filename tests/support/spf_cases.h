/*
 * spf_cases.h: the cases of an SPF test suite in YAML, each with its DNS.
 */
#ifndef SUPPORT_SPF_CASES_H
#define SUPPORT_SPF_CASES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/network.h"
#include "dns/dns.h"

struct spf_case {
	struct arena *arena; /* of the group that it is in */
	struct dns *dns;     /* likewise */
	const char *title;
	const char *helo;
	const char *host;
	struct network_address client; /* the host */
	const char *mail_from;
	const char *results;     /* that are right, each between spaces */
	const char *explanation; /* that is right; "DEFAULT": none is given;
	                          * NULL: any */
};

/**
 * spf_case_visit(cookie, of):
 * Judge ${of}, which is there only during the call.
 */
typedef void spf_case_visit(void *cookie, const struct spf_case *of);

/**
 * spf_cases_read(file, visit, cookie):
 * Call ${visit} for all cases in the suite ${file}, in their order.  Return -1
 * when it cannot be read.  Tests run in the folder tests.
 */
int spf_cases_read(const char *file, spf_case_visit *visit, void *cookie);

/**
 * spf_case_allows(of, result), spf_case_explains(of, explanation):
 * Say whether that ${result}, or ${explanation} or NULL, is right.
 */
bool spf_case_allows(const struct spf_case *of, const char *result);
bool spf_case_explains(const struct spf_case *of, const char *explanation);

#endif
