#include <string.h>

#include "base/buf.h"
#include "check/ask.h"
#include "check/check.h"
#include "reverse.h"

/* RFC 5782 5: an entry that every list of addresses has. */
#define TEST_ADDRESS "2.0.0.127"

/* One question to a list. */
struct look {
	const char *list;
	const char *subject;
	const char *name;
	bool of_address;
};

struct work {
	const struct check *check;
	struct finding_list *findings;
	struct arena *arena;
	struct look *looks;
	size_t count;
	struct dns_question *questions;
};

/* What an address that a list answers with means.  Spamhaus and others say by
 * 127.255.255.x that they do not answer this resolver; what is outside of
 * 127.0.0.0/8 is no answer of a list, but of a domain seller's (RFC 5782 2.3).
 */
enum code {
	CODE_LISTED,
	CODE_REFUSED,
	CODE_STRANGE,
};

static enum code
code_of(struct span rdata)
{
	if (rdata.len != 4 || rdata.data[0] != 127)
		return (CODE_STRANGE);
	if (rdata.data[1] == 255 && rdata.data[2] == 255)
		return (CODE_REFUSED);
	/* SURBL and URIBL say the same by 127.0.0.1. */
	if (rdata.data[1] == 0 && rdata.data[2] == 0 && rdata.data[3] == 1)
		return (CODE_REFUSED);
	return (CODE_LISTED);
}

static void
add_look(struct work *work, const char *list, const char *subject,
    const char *labels, bool of_address)
{
	const char *name = arena_printf(work->arena, "%s.%s", labels, list);

	work->looks[work->count] =
	    (struct look){ list, subject, name, of_address };
	work->questions[work->count++] =
	    (struct dns_question){ name, DNS_TYPE_A };
}

static void
prepare(struct work *work)
{
	const struct server *server = work->check->server;
	const struct conf_list *addresses =
	    &work->check->settings->address_lists;
	const struct conf_list *domains = &work->check->settings->domain_lists;
	size_t room = addresses->count * server->address_count + domains->count;

	work->looks = arena_array(work->arena, room, sizeof(*work->looks));
	work->questions =
	    arena_array(work->arena, room, sizeof(*work->questions));
	for (size_t i = 0; i < addresses->count; i++)
		for (size_t j = 0; j < server->address_count; j++) {
			const struct network_address *address =
			    &server->addresses[j];

			add_look(work, addresses->items[i],
			    network_address_print(work->arena, address),
			    reverse_labels(address, work->arena), true);
		}
	for (size_t i = 0; i < domains->count; i++)
		add_look(work, domains->items[i], server->domain,
		    server->domain, false);
}

static const char *
addresses_of(const struct dns_answer *answer, struct arena *arena)
{
	struct buf text;

	buf_init(&text, arena, DNS_MAX_BYTES);
	for (size_t i = 0; i < answer->count; i++)
		buf_printf(&text, "%s%s", i > 0 ? ", " : "",
		    record_text(DNS_TYPE_A, answer->rdata[i], arena));
	return (buf_str(&text));
}

/* What the list says of why, or NULL. */
static const char *
reason_of(const struct work *work, const struct look *look)
{
	struct dns_answer answer;

	dns_lookup(work->check->dns, look->name, DNS_TYPE_TXT,
	    work->check->deadline, work->arena, &answer);
	return (answer.count == 0 ? NULL
				  : arena_str(work->arena,
					dns_txt(work->arena, answer.rdata[0])));
}

static void
report_listed(const struct work *work, const struct look *look,
    const struct dns_answer *answer)
{
	const char *reason = reason_of(work, look);

	finding_add(work->findings,
	    &(struct finding){
		.id = look->of_address ? "list.address" : "list.domain",
		.subject = look->subject,
		.severity = FINDING_ERROR,
		.text = arena_printf(work->arena,
		    "it is on the block list %s: receivers refuse its mail",
		    look->list),
		.found = arena_printf(work->arena, "%s%s%s",
		    addresses_of(answer, work->arena),
		    reason != NULL ? ": " : "", reason != NULL ? reason : ""),
		.advice = "find out who sent what, end it, and then ask the "
			  "list to take it out",
	    });
}

static void
report_refused(const struct work *work, const struct look *look,
    const struct dns_answer *answer)
{
	finding_add(work->findings,
	    &(struct finding){
		.id = "list.refused",
		.subject = look->list,
		.severity = FINDING_NOTICE,
		.text = "the list does not answer this resolver, so nothing "
			"is known; as a receiver you would refuse all mail if "
			"you took that for a listing",
		.found = addresses_of(answer, work->arena),
		.advice = "ask it through a resolver of your own, such as "
			  "unbound, or take it out of the configuration",
	    });
}

static void
judge_look(const struct work *work, const struct look *look,
    const struct dns_answer *answer)
{
	enum code code = CODE_STRANGE;

	if (ask_failed(answer->status)) {
		finding_add(work->findings,
		    &(struct finding){
			.id = "list.silent",
			.subject = look->list,
			.severity = FINDING_NOTICE,
			.text = arena_printf(work->arena,
			    "whether it lists %s is not known: %s",
			    look->subject, ask_trouble(answer->status)),
			.advice = "try again later, or take the list out of "
				  "the configuration",
		    });
		return;
	}
	for (size_t i = 0; i < answer->count; i++) {
		enum code next = code_of(answer->rdata[i]);

		code = next < code ? next : code;
	}
	if (answer->count == 0)
		finding_ok(work->findings, "list", look->subject,
		    "it is not on %s", look->list);
	else if (code == CODE_LISTED)
		report_listed(work, look, answer);
	else
		report_refused(work, look, answer);
}

/* Lists that were said to be gone, or silent, are told once. */
static bool
is_told(const struct finding_list *findings, const char *list)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity == FINDING_NOTICE &&
		    strcmp(findings->items[i].subject, list) == 0)
			return (true);
	return (false);
}

/* RFC 5782 5: a list without its test entry has ended. */
static void
judge_list(const struct work *work, const char *list, const char *test)
{
	struct dns_answer answer;

	dns_lookup(work->check->dns,
	    arena_printf(work->arena, "%s.%s", test, list), DNS_TYPE_A,
	    work->check->deadline, work->arena, &answer);
	if (answer.count > 0 || ask_failed(answer.status) ||
	    is_told(work->findings, list))
		return;
	finding_add(work->findings,
	    &(struct finding){
		.id = "list.ended",
		.subject = list,
		.severity = FINDING_NOTICE,
		.text = "it has no entry for testing (RFC 5782 5), so it "
			"seems to have ended, and says nothing",
		.advice = "take the list out of the configuration",
	    });
}

void
lists_probe(const struct check *check, struct finding_list *findings)
{
	const struct conf_list *addresses = &check->settings->address_lists;
	struct work work = {
		.check = check, .findings = findings, .arena = findings->arena
	};

	prepare(&work);
	struct dns_answer *answers =
	    arena_array(work.arena, work.count, sizeof(*answers));

	for (size_t i = 0; i < addresses->count; i++)
		dns_prefetch(check->dns,
		    arena_printf(
			work.arena, TEST_ADDRESS ".%s", addresses->items[i]),
		    DNS_TYPE_A);
	dns_gather(check->dns, work.questions, work.count, check->deadline,
	    work.arena, answers);
	for (size_t i = 0; i < work.count; i++)
		if (!is_told(findings, work.looks[i].list))
			judge_look(&work, &work.looks[i], &answers[i]);
	for (size_t i = 0; i < addresses->count; i++)
		judge_list(&work, addresses->items[i], TEST_ADDRESS);
}
