#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "doctor.h"
#include "doctor_calls.h"
#include "doctor_networks.h"
#include "policyctl_commands.h"
#include "policyctl_postfix.h"
#include "policyctl_print.h"
#include "policyctl_talk.h"

/* Being filled from the daemon's answer. */
struct asked {
	struct arena *arena;
	struct doctor_daemon daemon;
	struct doctor_list_state *lists;
};

static void
take(void *cookie, const char *kind, const json_t *line)
{
	struct asked *asked = cookie;
	struct doctor_daemon *daemon = &asked->daemon;

	if (strcmp(kind, "store") == 0) {
		daemon->keeps = policyctl_print_bool(line, "keeps");
		daemon->store_failing = policyctl_print_bool(line, "failing");
		daemon->records_dropped =
		    (uint64_t)policyctl_print_int(line, "dropped");
	} else if (strcmp(kind, "shared") == 0) {
		daemon->shared = true;
		daemon->shared_available =
		    policyctl_print_bool(line, "available");
	} else if (strcmp(kind, "list") == 0) {
		asked->lists = arena_room(asked->arena, asked->lists,
		    daemon->list_count, sizeof(*asked->lists));
		asked->lists[daemon->list_count++] = (struct doctor_list_state){
			policyctl_print_text(asked->arena, line, "zone"),
			policyctl_print_text(asked->arena, line, "state"),
			policyctl_print_bool(line, "out")
		};
	}
}

static void
ask_daemon(const struct policyctl_options *options, const char *socket,
    struct doctor_findings *findings)
{
	struct asked asked = { .arena = options->arena };
	const char *error = NULL;
	int status;
	struct policyctl_talk *talk =
	    policyctl_talk_open(socket, options->arena, &error, &status);

	if (talk != NULL && policyctl_talk_ask(talk,
				policyctl_talk_command("status", NULL, NULL),
				take, &asked, &error) == 0)
		error = NULL;
	policyctl_talk_close(talk);
	asked.daemon.error = error;
	asked.daemon.lists = asked.lists;
	doctor_judge_daemon(findings, &asked.daemon);
}

/* Which state calls us with what, a line each. */
static void
print_wiring(const struct doctor_postfix *postfix, struct arena *arena)
{
	static const char *const heads[] = { "POSTFIX", "RESTRICTION LIST",
		"TIMEOUT", "TRIES", "IF IT FAILS", "CONTEXT", "BEFORE IT",
		NULL };
	struct policyctl_table *table = policyctl_print_table(arena, heads);

	for (size_t i = 0; i < postfix->service_count; i++) {
		const struct doctor_service *service = &postfix->services[i];

		for (size_t j = 0; j < service->call_count; j++) {
			const struct doctor_call *call = &service->calls[j];
			const char *list = doctor_postfix_list_name(call->list);
			const char *cells[] = { service->name,
				call->via == NULL
				    ? list
				    : arena_printf(
					  arena, "%s (%s)", list, call->via),
				call->timeout, call->try_limit,
				call->default_action, call->policy_context,
				arena_printf(arena, "%s%s%s",
				    call->after_all ? "everything " : "",
				    call->after_networks ? "permit_mynetworks "
							 : "",
				    call->after_login
					? "permit_sasl_authenticated"
					: "") };

			policyctl_print_row(table, cells);
		}
	}
	if (policyctl_print_end(table, stdout) > 0)
		(void)putchar('\n');
}

static void
print_findings(const struct doctor_findings *findings)
{
	static const enum doctor_severity order[] = { DOCTOR_ERROR,
		DOCTOR_WARNING, DOCTOR_NOTE, DOCTOR_GOOD };
	size_t bad = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (size_t j = 0; j < findings->count; j++) {
			const struct doctor_finding *finding =
			    &findings->items[j];

			if (finding->severity != order[i])
				continue;
			bad += finding->severity >= DOCTOR_WARNING;
			(void)printf("%-8s %s: %s\n",
			    doctor_severity_name(finding->severity),
			    policyctl_print_harmless(
				findings->arena, finding->about),
			    policyctl_print_harmless(
				findings->arena, finding->text));
		}
	if (bad == 0)
		(void)puts("\nAll is well.");
}

static void
print_json(const struct doctor_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct doctor_finding *finding = &findings->items[i];
		json_t *line = json_pack("{s:i, s:s, s:s, s:s, s:s}", "schema",
		    1, "kind", "finding", "severity",
		    doctor_severity_name(finding->severity), "about",
		    policyctl_print_harmless(findings->arena, finding->about),
		    "text",
		    policyctl_print_harmless(findings->arena, finding->text));

		(void)json_dumpf(line, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(line);
	}
}

static void
judge_sockets(const struct config *config, struct doctor_findings *findings)
{
	const struct conf_list *sockets = &config->settings.sockets;

	for (size_t i = 0; i < sockets->count; i++) {
		struct doctor_socket socket;

		policyctl_postfix_socket(
		    sockets->items[i], findings->arena, &socket);
		doctor_judge_socket(findings, &socket);
	}
}

static void
judge_networks(const struct config *config, struct doctor_findings *findings)
{
	doctor_networks_judge(findings,
	    policyctl_postfix_mynetworks(findings->arena),
	    config->trusted_networks, config->trusted_network_count);
}

/* 0, 1 or 2 by the worst that was found. */
static int
status_of(enum doctor_severity worst)
{
	switch (worst) {
	case DOCTOR_GOOD:
	case DOCTOR_NOTE:
		return (0);
	case DOCTOR_WARNING:
		return (1);
	case DOCTOR_ERROR:
		break;
	}
	return (2);
}

static int
run(const struct policyctl_options *options)
{
	struct config *config = policyctl_options_config(options);
	struct doctor_findings findings;
	struct doctor_postfix postfix;

	if (config == NULL)
		return (EX_CONFIG);
	doctor_init(&findings, options->arena);
	if (geteuid() != 0)
		doctor_add(&findings, DOCTOR_NOTE, "doctor",
		    "only root can look at everything, with: sudo "
		    "mailreeve-policyctl doctor");
	bool has_postfix =
	    policyctl_postfix_read(config, options->arena, &postfix);

	if (has_postfix) {
		doctor_calls_judge(&findings, &postfix);
		judge_networks(config, &findings);
	} else {
		doctor_add(&findings, DOCTOR_ERROR, "postfix",
		    "postconf does not say how Postfix is configured; see "
		    "why, with: postconf -n");
	}
	judge_sockets(config, &findings);
	ask_daemon(options,
	    options->socket != NULL ? options->socket
				    : config->settings.control_socket,
	    &findings);
	if (!options->json && has_postfix)
		print_wiring(&postfix, options->arena);
	if (options->json)
		print_json(&findings);
	else
		print_findings(&findings);
	config_free(config);
	return (status_of(findings.worst));
}

const struct policyctl_command policyctl_doctor_command = {
	.name = "doctor",
	.help = "whether Postfix asks what it must, and all is well",
	.usage =
	    "[OPTION]...\n"
	    "Look at Postfix's configuration and the daemon; what is "
	    "wrong is told with the\n"
	    "command that mends it.  Nothing is changed.  The status is 0, "
	    "1 for a warning, 2\n"
	    "for an error.\n"
	    "  --json             print lines of JSON\n",
	.letters = "jsc",
	.run = run,
};
