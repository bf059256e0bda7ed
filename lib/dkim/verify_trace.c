#include "dkim/verify_trace.h"

#include <string.h>

#include "base/buf.h"
#include "dkim/bodyhash.h"
#include "dkim/digest.h"
#include "dkim/tags.h"

#define PART "dkim"

static const char *
known(const char *text)
{
	return (text != NULL ? text : "(unreadable)");
}

static const char *
signed_fields(struct arena *arena, const struct signature *signature)
{
	struct buf names;

	buf_init(&names, arena, VERIFY_TRACE_MAX_TEXT);
	for (size_t i = 0; i < signature->name_count; i++) {
		if (i > 0)
			buf_add_byte(&names, ':');
		buf_add(&names, signature->names[i]);
	}
	return (buf_str(&names));
}

static void
tell_signature(struct trace *trace, const struct signature *signature)
{
	trace_add(trace, PART, 1, "signs the fields %s",
	    signed_fields(trace->arena, signature));
	if (signature->has_length)
		trace_add(trace, PART, 1,
		    "l=%llu: signs only so many bytes of the body",
		    (unsigned long long)signature->length);
	if (signature->timestamp >= 0)
		trace_add(trace, PART, 1, "t=%lld: when it was made",
		    (long long)signature->timestamp);
	if (signature->expiration >= 0)
		trace_add(trace, PART, 1, "x=%lld: when it expires",
		    (long long)signature->expiration);
}

void
verify_trace_signature(
    struct trace *trace, size_t number, const struct signature *signature)
{
	if (trace == NULL)
		return;
	trace_add(trace, PART, 0, "signature %zu: d=%s s=%s a=%s c=%s/%s",
	    number, known(signature->domain), known(signature->selector),
	    dkim_algorithm_name(signature->algorithm),
	    dkim_canon_name(signature->header_canon),
	    dkim_canon_name(signature->body_canon));
	if (signature->error == NULL)
		tell_signature(trace, signature);
}

/* RFC 6376 3.7: both hashes, as base64 like in the field. */
void
verify_trace_hashes(struct trace *trace, const struct evaluate_facts *facts)
{
	if (trace == NULL)
		return;
	struct arena *arena = trace->arena;
	struct span header = span_new(facts->header_hash, DIGEST_SIZE);
	struct span body = span_new(facts->body_hash, BODYHASH_SIZE);
	struct span claimed = facts->signature->hash;

	trace_add(trace, PART, 1, "SHA-256 of the body, %llu bytes: %s",
	    (unsigned long long)facts->body_length,
	    tags_encode_base64(arena, body));
	trace_add(trace, PART, 1, "bh= of the signature: %s, %s",
	    tags_encode_base64(arena, claimed),
	    memcmp(claimed.data, facts->body_hash, BODYHASH_SIZE) == 0
		? "the same"
		: "another: the body was changed");
	trace_add(trace, PART, 1, "SHA-256 of the signed header fields: %s",
	    tags_encode_base64(arena, header));
}

void
verify_trace_answer(
    struct trace *trace, const char *name, const struct dns_answer *answer)
{
	static const char *const words[] = {
		[DNS_OK] = NULL,
		[DNS_NODATA] = "there is no TXT record",
		[DNS_NXDOMAIN] = "there is no such name",
		[DNS_SERVFAIL] = "its servers cannot say",
		[DNS_TIMEOUT] = "no answer in time",
	};

	if (trace == NULL)
		return;
	if (answer->status != DNS_OK)
		trace_add(trace, PART, 1, "key at %s: %s", name,
		    words[answer->status]);
	else
		trace_add(trace, PART, 1, "key at %s: %zu TXT record%s%s", name,
		    answer->count, answer->count == 1 ? "" : "s",
		    answer->security == DNS_SECURE ? ", secured by DNSSEC"
						   : "");
}

static const char *
key_kind(enum dkim_key_type type)
{
	switch (type) {
	case DKIM_KEY_RSA:
		return ("RSA");
	case DKIM_KEY_ED25519:
		return ("Ed25519");
	case DKIM_KEY_UNKNOWN:
		break;
	}
	return ("unknown");
}

void
verify_trace_key(struct trace *trace, struct span record,
    const struct dkim_key_info *info, enum dkim_result result,
    const char *reason)
{
	if (trace == NULL)
		return;
	trace_add(trace, PART, 1, "record: %s",
	    arena_str(trace->arena, span_head(record, VERIFY_TRACE_MAX_TEXT)));
	trace_add(trace, PART, 1, "%s key of %u bits%s: %s",
	    key_kind(info->type), info->bits,
	    info->testing ? ", t=y: its owner is testing" : "",
	    result == DKIM_PASS ? "the signature is right" : reason);
}

void
verify_trace_result(
    struct trace *trace, const struct dkim_verification *verification)
{
	trace_add(trace, PART, 1, "result: %s%s%s",
	    dkim_result_name(verification->result),
	    verification->reason == NULL ? "" : ", because ",
	    verification->reason == NULL ? "" : verification->reason);
}
