#include "mail_summary.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "dns/name.h"

/* Kept free for the last word, which is a blank, + and a number. */
#define REST_MAX ((size_t)22)

struct summary {
	struct arena *arena;
	struct buf text;
	size_t left_out;
};

static void
begin(struct summary *summary, struct arena *arena)
{
	*summary = (struct summary){ .arena = arena };
	buf_init(&summary->text, arena, LOG_VALUE_MAX);
}

/* A piece that has no room lets shorter ones pass, so that no single long name
 * hides all others. */
static void
add(struct summary *summary, const char *piece)
{
	struct buf *text = &summary->text;
	const char *blank = text->len > 0 ? " " : "";

	if (text->len + strlen(blank) + strlen(piece) >
	    LOG_VALUE_MAX - REST_MAX)
		summary->left_out++;
	else
		buf_printf(text, "%s%s", blank, piece);
}

static const char *
end(struct summary *summary)
{
	struct buf *text = &summary->text;

	if (summary->left_out > 0)
		buf_printf(text, "%s+%zu", text->len > 0 ? " " : "",
		    summary->left_out);
	return (buf_str(text));
}

/* Say whether DMARC could want a signature of ${domain}. */
static bool
is_near(const char *domain, const char *from_domain)
{
	return (domain != NULL && from_domain != NULL &&
		(name_is_within(domain, from_domain) ||
		    name_is_within(from_domain, domain)));
}

/* 0 stands first.  A stranger may put any number of signatures into his
 * message, under any domain: but passes cost him a key record, and those of the
 * author's domain are not his to make. */
#define RANKS 6

static int
rank(const struct dkim_verification *dkim, const char *from_domain)
{
	int other = is_near(dkim->domain, from_domain) ? 0 : RANKS / 2;

	if (dkim->result == DKIM_PASS)
		return (other);
	/* No key was looked up and tried: junk. */
	if (dkim->result == DKIM_PERMERROR || dkim->result == DKIM_NEUTRAL)
		return (other + 2);
	return (other + 1);
}

static const char *
piece_of(struct arena *arena, const struct dkim_verification *dkim)
{
	return (arena_printf(arena, "%s(%s/%s)", dkim_result_name(dkim->result),
	    dkim->domain != NULL ? dkim->domain : "?",
	    dkim->selector != NULL ? dkim->selector : "?"));
}

const char *
mail_summary_results(
    struct arena *arena, const struct outcome *outcome, const char *from_domain)
{
	struct summary summary;

	if (outcome->dkim_count == 0)
		return ("none");
	begin(&summary, arena);
	for (int wanted = 0; wanted < RANKS; wanted++)
		for (size_t i = 0; i < outcome->dkim_count; i++)
			if (rank(&outcome->dkim[i], from_domain) == wanted)
				add(&summary,
				    piece_of(arena, &outcome->dkim[i]));
	return (end(&summary));
}

const char *
mail_summary_signatures(struct arena *arena, const struct outcome *outcome)
{
	struct summary summary;

	begin(&summary, arena);
	for (size_t i = 0; i < outcome->signature_count; i++)
		add(&summary,
		    arena_printf(arena, "%s/%s", outcome->keys[i].domain,
			outcome->keys[i].selector));
	return (end(&summary));
}

const char *
mail_summary_spf(struct arena *arena, const struct spf_outcome *spf)
{
	if (spf == NULL)
		return (NULL);
	if (spf->domain == NULL)
		return (spf_result_name(spf->result));
	return (arena_printf(
	    arena, "%s(%s)", spf_result_name(spf->result), spf->domain));
}

static const char *
dmarc_piece(struct arena *arena, const struct dmarc_outcome *dmarc)
{
	return (arena_printf(arena, "%s(%s)", dmarc_result_name(dmarc->result),
	    dmarc->author_domain != NULL ? dmarc->author_domain : "?"));
}

const char *
mail_summary_dmarc(struct arena *arena, const struct outcome *outcome)
{
	struct summary summary;

	if (outcome->dmarc_count == 0)
		return (NULL);
	begin(&summary, arena);
	for (int others = 0; others <= 1; others++)
		for (size_t i = 0; i < outcome->dmarc_count; i++) {
			const struct dmarc_outcome *dmarc = &outcome->dmarc[i];

			if ((dmarc->result != DMARC_FAIL) == (others != 0))
				add(&summary, dmarc_piece(arena, dmarc));
		}
	return (end(&summary));
}

const char *
mail_summary_policy(struct arena *arena, const struct outcome *outcome)
{
	const struct dmarc_outcome *dmarc = outcome->verdict.dmarc;

	if (dmarc == NULL || dmarc->policy_tag == NULL)
		return (NULL);
	return (arena_printf(arena, "%s=%s%s", dmarc->policy_tag,
	    dmarc_policy_name(dmarc->policy), dmarc->testing ? ",t=y" : ""));
}
