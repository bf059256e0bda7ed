#include "receiver/opendkim.h"

#include <openssl/crypto.h>
#include <string.h>

#include "receiver/inside.h"
#include "receiver/opendkim_dns.h"

/* What OpenDKIM sets by default, where the library's default differs. */
#define MILTER_FLAGS (DKIM_LIBFLAGS_ACCEPTV05 | DKIM_LIBFLAGS_DROPSIGNER)
#define MILTER_DRIFT 300
#define MILTER_KEY_BITS 1024

_Static_assert(
    (int)OPENDKIM_DOMAIN == DKIM_SIGERROR_DOMAIN &&
	(int)OPENDKIM_EXPIRED == DKIM_SIGERROR_EXPIRED &&
	(int)OPENDKIM_FUTURE == DKIM_SIGERROR_FUTURE &&
	(int)OPENDKIM_INVALID_L == DKIM_SIGERROR_INVALID_L &&
	(int)OPENDKIM_NO_KEY == DKIM_SIGERROR_NOKEY &&
	(int)OPENDKIM_DNS_SYNTAX == DKIM_SIGERROR_DNSSYNTAX &&
	(int)OPENDKIM_KEY_FAIL == DKIM_SIGERROR_KEYFAIL &&
	(int)OPENDKIM_BAD_SIGNATURE == DKIM_SIGERROR_BADSIG &&
	(int)OPENDKIM_SUBDOMAIN == DKIM_SIGERROR_SUBDOMAIN &&
	(int)OPENDKIM_MULTIPLE == DKIM_SIGERROR_MULTIREPLY &&
	(int)OPENDKIM_KEY_TYPE_MISSING == DKIM_SIGERROR_KEYTYPEMISSING &&
	(int)OPENDKIM_KEY_DECODE == DKIM_SIGERROR_KEYDECODE &&
	(int)OPENDKIM_KEY_TOO_SMALL == DKIM_SIGERROR_KEYTOOSMALL,
    "libopendkim has changed its numbers");

/* One message, as it comes in. */
struct incoming {
	struct arena *arena;
	const struct inside *inside;
	DKIM *dkim;
	size_t signatures; /* DKIM-Signature fields so far */
	size_t accepted[RECEIVER_MAX_SIGNATURES]; /* their numbers */
	size_t accepted_count;
	struct wire_opinion refused[RECEIVER_MAX_SIGNATURES];
	size_t refused_count;
	DKIM_STAT trouble; /* with the message as a whole, or DKIM_STAT_OK */
};

/* libopendkim takes bytes without const, and leaves them alone. */
static unsigned char *
writable(struct arena *arena, struct span bytes)
{
	return ((unsigned char *)arena_str(arena, bytes));
}

static bool
is_signature(struct span field)
{
	struct span name;

	(void)span_take_until(&field, ':', &name);
	return (
	    span_is_nocase(span_trim_end(name, span_is_wsp), "DKIM-Signature"));
}

static void
refuse(struct incoming *incoming, size_t field, DKIM_STAT status)
{
	const char *detail = dkim_geterror(incoming->dkim);

	incoming->refused[incoming->refused_count++] = (struct wire_opinion){
		.field = field,
		.result = WIRE_PERMERROR,
		.code = OPENDKIM_REFUSED_FIELD,
		.reason = arena_strdup(incoming->arena,
		    detail != NULL ? detail : dkim_getresultstr(status)),
	};
}

/* A field that libopendkim refuses is lost to it; the others go on. */
static void
take_field(struct incoming *incoming, struct span field)
{
	struct arena *arena = arena_new();
	size_t number = incoming->signatures;
	DKIM_STAT status =
	    dkim_header(incoming->dkim, writable(arena, field), field.len);

	arena_free(arena);
	if (!is_signature(field) || number == RECEIVER_MAX_SIGNATURES)
		return;
	incoming->signatures++;
	if (status == DKIM_STAT_OK)
		incoming->accepted[incoming->accepted_count++] = number;
	else
		refuse(incoming, number, status);
}

static void
note(struct incoming *incoming, DKIM_STAT status)
{
	if (incoming->trouble == DKIM_STAT_OK && status != DKIM_STAT_NOSIG)
		incoming->trouble = status;
}

static void
take_body(struct incoming *incoming, struct span part)
{
	struct arena *arena = arena_new();

	if (incoming->trouble == DKIM_STAT_OK && part.len > 0)
		note(incoming,
		    dkim_body(incoming->dkim, writable(arena, part), part.len));
	arena_free(arena);
}

/* The word that OpenDKIM writes into Authentication-Results. */
static enum wire_result
result_of(DKIM_SIGINFO *signature, int error)
{
	bool processed =
	    (dkim_sig_getflags(signature) & DKIM_SIGFLAG_PROCESSED) != 0;

	if (DKIM_SIG_CHECK(signature))
		return (WIRE_PASS);
	if (error == DKIM_SIGERROR_MULTIREPLY ||
	    error == DKIM_SIGERROR_KEYFAIL || error == DKIM_SIGERROR_DNSSYNTAX)
		return (WIRE_TEMPERROR);
	if (error == DKIM_SIGERROR_KEYTOOSMALL)
		return (WIRE_POLICY);
	if (processed)
		return (WIRE_FAIL);
	return (error != DKIM_SIGERROR_UNKNOWN && error != DKIM_SIGERROR_OK
		    ? WIRE_PERMERROR
		    : WIRE_NEUTRAL);
}

static const char *
algorithm_of(DKIM_SIGINFO *signature)
{
	dkim_alg_t algorithm;

	if (dkim_sig_getsignalg(signature, &algorithm) != DKIM_STAT_OK)
		return (NULL);
	if (algorithm == DKIM_SIGN_RSASHA1)
		return ("rsa-sha1");
	if (algorithm == DKIM_SIGN_RSASHA256)
		return ("rsa-sha256");
	return (algorithm == DKIM_SIGN_ED25519SHA256 ? "ed25519-sha256" : NULL);
}

static struct wire_opinion
opinion_of(struct incoming *incoming, DKIM_SIGINFO *signature, size_t field)
{
	(void)dkim_sig_process(incoming->dkim, signature);
	int error = dkim_sig_geterror(signature);
	struct wire_opinion opinion = {
		.field = field,
		.result = result_of(signature, error),
		.code = (uint32_t)error,
		.domain = (const char *)dkim_sig_getdomain(signature),
		.selector = (const char *)dkim_sig_getselector(signature),
		.algorithm = algorithm_of(signature),
	};
	bool known =
	    error != DKIM_SIGERROR_UNKNOWN && error != DKIM_SIGERROR_OK;

	(void)dkim_sig_getkeysize(signature, &opinion.bits);
	if (known)
		opinion.reason = dkim_sig_geterrorstr((DKIM_SIGERROR)error);
	if (opinion.result == WIRE_PASS || known ||
	    incoming->trouble == DKIM_STAT_OK)
		return (opinion);
	opinion.result = WIRE_PERMERROR;
	opinion.code = OPENDKIM_REFUSED_MESSAGE;
	opinion.reason = dkim_getresultstr(incoming->trouble);
	return (opinion);
}

/* What it says when the message as a whole was too much for it. */
static struct wire_opinion
opinion_without(const struct incoming *incoming, size_t field)
{
	DKIM_STAT trouble = incoming->trouble;
	const char *detail = dkim_geterror(incoming->dkim);

	return ((struct wire_opinion){ .field = field,
	    .result = WIRE_PERMERROR,
	    .code = OPENDKIM_REFUSED_MESSAGE,
	    .reason = detail != NULL ? detail : dkim_getresultstr(trouble) });
}

static void
say_all(struct incoming *incoming)
{
	DKIM_SIGINFO **list;
	int listed;
	size_t accepted = 0, refused = 0;

	if (dkim_getsiglist(incoming->dkim, &list, &listed) != DKIM_STAT_OK)
		listed = 0;
	for (size_t field = 0; field < incoming->signatures; field++) {
		struct wire_opinion opinion;

		if (refused < incoming->refused_count &&
		    incoming->refused[refused].field == field)
			opinion = incoming->refused[refused++];
		else if (accepted < (size_t)listed)
			opinion = opinion_of(incoming, list[accepted++], field);
		else
			opinion = opinion_without(incoming, field);
		inside_say(incoming->inside, &opinion);
	}
}

/* dkim_eom()'s own result is about one signature of several; only what keeps it
 * from looking at any is about the message. */
static void
end(struct incoming *incoming)
{
	DKIM_STAT status = DKIM_STAT_OK;

	if (incoming->trouble == DKIM_STAT_OK)
		status = dkim_eom(incoming->dkim, NULL);
	if (status == DKIM_STAT_SYNTAX || status == DKIM_STAT_INTERNAL ||
	    status == DKIM_STAT_NORESOURCE || status == DKIM_STAT_INVALID)
		note(incoming, status);
	say_all(incoming);
}

/* Return false when the message has ended. */
static bool
take(struct incoming *incoming, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_FIELD:
		take_field(incoming, frame->payload);
		break;
	case FRAME_END_OF_FIELDS:
		note(incoming, dkim_eoh(incoming->dkim));
		inside_write(incoming->inside, FRAME_READY, span_str(""));
		break;
	case FRAME_BODY:
		take_body(incoming, frame->payload);
		break;
	case FRAME_END:
		end(incoming);
		return (false);
	case FRAME_ANSWER:
	case FRAME_HELLO:
	case FRAME_QUESTION:
	case FRAME_READY:
	case FRAME_OPINION:
	case FRAME_DONE:
	case FRAME_SPF:
	case FRAME_SPF_OPINION:
		break;
	}
	return (true);
}

static void
greet(const struct inside *inside, struct arena *arena)
{
	unsigned int version = (unsigned int)dkim_libversion();
	const char *text = arena_printf(arena, "%u.%u.%u", version >> 24,
	    version >> 16 & 0xff, version >> 8 & 0xff);

	inside_write(inside, FRAME_HELLO, span_str(text));
}

/* OpenSSL reads its configuration when it is first needed: that must be now. */
static void *
prepare(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
		return (NULL);
	DKIM_LIB *library = dkim_init(NULL, NULL);
	unsigned int flags = MILTER_FLAGS;
	unsigned int bits = MILTER_KEY_BITS;
	uint64_t drift = MILTER_DRIFT;

	if (library == NULL)
		return (NULL);
	(void)dkim_options(
	    library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags));
	(void)dkim_options(
	    library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof(bits));
	(void)dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT,
	    &drift, sizeof(drift));
	return (library);
}

static void
run(struct inside *inside, void *prepared)
{
	struct arena *arena = arena_new();
	struct incoming *incoming = arena_alloc(arena, sizeof(*incoming));
	DKIM_STAT status = DKIM_STAT_NORESOURCE;
	bool more = true;

	greet(inside, arena);
	if (prepared == NULL)
		return;
	opendkim_dns_set(prepared, inside);
	incoming->arena = arena;
	incoming->inside = inside;
	incoming->dkim =
	    dkim_verify(prepared, (const u_char *)"compare", NULL, &status);
	while (incoming->dkim != NULL && more) {
		struct arena *room = arena_new();
		struct frame frame;

		inside_read(inside, room, &frame);
		more = take(incoming, &frame);
		arena_free(room);
	}
	if (incoming->dkim == NULL)
		return;
	/* A crash in here counts too. */
	(void)dkim_free(incoming->dkim);
	dkim_close(prepared);
	inside_write(inside, FRAME_DONE, span_str(""));
	arena_free(arena);
}

const struct receiver_library opendkim_library = {
	.name = "libopendkim",
	.prepare = prepare,
	.run = run,
};
