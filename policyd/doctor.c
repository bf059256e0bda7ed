#include "doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

const char *
doctor_severity_name(enum doctor_severity severity)
{
	switch (severity) {
	case DOCTOR_GOOD:
		return ("good");
	case DOCTOR_NOTE:
		return ("note");
	case DOCTOR_WARNING:
		return ("warning");
	case DOCTOR_ERROR:
		break;
	}
	return ("error");
}

void
doctor_init(struct doctor_findings *findings, struct arena *arena)
{
	*findings = (struct doctor_findings){ .arena = arena };
}

static struct doctor_finding *
find(struct doctor_findings *findings, const char *text)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->items[i].text, text) == 0)
			return (&findings->items[i]);
	return (NULL);
}

void
doctor_add(struct doctor_findings *findings, enum doctor_severity severity,
    const char *about, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	const char *text = arena_vprintf(findings->arena, format, ap);

	va_end(ap);
	struct doctor_finding *same = find(findings, text);

	if (same != NULL) {
		if (strcmp(same->about, about) != 0)
			same->about = arena_printf(
			    findings->arena, "%s, %s", same->about, about);
		return;
	}
	findings->items = arena_room(findings->arena, findings->items,
	    findings->count, sizeof(*findings->items));
	findings->items[findings->count++] =
	    (struct doctor_finding){ severity, about, text };
	if (severity > findings->worst)
		findings->worst = severity;
}

/* The folder that ${path} is in. */
static const char *
folder_of(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return ("/");
	return (arena_str(arena, span_new(path, (size_t)(slash - path))));
}

void
doctor_judge_socket(
    struct doctor_findings *findings, const struct doctor_socket *socket)
{
	switch (socket->reach) {
	case DOCTOR_REACHED:
		doctor_add(findings, DOCTOR_GOOD, "sockets",
		    "%s is there, and Postfix reaches it", socket->name);
		return;
	case DOCTOR_ABSENT:
		doctor_add(findings, DOCTOR_ERROR, "sockets",
		    "%s is not there: each request fails, and gets the "
		    "default_action that Postfix has for it; start the daemon, "
		    "with: systemctl start mailreeve-policyd",
		    socket->name);
		return;
	case DOCTOR_NO_SOCKET:
		doctor_add(findings, DOCTOR_ERROR, "sockets",
		    "%s is no socket; make room and start the daemon again, "
		    "with: rm %s && systemctl restart mailreeve-policyd",
		    socket->name, socket->path);
		return;
	case DOCTOR_FORBIDDEN:
		doctor_add(findings, DOCTOR_ERROR, "sockets",
		    "Postfix's user %s may not connect to %s; check "
		    "socket_group in the daemon's configuration, and the "
		    "folder, with: ls -ld %s %s",
		    socket->user, socket->name,
		    folder_of(socket->path, findings->arena), socket->path);
		return;
	case DOCTOR_SILENT:
		break;
	}
	doctor_add(findings, DOCTOR_ERROR, "sockets",
	    "nobody listens at %s; start the daemon, with: systemctl restart "
	    "mailreeve-policyd",
	    socket->name);
}

static void
judge_state(
    struct doctor_findings *findings, const struct doctor_daemon *daemon)
{
	if (!daemon->keeps)
		doctor_add(findings, DOCTOR_NOTE, "state",
		    "nothing is kept on disk: a restart forgets all counters");
	else if (daemon->store_failing)
		doctor_add(findings, DOCTOR_ERROR, "state",
		    "the state cannot be written, the daemon goes on from "
		    "memory (%" PRIu64
		    " changes were dropped); see why, with: journalctl -u "
		    "mailreeve-policyd -g store",
		    daemon->records_dropped);
	else
		doctor_add(findings, DOCTOR_GOOD, "state",
		    "the state is kept on disk");
	if (daemon->shared && daemon->shared_available)
		doctor_add(findings, DOCTOR_GOOD, "state",
		    "limits are shared, and the server answers");
	else if (daemon->shared)
		doctor_add(findings, DOCTOR_ERROR, "state",
		    "limits are to be shared, but the server does not answer: "
		    "this machine enforces its share alone; see why, with: "
		    "journalctl -u mailreeve-policyd -g shared");
}

void
doctor_judge_daemon(
    struct doctor_findings *findings, const struct doctor_daemon *daemon)
{
	if (daemon->error != NULL) {
		doctor_add(
		    findings, DOCTOR_ERROR, "daemon", "%s", daemon->error);
		return;
	}
	doctor_add(findings, DOCTOR_GOOD, "daemon", "it answers");
	judge_state(findings, daemon);
	for (size_t i = 0; i < daemon->list_count; i++) {
		const struct doctor_list_state *list = &daemon->lists[i];

		if (list->out)
			doctor_add(findings, DOCTOR_WARNING, "DNS lists",
			    "%s is not asked any more: %s; see how it answers, "
			    "with: dig +short 2.0.0.127.%s",
			    list->zone, list->state, list->zone);
		else
			doctor_add(findings, DOCTOR_GOOD, "DNS lists", "%s: %s",
			    list->zone, list->state);
	}
}
