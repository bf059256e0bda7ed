/*
 * soak_judge.c: whether what came of a message is what must come of it.
 */
#include <string.h>

#include "base/clock.h"
#include "soak.h"

/* A failure of the DNS is told of for a while after the questions were lost:
 * the caches of milter and libunbound keep it for five seconds each, after the
 * question itself took up to DNS_UNBOUND_PATIENCE_MS. */
#define EXPLAINED_MS 30000

/* What one piece of an Authentication-Results field says. */
struct result {
	struct span word; /* pass, fail, ... */
	const char *domain;
	const char *selector;
};

static int
wrong(struct soak *soak, const struct soak_mail *mail, const char *what)
{
	return (soak_fail(
	    soak, "%s of %s: %s", mail->queue_id, mail->domain, what));
}

static bool
ends_word(unsigned char byte)
{
	return (byte != ' ' && byte != ';');
}

/* Return what follows ${name} in ${piece}, up to a blank, or "". */
static const char *
find_property(struct arena *arena, const char *piece, const char *name)
{
	const char *at = strstr(piece, name);
	struct span rest;

	if (at == NULL)
		return ("");
	rest = span_str(at + strlen(name));
	return (arena_str(arena, span_take_while(&rest, ends_word)));
}

/* Read " dkim=WORD ... header.d=DOMAIN header.s=SELECTOR ...". */
static void
read_piece(struct arena *arena, struct span piece, struct result *result)
{
	const char *text = arena_str(arena, piece);

	span_skip(&piece, strlen(" dkim="));
	result->word = span_take_while(&piece, ends_word);
	result->domain = find_property(arena, text, " header.d=");
	result->selector = find_property(arena, text, " header.s=");
}

/* A key that nobody could be asked for: only the lost questions excuse it. */
static int
judge_temperror(struct soak *soak, struct arena *arena,
    const struct soak_mail *mail, const struct result *result)
{
	const char *name = arena_printf(
	    arena, "%s._domainkey.%s", result->selector, result->domain);

	if (!dnsrelay_dropped(
		soak->relay, name, clock_monotonic_ms() - EXPLAINED_MS))
		return (wrong(soak, mail, "a temperror without reason"));
	soak_add(soak, SOAK_TEMPERROR, 1);
	return (0);
}

static int
judge_result(struct soak *soak, struct arena *arena,
    const struct soak_mail *mail, const struct result *result)
{
	bool unknown = result->selector[0] == 'u';
	const char *expected = unknown ? "permerror" : mail->result;

	if (strcmp(result->domain, mail->domain) != 0)
		return (wrong(soak, mail, "a result of another domain"));
	if (span_is(result->word, "temperror"))
		return (judge_temperror(soak, arena, mail, result));
	if (!span_is(result->word, expected))
		return (wrong(soak, mail,
		    arena_printf(arena, "%s expected, but the result is %s",
			expected, arena_str(arena, result->word))));
	if (unknown)
		soak_add(soak, SOAK_PERMERROR, 1);
	else
		soak_add(soak,
		    strcmp(expected, "pass") == 0 ? SOAK_PASS : SOAK_FAIL, 1);
	return (0);
}

/* Take the next result of DKIM in ${text}; what SPF, DMARC and iprev say is
 * passed over. */
static bool
next_piece(struct span *text, struct span *piece)
{
	while (text->len > 0) {
		(void)span_take_until(text, ';', piece);
		if (span_starts(*piece, " dkim="))
			return (true);
	}
	return (false);
}

/* Judge the results in ${text}, our name's semicolon behind us. */
static int
judge_results(struct soak *soak, struct arena *arena,
    const struct soak_mail *mail, struct span text)
{
	struct span piece;
	size_t count = 0;

	if (mail->signatures == 0) {
		if (!next_piece(&text, &piece) ||
		    !span_is(piece, " dkim=none") || next_piece(&text, &piece))
			return (wrong(soak, mail, "it has no signature"));
		soak_add(soak, SOAK_NONE, 1);
		return (0);
	}
	while (next_piece(&text, &piece)) {
		struct result result;

		read_piece(arena, piece, &result);
		if (judge_result(soak, arena, mail, &result) != 0)
			return (-1);
		count++;
	}
	if (count != mail->signatures)
		return (wrong(soak, mail, "not one result a signature"));
	return (0);
}

/* One A-R field of ours on top, the foreign one as it was, no other. */
static int
judge_inbound(
    struct soak *soak, struct arena *arena, const struct soak_mail *mail)
{
	const struct milter_message *message = mail->message;
	const char *text;

	if (message->count == 0 ||
	    !span_is(message->fields[0].name, "Authentication-Results"))
		return (wrong(soak, mail, "no results on top"));
	if (milter_message_count(message, "Authentication-Results") != 2 ||
	    message->edits != 1 + mail->forged)
		return (wrong(soak, mail, "not these changes"));
	text = milter_message_unfold(arena, &message->fields[0]);
	if (!span_starts(span_str(text), "mx.example;"))
		return (wrong(soak, mail, text));
	if (judge_results(soak, arena, mail,
		span_tail(span_str(text), strlen("mx.example;"))) != 0)
		return (soak_fail(soak, "%s", text));
	soak_add(soak, SOAK_FORGED, mail->forged);
	soak_add(soak, SOAK_INBOUND, 1);
	return (0);
}

static int
judge_outbound(
    struct soak *soak, struct arena *arena, const struct soak_mail *mail)
{
	const struct milter_message *message = mail->message;
	const char *tag = arena_printf(arena, " d=%s;", mail->domain);

	if (milter_message_count(message, "DKIM-Signature") !=
		mail->signatures ||
	    message->edits != mail->signatures)
		return (wrong(soak, mail, "not signed as it should be"));
	for (size_t i = 0; i < mail->signatures; i++)
		if (strstr(milter_message_unfold(arena, &message->fields[i]),
			tag) == NULL)
			return (wrong(soak, mail, "signed for another"));
	soak_add(soak, SOAK_SIGNED, 1);
	return (0);
}

int
soak_judge(struct soak *soak, struct arena *arena, const struct soak_mail *mail,
    const char *reply)
{
	if (strncmp(reply, "250", 3) != 0)
		return (wrong(soak, mail, reply));
	return (mail->kind == SOAK_KIND_SIGN
		    ? judge_outbound(soak, arena, mail)
		    : judge_inbound(soak, arena, mail));
}
