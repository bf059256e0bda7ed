/*
 * crashing_spf2.c: loaded before libspf2, it makes that crash.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/types.h>

#include <spf2/spf.h>

SPF_errcode_t
SPF_request_query_mailfrom(SPF_request_t *request, SPF_response_t **response)
{
	(void)request;
	(void)response;
	abort();
}
