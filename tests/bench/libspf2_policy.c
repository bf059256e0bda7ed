/*
 * libspf2_policy.c: what one evaluation of SPF costs libspf2, as policies.c
 * measures ours: the same records, also in memory.  Usage: bench_libspf2_policy
 * EVALUATIONS; prints a line of JSON.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* libspf2's headers want these before them. */
#include <arpa/nameser.h>
#include <netdb.h>

#include <spf2/spf.h>
#include <spf2/spf_dns_zone.h>

#include "bodies.h"

static void
must(bool worked, const char *what)
{
	if (worked)
		return;
	(void)fprintf(stderr, "bench_libspf2_policy: %s\n", what);
	exit(EXIT_FAILURE);
}

static SPF_server_t *
server_new(void)
{
	SPF_dns_server_t *dns = SPF_dns_zone_new(NULL, "bench", 0);

	must(dns != NULL &&
		 SPF_dns_zone_add_str(dns, "example.com", ns_t_txt,
		     NETDB_SUCCESS,
		     "v=spf1 include:_spf.provider.example -all") ==
		     SPF_E_SUCCESS &&
		 SPF_dns_zone_add_str(dns, "_spf.provider.example", ns_t_txt,
		     NETDB_SUCCESS,
		     "v=spf1 ip4:192.0.2.0/24 -all") == SPF_E_SUCCESS,
	    "no zone");
	SPF_server_t *server = SPF_server_new_dns(dns, 0);

	must(server != NULL &&
		 SPF_server_set_rec_dom(server, "mx.example") == SPF_E_SUCCESS,
	    "no server");
	return (server);
}

static void
eval(SPF_server_t *server)
{
	SPF_request_t *request = SPF_request_new(server);
	SPF_response_t *response = NULL;

	must(request != NULL &&
		 SPF_request_set_ipv4_str(request, "192.0.2.25") ==
		     SPF_E_SUCCESS &&
		 SPF_request_set_helo_dom(request, "mail.example.com") ==
		     SPF_E_SUCCESS &&
		 SPF_request_set_env_from(request, "a@example.com") == 0,
	    "no request");
	(void)SPF_request_query_mailfrom(request, &response);
	must(response != NULL &&
		 SPF_response_result(response) == SPF_RESULT_PASS,
	    "SPF does not pass");
	SPF_response_free(response);
	SPF_request_free(request);
}

int
main(int argc, char **argv)
{
	long n = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

	if (n <= 0) {
		(void)fprintf(
		    stderr, "usage: bench_libspf2_policy EVALUATIONS\n");
		return (64);
	}
	SPF_server_t *server = server_new();

	eval(server);
	double start = bodies_seconds();

	for (long i = 0; i < n; i++)
		eval(server);
	(void)printf("{\"bench\":\"policies\",\"program\":\"libspf2\","
		     "\"kind\":\"spf\",\"cpu_us\":%.3f}\n",
	    (bodies_seconds() - start) / (double)n * 1e6);
	SPF_server_free(server);
	return (EXIT_SUCCESS);
}
