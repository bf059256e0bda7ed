#include "dkim/verify.h"

#include <string.h>

#include "base/buf.h"
#include "dkim/bodyhash.h"
#include "dkim/digest.h"
#include "dkim/evaluate.h"
#include "dkim/headerhash.h"
#include "dkim/signature.h"
#include "dkim/tags.h"
#include "dns/name.h"

/* DKIM-Signature fields that are read at all. */
#define MAX_READ ((size_t)1000)

/* Key records at one name that are tried. */
#define MAX_RECORDS ((size_t)5)

/* One DKIM-Signature field. */
struct candidate {
	const struct header_field *field;
	struct signature signature;
	struct dkim_verification *verification;
	int body; /* bodyhash_want()'s number */
};

struct dkim_verify {
	struct arena *arena;
	struct dkim_verify_options options;
	const struct header_list *headers;
	struct dns *dns;
	struct keycache *keys;
	const struct clock *clock;
	struct bodyhash *bodies;
	struct headerhash *index; /* NULL until it is needed */
	struct candidate *candidates;
	struct dkim_verification *verifications; /* one for each candidate */
	size_t count;
	size_t *chosen; /* indices of candidates */
	size_t chosen_count;
	int64_t dns_us; /* spent waiting for keys */
};

static void
set_result(
    struct dkim_verification *out, enum dkim_result result, const char *reason)
{
	out->result = result;
	out->reason = reason;
}

static void
read_candidate(struct dkim_verify *verify, size_t number)
{
	struct candidate *candidate = &verify->candidates[number];
	struct dkim_verification *out = candidate->verification;
	struct signature *signature = &candidate->signature;

	if (number >= MAX_READ) {
		set_result(out, DKIM_NEUTRAL,
		    "not read: more than 1000 DKIM-Signature fields");
		out->algorithm = DKIM_ALGORITHM_UNKNOWN;
		signature->error = out->reason;
		return;
	}
	signature_parse(verify->arena, candidate->field->value, signature);
	out->domain = signature->domain;
	out->selector = signature->selector;
	out->identity = signature->identity;
	out->b = signature->b;
	out->algorithm = signature->algorithm;
	if (signature->error != NULL)
		set_result(out, DKIM_PERMERROR, signature->error);
	else
		set_result(out, DKIM_NEUTRAL,
		    arena_printf(verify->arena,
			"not verified: more than %zu signatures",
			verify->options.max_signatures));
}

static void
read_candidates(struct dkim_verify *verify)
{
	size_t room = header_count(verify->headers, "DKIM-Signature");

	verify->candidates =
	    arena_array(verify->arena, room, sizeof(*verify->candidates));
	verify->verifications =
	    arena_array(verify->arena, room, sizeof(*verify->verifications));
	for (size_t i = 0; i < verify->headers->count; i++) {
		const struct header_field *field = &verify->headers->fields[i];

		if (!span_is_nocase(field->name, "DKIM-Signature"))
			continue;
		struct candidate *candidate =
		    &verify->candidates[verify->count];

		candidate->field = field;
		candidate->verification = &verify->verifications[verify->count];
		read_candidate(verify, verify->count++);
	}
}

/* How close a signature stands to the author: 0 his own domain, 1 above or
 * below it, 2 another. */
#define RANKS 3

static int
rank(const struct signature *signature, const char *from_domain)
{
	if (from_domain == NULL)
		return (RANKS - 1);
	if (strcmp(signature->domain, from_domain) == 0)
		return (0);
	return (name_is_within(signature->domain, from_domain) ||
			name_is_within(from_domain, signature->domain)
		    ? 1
		    : 2);
}

/* Junk signatures cannot crowd out those that DMARC will look at. */
static void
choose(struct dkim_verify *verify, const char *from_domain)
{
	size_t max = verify->options.max_signatures;

	if (max > verify->count)
		max = verify->count;
	verify->chosen =
	    arena_array(verify->arena, max, sizeof(*verify->chosen));
	for (int wanted = 0; wanted < RANKS; wanted++)
		for (size_t i = 0; i < verify->count; i++) {
			const struct signature *signature =
			    &verify->candidates[i].signature;

			if (verify->chosen_count == max)
				return;
			if (signature->error == NULL &&
			    rank(signature, from_domain) == wanted)
				verify->chosen[verify->chosen_count++] = i;
		}
}

struct dkim_verify *
dkim_verify_new(struct arena *arena, const struct dkim_verify_options *options,
    const struct header_list *headers, const char *from_domain, struct dns *dns,
    struct keycache *keys, const struct clock *clock)
{
	struct dkim_verify *verify = arena_alloc(arena, sizeof(*verify));

	verify->arena = arena;
	verify->options = *options;
	verify->headers = headers;
	verify->dns = dns;
	verify->keys = keys;
	verify->clock = clock;
	verify->bodies = bodyhash_new(arena);
	read_candidates(verify);
	choose(verify, from_domain);
	for (size_t i = 0; i < verify->chosen_count; i++) {
		struct candidate *candidate =
		    &verify->candidates[verify->chosen[i]];
		const struct signature *signature = &candidate->signature;

		candidate->body =
		    bodyhash_want(verify->bodies, signature->body_canon,
			signature->has_length ? signature->length
					      : BODYHASH_NO_LIMIT);
		dns_prefetch(dns, signature->key_name, DNS_TYPE_TXT);
	}
	return (verify);
}

void
dkim_verify_body(struct dkim_verify *verify, struct span bytes)
{
	bodyhash_add(verify->bodies, bytes);
}

/* Does this TXT record mean to be a key record? */
static bool
looks_like_key(struct span text)
{
	struct tag_list list;

	return (
	    span_starts(text, "v=DKIM1") ||
	    (tags_parse(text, &list) == NULL && tags_find(&list, "p") != NULL));
}

/* How much the outcome with one of several keys tells. */
static int
weight(enum dkim_result result, const struct dkim_key_info *info)
{
	if (result == DKIM_PASS)
		return (5);
	if (result == DKIM_POLICY)
		return (4);
	if (result == DKIM_FAIL)
		return (3);
	return (info->error == NULL ? 2 : 1);
}

/* Evaluate a candidate with the key in ${text}; keep the outcome if it tells
 * more than those before, and return its weight then, else ${best}. */
static int
try_key(struct dkim_verify *verify, const struct evaluate_facts *facts,
    struct span text, int best, struct dkim_verification *out)
{
	struct dkim_key *key = keycache_get(verify->keys, text);
	const struct dkim_key_info *info = dkim_key_info(key);
	const char *reason;
	enum dkim_result result =
	    evaluate(&verify->options, facts, key, &reason);

	if (weight(result, info) > best) {
		best = weight(result, info);
		set_result(out, result, reason);
		out->key_bits = info->bits;
		out->testing = info->testing;
	}
	dkim_key_free(key);
	return (best);
}

/*
 * RFC 6376 3.6.2.2 leaves open what several records at one name mean.  All of
 * them are the domain owner's word, so any that verifies the signature will do,
 * also beside one that revokes another key; TXT records that only happen to be
 * there do not disturb.  What is told when none verifies is about the key that
 * came closest.
 */
static void
try_keys(struct dkim_verify *verify, const struct evaluate_facts *facts,
    const struct dns_answer *answer, struct dkim_verification *out)
{
	size_t tried = 0;
	int best = 0;

	for (size_t i = 0; i < answer->count && tried < MAX_RECORDS; i++) {
		struct span text = dns_txt(verify->arena, answer->rdata[i]);

		if (answer->count > 1 && !looks_like_key(text))
			continue;
		tried++;
		best = try_key(verify, facts, text, best, out);
		if (out->result == DKIM_PASS)
			return;
	}
	if (tried == 0)
		set_result(out, DKIM_PERMERROR,
		    "no key for the signature: no TXT record is a key record");
}

/* Compute what the message yields for ${candidate}, then ask the keys. */
static void
check(struct dkim_verify *verify, struct candidate *candidate,
    const struct dns_answer *answer)
{
	const struct signature *signature = &candidate->signature;
	unsigned char header_hash[DIGEST_SIZE], body_hash[BODYHASH_SIZE];
	struct evaluate_facts facts = { .signature = signature,
		.header_hash = header_hash,
		.body_hash = body_hash,
		.now = clock_now(verify->clock) };
	struct buf value;

	/* RFC 6376 3.7: the field itself comes last, with b= empty. */
	buf_init(&value, verify->arena, SIGNATURE_MAX_BYTES);
	buf_add(&value, signature->before_b);
	buf_add(&value, signature->after_b);
	struct header_field field = *candidate->field;

	field.value = buf_span(&value);
	if (verify->index == NULL)
		verify->index = headerhash_new(verify->arena, verify->headers);
	facts.from_fields = headerhash_count(verify->index, span_str("From"));
	headerhash_compute(verify->index, signature->header_canon,
	    signature->names, signature->name_count, &field, candidate->field,
	    header_hash);
	bodyhash_get(
	    verify->bodies, candidate->body, &facts.body_length, body_hash);
	try_keys(verify, &facts, answer, candidate->verification);
}

/* RFC 6376 6.1.2: get the key, or say why there is none. */
static void
conclude(struct dkim_verify *verify, struct candidate *candidate,
    const struct dns_answer *answer)
{
	struct dkim_verification *out = candidate->verification;

	out->security = answer->security;
	switch (answer->status) {
	case DNS_OK:
		check(verify, candidate, answer);
		return;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		set_result(out, DKIM_PERMERROR, "no key for the signature");
		return;
	case DNS_SERVFAIL:
		set_result(out, DKIM_TEMPERROR,
		    answer->security == DNS_BOGUS
			? "the key's DNS answer is bogus"
			: "the DNS cannot say what the key is");
		return;
	case DNS_TIMEOUT:
		set_result(out, DKIM_TEMPERROR,
		    "no answer from the DNS about the key in time");
		return;
	}
}

const struct dkim_verification *
dkim_verify_finish(struct dkim_verify *verify, int64_t deadline, size_t *count)
{
	size_t keys = verify->chosen_count;
	struct dns_question *questions =
	    arena_array(verify->arena, keys, sizeof(*questions));
	struct dns_answer *answers =
	    arena_array(verify->arena, keys, sizeof(*answers));

	*count = verify->count;
	bodyhash_finish(verify->bodies);
	if (keys == 0)
		return (verify->verifications);
	for (size_t i = 0; i < keys; i++)
		questions[i] = (struct dns_question){
			.name = verify->candidates[verify->chosen[i]]
			            .signature.key_name,
			.type = DNS_TYPE_TXT
		};
	int64_t asked = clock_monotonic_us();

	dns_gather(
	    verify->dns, questions, keys, deadline, verify->arena, answers);
	verify->dns_us = clock_monotonic_us() - asked;
	for (size_t i = 0; i < keys; i++)
		conclude(verify, &verify->candidates[verify->chosen[i]],
		    &answers[i]);
	return (verify->verifications);
}

int64_t
dkim_verify_dns_us(const struct dkim_verify *verify)
{
	return (verify->dns_us);
}

void
dkim_verify_free(struct dkim_verify *verify)
{
	if (verify == NULL)
		return;
	bodyhash_free(verify->bodies);
	headerhash_free(verify->index);
}
