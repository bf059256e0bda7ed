#include "doctor_calls.h"

#include <string.h>

#include "base/shell.h"
#include "doctor_items.h"

/* A dead daemon should hold up mail for less than this. */
#define LONG_TIMEOUT_SECONDS 30

/* Which states of a service ask us, and for whom. */
struct wiring {
	bool asked;           /* about recipients, by anybody */
	bool login;           /* by who has logged in */
	bool networks;        /* by clients in mynetworks */
	bool strangers_relay; /* about what will be refused anyway */
	bool unreached;       /* some call never happens */
	bool data;
	bool end;
	bool end_login;
};

static struct wiring
wiring_of(const struct doctor_service *service)
{
	struct wiring wiring = { .asked = false };

	for (size_t i = 0; i < service->call_count; i++) {
		const struct doctor_call *call = &service->calls[i];

		if (call->after_all) {
			wiring.unreached = true;
		} else if (call->list == DOCTOR_DATA) {
			wiring.data = true;
		} else if (call->list == DOCTOR_END_OF_DATA) {
			wiring.end = true;
			wiring.end_login |= !call->after_login;
		} else if (service->delay_reject ||
			   call->list >= DOCTOR_RELAY) {
			/* Else it comes before there is a recipient. */
			wiring.asked = true;
			wiring.login |= !call->after_login;
			wiring.networks |= !call->after_networks;
			wiring.strangers_relay |=
			    !call->after_relay_check &&
			    !(call->list == DOCTOR_RECIPIENT &&
				service->relay_first);
		}
	}
	return (wiring);
}

const char *
doctor_calls_text(const char *name, struct arena *arena)
{
	return (arena_printf(arena,
	    "check_policy_service { %s, timeout=5s, try_limit=2, "
	    "default_action=DUNNO }",
	    name));
}

/* postconf -P takes no blanks: commas do, or else a parameter of main.cf that
 * the service's one names. */
static const char *
wire_service(const struct doctor_postfix *postfix,
    const struct doctor_service *service, enum doctor_list list,
    struct arena *arena)
{
	const char *name = doctor_postfix_list_name(list);
	const char *call = arena_printf(arena,
	    "check_policy_service,{%s,timeout=5s,try_limit=2,default_action="
	    "DUNNO}",
	    postfix->names[0]);
	const char *value = doctor_postfix_with_call(
	    postfix, service->written[list], call, true, arena);

	if (strpbrk(value, " \t\r\n") == NULL)
		return (arena_printf(arena, "postconf -P %s",
		    shell_word(arena, arena_printf(arena, "%s/%s=%s",
					  service->name, name, value))));
	char *own = arena_printf(arena, "%s_%s", service->name, name);

	for (char *byte = own; *byte != '\0'; byte++)
		if (!span_is_alnum((unsigned char)*byte))
			*byte = '_';
	return (arena_printf(arena, "postconf -e %s && postconf -P %s",
	    shell_word(arena, arena_printf(arena, "%s = %s", own, value)),
	    shell_word(arena,
		arena_printf(arena, "%s/%s=$%s", service->name, name, own))));
}

const char *
doctor_calls_wire(const struct doctor_postfix *postfix,
    const struct doctor_service *service, enum doctor_list list,
    struct arena *arena)
{
	if (service->own[list])
		return (wire_service(postfix, service, list, arena));
	const char *value =
	    doctor_postfix_with_call(postfix, service->written[list],
		doctor_calls_text(postfix->names[0], arena), false, arena);
	const char *setting = arena_printf(
	    arena, "%s = %s", doctor_postfix_list_name(list), value);

	return (
	    arena_printf(arena, "postconf -e %s", shell_word(arena, setting)));
}

static const char *
wire(struct doctor_findings *findings, const struct doctor_postfix *postfix,
    const struct doctor_service *service, enum doctor_list list)
{
	return (arena_printf(findings->arena, "%s && postfix reload",
	    doctor_calls_wire(postfix, service, list, findings->arena)));
}

static void
judge_recipients(struct doctor_findings *findings,
    const struct doctor_postfix *postfix, const struct doctor_service *service,
    const struct wiring *wiring)
{
	const char *cure = wire(findings, postfix, service, DOCTOR_RECIPIENT);

	if (!wiring->asked && wiring->unreached)
		doctor_add(findings, DOCTOR_ERROR, service->name,
		    "what stands before the call of mailreeve-policyd ends "
		    "each evaluation: it is never asked; with: %s",
		    cure);
	else if (!wiring->asked)
		doctor_add(findings, DOCTOR_ERROR, service->name,
		    "mailreeve-policyd is not asked about recipients: there "
		    "are no limits, no score and no greylist here; with: %s",
		    cure);
	else if (service->login && !wiring->login)
		doctor_add(findings, DOCTOR_ERROR, service->name,
		    "permit_sasl_authenticated stands before "
		    "mailreeve-policyd: limits never see who has logged in; "
		    "with: %s",
		    cure);
	else if (!wiring->networks)
		doctor_add(findings, DOCTOR_WARNING, service->name,
		    "permit_mynetworks stands before mailreeve-policyd: limits "
		    "never see clients in mynetworks; with: %s",
		    cure);
	else
		doctor_add(findings, DOCTOR_GOOD, service->name,
		    "mailreeve-policyd is asked about every recipient");
}

static void
judge_rest(struct doctor_findings *findings,
    const struct doctor_postfix *postfix, const struct doctor_service *service,
    const struct wiring *wiring)
{
	if (!wiring->asked)
		return;
	if (wiring->strangers_relay)
		doctor_add(findings, DOCTOR_NOTE, service->name,
		    "mailreeve-policyd is also asked about mail that Postfix "
		    "will not relay: work for nothing; refuse that first, "
		    "with: postconf -e 'smtpd_relay_restrictions = "
		    "permit_mynetworks, permit_sasl_authenticated, "
		    "defer_unauth_destination' "
		    "'smtpd_relay_before_recipient_restrictions = yes' && "
		    "postfix reload");
	if (!wiring->data)
		doctor_add(findings, DOCTOR_NOTE, service->name,
		    "DATA is not asked: how many recipients Postfix took is "
		    "known at the end only; with: %s",
		    wire(findings, postfix, service, DOCTOR_DATA));
}

/* Once END-OF-MESSAGE was seen anywhere, what lacks it elsewhere counts as
 * given up. */
static void
judge_end(struct doctor_findings *findings,
    const struct doctor_postfix *postfix, const struct doctor_service *service,
    const struct wiring *wiring, bool somewhere)
{
	const char *cure = wire(findings, postfix, service, DOCTOR_END_OF_DATA);

	if (!wiring->asked)
		return;
	if (!wiring->end && somewhere)
		doctor_add(findings, DOCTOR_ERROR, service->name,
		    "END-OF-MESSAGE is asked elsewhere, but not here: what was "
		    "counted here is given back as if the mail never arrived; "
		    "with: %s",
		    cure);
	else if (!wiring->end)
		doctor_add(findings, DOCTOR_WARNING, service->name,
		    "END-OF-MESSAGE is not asked: limits count mail that was "
		    "given up or refused later, and no real sizes; with: %s",
		    cure);
	else if (service->login && !wiring->end_login)
		doctor_add(findings, DOCTOR_ERROR, service->name,
		    "permit_sasl_authenticated stands before mailreeve-policyd "
		    "at END-OF-MESSAGE: what who has logged in sends is given "
		    "back as if it never arrived; with: %s",
		    cure);
}

/* What becomes of mail while the daemon does not answer. */
static void
judge_settings(struct doctor_findings *findings,
    const struct doctor_postfix *postfix, const struct doctor_service *service,
    const struct doctor_call *call)
{
	const char *list = doctor_postfix_list_name(call->list);
	const char *cure =
	    call->hidden || call->via != NULL
		? arena_printf(findings->arena,
		      "postconf -e 'smtpd_policy_service_default_action = "
		      "DUNNO' 'smtpd_policy_service_timeout = 5s' && postfix "
		      "reload")
		: wire(findings, postfix, service, call->list);
	long seconds = doctor_postfix_seconds(call->timeout);

	if (!span_is_nocase(span_str(call->default_action), "DUNNO"))
		doctor_add(findings, DOCTOR_WARNING, service->name,
		    "without default_action=DUNNO in %s, all mail is answered "
		    "\"%s\" while mailreeve-policyd is down; with: %s",
		    list, call->default_action, cure);
	if (seconds < 0 || seconds > LONG_TIMEOUT_SECONDS)
		doctor_add(findings, DOCTOR_WARNING, service->name,
		    "with timeout=%s in %s, a client waits that long and "
		    "longer while mailreeve-policyd hangs; with: %s",
		    call->timeout, list, cure);
}

/* Blanks aside. */
static bool
is_alike(const struct doctor_call *a, const struct doctor_call *b)
{
	return (span_eq(doctor_items_endpoint(span_str(a->written)),
		    doctor_items_endpoint(span_str(b->written))) &&
		strcmp(a->timeout, b->timeout) == 0 &&
		strcmp(a->try_limit, b->try_limit) == 0 &&
		strcmp(a->default_action, b->default_action) == 0 &&
		strcmp(a->policy_context, b->policy_context) == 0);
}

static void
judge_endpoints(struct doctor_findings *findings,
    const struct doctor_postfix *postfix, const struct doctor_service *service)
{
	if (service->elsewhere != NULL)
		doctor_add(findings, DOCTOR_ERROR, service->name,
		    "Postfix asks %s, where mailreeve-policyd does not listen; "
		    "its socket is %s (option sockets)",
		    service->elsewhere, postfix->names[0]);
	for (size_t i = 0; i < service->call_count; i++) {
		const char *name = postfix->names[0];

		judge_settings(findings, postfix, service, &service->calls[i]);
		/* In a chroot, paths begin at the queue directory. */
		if (service->chroot && strncmp(name, "unix:/", 6) == 0)
			doctor_add(findings, DOCTOR_ERROR, service->name,
			    "it runs in a chroot, where %s cannot be reached: "
			    "let the daemon listen below %s (option sockets), "
			    "or end the chroot, with: postconf -F %s/chroot=n "
			    "&& postfix reload",
			    name, postfix->queue_directory, service->name);
	}
	for (size_t i = 1; i < service->call_count; i++)
		if (!is_alike(&service->calls[i], &service->calls[0])) {
			doctor_add(findings, DOCTOR_NOTE, service->name,
			    "the calls of mailreeve-policyd differ in their "
			    "settings: Postfix keeps a connection for each");
			return;
		}
}

/* Whether any service asks at the end of messages. */
static bool
ends_somewhere(const struct doctor_postfix *postfix)
{
	for (size_t i = 0; i < postfix->service_count; i++)
		if (wiring_of(&postfix->services[i]).end)
			return (true);
	return (false);
}

void
doctor_calls_judge(
    struct doctor_findings *findings, const struct doctor_postfix *postfix)
{
	bool somewhere = ends_somewhere(postfix);

	if (postfix->service_count == 0)
		doctor_add(findings, DOCTOR_ERROR, "postfix",
		    "master.cf has no smtpd: Postfix takes no mail by SMTP");
	for (size_t i = 0; i < postfix->service_count; i++) {
		const struct doctor_service *service = &postfix->services[i];
		struct wiring wiring = wiring_of(service);

		judge_endpoints(findings, postfix, service);
		judge_recipients(findings, postfix, service, &wiring);
		judge_rest(findings, postfix, service, &wiring);
		judge_end(findings, postfix, service, &wiring, somewhere);
	}
}
