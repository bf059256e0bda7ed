#include "meter.h"

#include <stdlib.h>

#include "base/arena_impl.h"
#include "meter_families.h"

struct meter {
	struct metrics *metrics;
};

struct meter *
meter_new(void)
{
	struct meter *meter = arena_impl_malloc(sizeof(*meter));

	meter->metrics = metrics_new(meter_families);
	return (meter);
}

void
meter_free(struct meter *meter)
{
	if (meter == NULL)
		return;
	metrics_free(meter->metrics);
	free(meter);
}

static void
count(struct meter *meter, enum meter_family family, size_t value)
{
	metrics_add(meter->metrics, METRICS_SERIES(family, value), 1);
}

static void
count_dkim(struct meter *meter, const struct outcome *outcome)
{
	if (outcome->dkim_count == 0)
		count(meter, METER_DKIM_RESULTS, DKIM_NONE);
	for (size_t i = 0; i < outcome->dkim_count; i++)
		count(meter, METER_DKIM_RESULTS, outcome->dkim[i].result);
}

static void
count_spf(struct meter *meter, const struct spf_outcome *spf)
{
	if (spf != NULL)
		metrics_add(meter->metrics,
		    METRICS_SERIES(
			METER_SPF_RESULTS, spf->identity, spf->result),
		    1);
}

static void
count_dmarc(struct meter *meter, const struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->dmarc_count; i++) {
		const struct dmarc_outcome *dmarc = &outcome->dmarc[i];

		count(meter, METER_DMARC_RESULTS, dmarc->result);
		if (dmarc->result == DMARC_FAIL)
			count(meter, METER_DMARC_FAILURES, dmarc->policy);
	}
}

/* What was verified: nothing at all when there is no check. */
static void
count_results(
    struct meter *meter, const struct mail *mail, const struct outcome *outcome)
{
	if (mail->check == NULL)
		return;
	count_spf(meter, outcome->spf_helo);
	count_spf(meter, outcome->spf_mail_from);
	count_dkim(meter, outcome);
	count_dmarc(meter, outcome);
	if (mail->direction == MAIL_INBOUND)
		count(meter, METER_IPREV_RESULTS, outcome->iprev);
	metrics_observe(meter->metrics,
	    METRICS_SERIES(METER_DNS_WAIT_SECONDS, 0),
	    (uint64_t)outcome->dns_us);
}

/* Mail that is tagged or held was not refused. */
static void
count_verdict(
    struct meter *meter, const struct mail *mail, const struct verdict *verdict)
{
	metrics_add(meter->metrics,
	    METRICS_SERIES(METER_MESSAGES, mail->direction, verdict->action),
	    1);
	if (verdict->action == VERDICT_REJECT ||
	    verdict->action == VERDICT_TEMPFAIL)
		count(meter, METER_REFUSED, verdict->cause);
	if (verdict->would != verdict->action)
		count(meter, METER_NOT_ENFORCED, verdict->would);
}

static void
count_signatures(struct meter *meter, const struct outcome *outcome)
{
	if (outcome->unsigned_reason != NULL)
		count(meter, METER_UNSIGNED, outcome->unsigned_cause);
	for (size_t i = 0; i < outcome->signature_count; i++) {
		bool ed25519 =
		    dkim_private_algorithm(outcome->keys[i].private) ==
		    DKIM_ED25519_SHA256;

		count(meter, METER_SIGNATURES, ed25519 ? 1 : 0);
	}
}

void
meter_message(struct meter *meter, const struct mail *mail,
    const struct outcome *outcome, int64_t us)
{
	struct metrics *metrics = meter->metrics;

	count_verdict(meter, mail, &outcome->verdict);
	count_results(meter, mail, outcome);
	count_signatures(meter, outcome);
	for (size_t i = 0; i < outcome->finding_count; i++)
		count(
		    meter, METER_OUTGOING_FINDINGS, outcome->findings[i].kind);
	if (outcome->deletion_count > 0)
		metrics_add(metrics, METRICS_SERIES(METER_FORGED_FIELDS, 0),
		    outcome->deletion_count);
	metrics_add(
	    metrics, METRICS_SERIES(METER_BODY_BYTES, 0), mail->body_bytes);
	metrics_observe(metrics,
	    METRICS_SERIES(METER_VERDICT_SECONDS, mail->direction),
	    (uint64_t)us);
}

void
meter_aborted(struct meter *meter, enum mail_stage stage)
{
	count(meter, METER_ABORTED, stage);
}

void
meter_stopping(struct meter *meter)
{
	count(meter, METER_REFUSED, METER_REFUSED_STOPPING);
}

void
meter_not_applied(struct meter *meter)
{
	count(meter, METER_REFUSED, METER_REFUSED_NOT_APPLIED);
}

void
meter_odd(struct meter *meter)
{
	count(meter, METER_NEVER_NEGOTIATED, 0);
}

void
meter_reload(struct meter *meter, bool loaded)
{
	count(meter, METER_RELOADS, loaded ? 1 : 0);
}

void
meter_dns(void *meter, enum dns_status status, int64_t us)
{
	struct meter *self = meter;

	metrics_observe(self->metrics,
	    METRICS_SERIES(METER_DNS_ANSWER_SECONDS, status), (uint64_t)us);
}

void
meter_print(
    struct meter *meter, const struct meter_state *state, struct buf *page)
{
	const struct dns_counters *dns = &state->dns;
	const struct keycache_counters *keys = &state->keys;
	const struct {
		enum meter_family family;
		uint64_t value;
	} values[] = {
		{ METER_DNS_QUESTIONS, dns->questions },
		{ METER_DNS_CACHE_HITS, dns->hits },
		{ METER_DNS_JOINED, dns->joined },
		{ METER_DNS_STARTED, dns->started },
		{ METER_DNS_FAILURES, dns->failures },
		{ METER_DNS_EVICTED, dns->evicted },
		{ METER_DNS_CACHE_ENTRIES, dns->entries },
		{ METER_DNS_UNDER_WAY, dns->under_way },
		{ METER_KEY_CACHE_HITS, keys->hits },
		{ METER_KEY_CACHE_PARSED, keys->parsed },
		{ METER_KEY_CACHE_ENTRIES, keys->entries },
		{ METER_SIGNING_KEYS, state->signing_keys },
		{ METER_CONNECTIONS, state->load.connected },
		{ METER_OPEN_CONNECTIONS, state->load.connections },
		{ METER_IN_HAND, state->load.in_hand },
	};
	struct metrics *metrics = meter->metrics;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		metrics_set(metrics, METRICS_SERIES(values[i].family, 0),
		    values[i].value);
	metrics_set(metrics,
	    METRICS_SERIES(METER_LOG_EVENTS, METER_LEVEL_ERROR), state->errors);
	metrics_set(metrics,
	    METRICS_SERIES(METER_LOG_EVENTS, METER_LEVEL_WARNING),
	    state->warnings);
	metrics_print(metrics, page);
}
