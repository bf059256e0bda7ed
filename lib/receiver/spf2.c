#include "receiver/spf2.h"

#include <string.h>

#include "receiver/inside.h"
#include "receiver/spf2_dns.h"

_Static_assert((int)SPF2_SUCCESS == SPF_E_SUCCESS &&
		   (int)SPF2_NOT_SPF == SPF_E_NOT_SPF &&
		   (int)SPF2_SYNTAX == SPF_E_SYNTAX &&
		   (int)SPF2_INVALID_CHAR == SPF_E_INVALID_CHAR &&
		   (int)SPF2_UNKNOWN_MECH == SPF_E_UNKNOWN_MECH &&
		   (int)SPF2_INVALID_CIDR == SPF_E_INVALID_CIDR &&
		   (int)SPF2_MISSING_OPT == SPF_E_MISSING_OPT &&
		   (int)SPF2_INVALID_ESC == SPF_E_INVALID_ESC &&
		   (int)SPF2_INVALID_VAR == SPF_E_INVALID_VAR &&
		   (int)SPF2_INVALID_DELIM == SPF_E_INVALID_DELIM &&
		   (int)SPF2_BIG_STRING == SPF_E_BIG_STRING &&
		   (int)SPF2_BIG_MECH == SPF_E_BIG_MECH &&
		   (int)SPF2_BIG_MOD == SPF_E_BIG_MOD &&
		   (int)SPF2_BIG_DNS == SPF_E_BIG_DNS &&
		   (int)SPF2_DNS_ERROR == SPF_E_DNS_ERROR &&
		   (int)SPF2_INCLUDE_NONE == SPF_E_INCLUDE_RETURNED_NONE &&
		   (int)SPF2_RECURSIVE == SPF_E_RECURSIVE &&
		   (int)SPF2_MULTIPLE == SPF_E_MULTIPLE_RECORDS,
    "libspf2 has changed its numbers");

/* What it says when the record has no exp=, which it must always have. */
#define NO_EXPLANATION "the-record-has-no-explanation"

struct prepared {
	struct arena *arena;
	SPF_dns_server_t *dns;
	SPF_server_t *server;
};

/* The word of RFC 7208 2.6.  INVALID is none: programs that use libspf2 go by
 * the kind of the error then. */
static enum spf_result
result_of(SPF_result_t result, SPF_errcode_t code)
{
	switch (result) {
	case SPF_RESULT_NEUTRAL:
		return (SPF_NEUTRAL);
	case SPF_RESULT_PASS:
		return (SPF_PASS);
	case SPF_RESULT_FAIL:
		return (SPF_FAIL);
	case SPF_RESULT_SOFTFAIL:
		return (SPF_SOFTFAIL);
	case SPF_RESULT_NONE:
		return (SPF_NONE);
	case SPF_RESULT_TEMPERROR:
		return (SPF_TEMPERROR);
	case SPF_RESULT_PERMERROR:
		return (SPF_PERMERROR);
	case SPF_RESULT_INVALID:
		break;
	}
	if (code == SPF_E_NOT_SPF)
		return (SPF_NONE);
	return (code == SPF_E_DNS_ERROR ? SPF_TEMPERROR : SPF_PERMERROR);
}

/* Its first error, or NULL. */
static SPF_error_t *
error_of(SPF_response_t *response)
{
	int count = SPF_response_messages(response);

	for (int i = 0; i < count; i++) {
		SPF_error_t *error = SPF_response_message(response, i);

		if (SPF_error_errorp(error))
			return (error);
	}
	return (NULL);
}

/* What went wrong first is nearer to the cause than what it led to. */
static SPF_errcode_t
code_of(SPF_response_t *response, SPF_errcode_t status)
{
	SPF_error_t *error = error_of(response);

	if (error != NULL)
		return (SPF_error_code(error));
	if (SPF_response_errcode(response) != SPF_E_SUCCESS)
		return (SPF_response_errcode(response));
	return (status);
}

/* In its own words, or what its number means. */
static const char *
reason_of(SPF_response_t *response, SPF_errcode_t code)
{
	SPF_error_t *error = error_of(response);

	if (error != NULL)
		return (SPF_error_message(error));
	return (code != SPF_E_SUCCESS ? SPF_strerror(code) : NULL);
}

static const char *
explanation_of(SPF_response_t *response)
{
	const char *text = SPF_response_get_explanation(response);

	if (SPF_response_result(response) != SPF_RESULT_FAIL || text == NULL ||
	    strcmp(text, NO_EXPLANATION) == 0)
		return (NULL);
	return (text);
}

static void
say(struct inside *inside, struct arena *arena, SPF_response_t *response,
    SPF_errcode_t status)
{
	struct wire_spf_opinion opinion = { .result = SPF_NONE };
	struct buf payload;

	if (response != NULL) {
		SPF_errcode_t code = code_of(response, status);

		opinion = (struct wire_spf_opinion){
			.result =
			    result_of(SPF_response_result(response), code),
			.code = (uint32_t)code,
			.reason = reason_of(response, code),
			.explanation = explanation_of(response),
		};
	}
	buf_init(&payload, arena, FRAME_MAX_FROM_CHILD);
	wire_add_spf_opinion(&payload, &opinion);
	inside_write(inside, FRAME_SPF_OPINION, buf_span(&payload));
}

/* As Exim calls it; without a sender it asks about postmaster@helo by
 * itself. */
static SPF_request_t *
request_of(SPF_server_t *server, const struct wire_spf *query)
{
	SPF_request_t *request = SPF_request_new(server);

	if (request == NULL)
		return (NULL);
	if (strchr(query->client, ':') != NULL)
		(void)SPF_request_set_ipv6_str(request, query->client);
	else
		(void)SPF_request_set_ipv4_str(request, query->client);
	(void)SPF_request_set_helo_dom(request, query->helo);
	(void)SPF_request_set_env_from(request, query->mail_from);
	return (request);
}

static void
judge(struct inside *inside, struct arena *arena, SPF_server_t *server,
    const struct wire_spf *query)
{
	SPF_response_t *response = NULL;
	SPF_errcode_t status = SPF_E_NO_MEMORY;

	(void)SPF_server_set_rec_dom(server, query->receiver);
	SPF_request_t *request = request_of(server, query);

	if (request != NULL)
		status = SPF_request_query_mailfrom(request, &response);
	say(inside, arena, response, status);
	/* A crash in here counts too. */
	if (response != NULL)
		SPF_response_free(response);
	if (request != NULL)
		SPF_request_free(request);
}

static void
greet(const struct inside *inside, struct arena *arena)
{
	int major, minor, patch;

	SPF_get_lib_version(&major, &minor, &patch);
	inside_write(inside, FRAME_HELLO,
	    span_str(arena_printf(arena, "%d.%d.%d", major, minor, patch)));
}

static void *
prepare(void)
{
	struct arena *arena = arena_new();
	struct prepared *prepared = arena_alloc(arena, sizeof(*prepared));
	SPF_response_t *response = NULL;

	prepared->arena = arena;
	prepared->dns = spf2_dns_new(arena);
	prepared->server = SPF_server_new_dns(prepared->dns, 0);
	if (prepared->server == NULL ||
	    SPF_server_set_explanation(
		prepared->server, NO_EXPLANATION, &response) != SPF_E_SUCCESS)
		return (NULL);
	if (response != NULL)
		SPF_response_free(response);
	return (prepared);
}

static void
run(struct inside *inside, void *state)
{
	struct prepared *prepared = state;
	struct arena *arena = arena_new();
	struct wire_spf query;
	struct frame frame;

	greet(inside, arena);
	inside_read(inside, arena, &frame);
	if (prepared == NULL || frame.type != FRAME_SPF ||
	    !wire_take_spf(frame.payload, arena, &query))
		return;
	spf2_dns_set(prepared->dns, inside);
	judge(inside, arena, prepared->server, &query);
	SPF_server_free(prepared->server);
	inside_write(inside, FRAME_DONE, span_str(""));
	arena_free(prepared->arena);
	arena_free(arena);
}

const struct receiver_library spf2_library = {
	.name = "libspf2",
	.prepare = prepare,
	.run = run,
};
