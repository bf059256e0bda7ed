/*
 * soak_judge.c: whether what came of a message is what must come of it.
 */
#include <string.h>

#include "base/clock.h"
#include "soak.h"

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
		soak->relay, name, clock_monotonic_ms() - SOAK_EXPLAINED_MS))
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

/* Judge a signature's result; without a signature there is one, too. */
static int
judge_signature(struct soak *soak, struct arena *arena,
    const struct soak_mail *mail, struct span piece)
{
	struct result result;

	if (mail->signatures > 0) {
		read_piece(arena, piece, &result);
		return (judge_result(soak, arena, mail, &result));
	}
	if (!span_is(piece, " dkim=none"))
		return (wrong(soak, mail, "it has no signature"));
	soak_add(soak, SOAK_NONE, 1);
	return (0);
}

/* Judge a result that is one word: ${expected}, or temperror where a question
 * was dropped.  Store it in ${out}. */
static int
judge_word(struct soak *soak, struct arena *arena, const struct soak_mail *mail,
    struct span piece, const char *expected, const char **out)
{
	const char *text = arena_str(arena, piece);
	struct span word;

	(void)span_take_until(&piece, '=', &word);
	word = span_take_while(&piece, ends_word);
	*out = arena_str(arena, word);
	if (span_is(word, expected) ||
	    (span_is(word, "temperror") &&
		soak_policy_excused(soak, arena, mail)))
		return (0);
	return (wrong(soak, mail,
	    arena_printf(arena, "%s expected, but it says%s", expected, text)));
}

/* Judge the results in ${text}, our name's semicolon behind us.  Store that of
 * DMARC in ${dmarc}. */
static int
judge_results(struct soak *soak, struct arena *arena,
    const struct soak_mail *mail, struct span text, const char **dmarc)
{
	const char *spf = soak_policy_of(mail->domain).spf;
	const char *ignored;
	struct span piece;
	size_t count = 0, others = 0;
	int result = 0;

	for (; text.len > 0 && result == 0; others++) {
		const char *const helo = "none";

		(void)span_take_until(&text, ';', &piece);
		if (span_starts(piece, " dkim=")) {
			result = judge_signature(soak, arena, mail, piece);
			count++;
		} else if (span_starts(piece, " dmarc=")) {
			result = judge_word(soak, arena, mail, piece,
			    soak_policy_dmarc(mail), dmarc);
		} else if (span_starts(piece, " iprev=")) {
			result = judge_word(
			    soak, arena, mail, piece, "pass", &ignored);
		} else if (strstr(arena_str(arena, piece), " smtp.helo=")) {
			result = judge_word(
			    soak, arena, mail, piece, helo, &ignored);
		} else {
			result =
			    judge_word(soak, arena, mail, piece, spf, &ignored);
		}
	}
	if (result != 0)
		return (-1);
	/* Both identities of SPF, DMARC and iprev. */
	if (count != (mail->signatures == 0 ? 1 : mail->signatures) ||
	    others != count + 4 || *dmarc == NULL)
		return (wrong(soak, mail, "not one result each"));
	return (0);
}

/* Whether the message has the field by which Sieve files it, if ${action} is to
 * tag it, and else none. */
static bool
is_tagged_right(struct arena *arena, const struct soak_mail *mail, bool tagged)
{
	const char *name = "X-Mailreeve-Verdict";
	const struct milter_message *message = mail->message;
	const char *expected = arena_printf(
	    arena, "tag; dmarc=fail policy=quarantine from=%s", mail->domain);

	if (milter_message_count(message, name) != tagged)
		return (false);
	for (size_t i = 0; i < message->count; i++)
		if (span_is(message->fields[i].name, name))
			return (strcmp(milter_message_unfold(
					   arena, &message->fields[i]),
				    expected) == 0);
	return (true);
}

/* Return the A-R field that is ours, unfolded, or NULL unless there is one. */
static const char *
find_results(struct arena *arena, const struct milter_message *message)
{
	for (size_t i = 0; i < message->count && i < 2; i++)
		if (span_is(message->fields[i].name, "Authentication-Results"))
			return (
			    milter_message_unfold(arena, &message->fields[i]));
	return (NULL);
}

/* One A-R field of ours at the top, the foreign one as it was, no other. */
static int
judge_inbound(
    struct soak *soak, struct arena *arena, const struct soak_mail *mail)
{
	const struct milter_message *message = mail->message;
	const char *text = find_results(arena, message);
	const char *dmarc = NULL;
	bool tagged;

	if (text == NULL || !span_starts(span_str(text), "mx.example;"))
		return (wrong(soak, mail, "no results on top"));
	if (judge_results(soak, arena, mail,
		span_tail(span_str(text), strlen("mx.example;")), &dmarc) != 0)
		return (soak_fail(soak, "%s", text));
	tagged = strcmp(soak_policy_action(mail, dmarc), "tag") == 0;
	if (strcmp(soak_policy_action(mail, dmarc), "reject") == 0 ||
	    !is_tagged_right(arena, mail, tagged))
		return (wrong(soak, mail, "not what its domain asks for"));
	if (milter_message_count(message, "Authentication-Results") != 2 ||
	    message->edits != 1 + mail->forged + tagged)
		return (wrong(soak, mail, "not these changes"));
	soak_add(soak, SOAK_FORGED, mail->forged);
	soak_add(soak, tagged ? SOAK_TAGGED : SOAK_INBOUND, 1);
	return (0);
}

/* A refusal comes with all answers, and so with known results. */
static int
judge_refused(struct soak *soak, const struct soak_mail *mail)
{
	enum soak_count result = mail->signatures == 0 ? SOAK_NONE
	                         : mail->kind == SOAK_KIND_UNKNOWN
	                             ? SOAK_PERMERROR
	                             : SOAK_FAIL;

	if (mail->kind == SOAK_KIND_SIGN ||
	    strcmp(soak_policy_action(mail, soak_policy_dmarc(mail)),
		"reject") != 0)
		return (wrong(soak, mail, "it is refused"));
	soak_add(soak, result, mail->signatures == 0 ? 1 : mail->signatures);
	soak_add(soak, SOAK_REFUSED, 1);
	return (0);
}

static int
judge_deferred(
    struct soak *soak, struct arena *arena, const struct soak_mail *mail)
{
	if (mail->kind == SOAK_KIND_SIGN ||
	    !soak_policy_excused(soak, arena, mail))
		return (wrong(soak, mail, "it is deferred without reason"));
	soak_add(soak, SOAK_UNSEEN, 1 + mail->signatures);
	soak_add(soak, SOAK_DEFERRED, 1);
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
	if (strncmp(reply, "550 5.7.26 ", strlen("550 5.7.26 ")) == 0)
		return (judge_refused(soak, mail));
	if (strncmp(reply, "451 4.7.", strlen("451 4.7.")) == 0)
		return (judge_deferred(soak, arena, mail));
	if (strncmp(reply, "250", 3) != 0)
		return (wrong(soak, mail, reply));
	return (mail->kind == SOAK_KIND_SIGN
		    ? judge_outbound(soak, arena, mail)
		    : judge_inbound(soak, arena, mail));
}
