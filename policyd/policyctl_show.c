#include <string.h>
#include <time.h>

#include "policyctl_commands.h"
#include "policyctl_talk.h"
#include "policyctl_usage.h"

struct view {
	struct arena *arena;
	const char *who;
	struct policyctl_table *usage;
	struct policyctl_table *limits;
	struct policyctl_table *lists;
	struct policyctl_table *tables;
	const char *state; /* lines about the store, at the end */
	const char *notices;
};

static void
show_daemon(struct view *view, const json_t *line)
{
	struct arena *arena = view->arena;

	(void)printf("mailreeve-policyd %s, process %s%s\n"
		     "  %s connections, %s requests answered, %s being "
		     "answered, %s malformed\n"
		     "  %s mails under way, %s given up so far\n",
	    policyctl_print_text(arena, line, "version"),
	    policyctl_print_number(arena, line, "pid"),
	    policyctl_print_bool(line, "shadow")
		? "; it only says what it would do (mode = shadow)"
		: "",
	    policyctl_print_number(arena, line, "connections"),
	    policyctl_print_number(arena, line, "requests"),
	    policyctl_print_number(arena, line, "in_hand"),
	    policyctl_print_number(arena, line, "malformed"),
	    policyctl_print_number(arena, line, "transactions"),
	    policyctl_print_number(arena, line, "aborted"));
	if (policyctl_print_bool(line, "commits_at_rcpt"))
		(void)puts("  END-OF-MESSAGE was not asked yet: limits count "
			   "at RCPT; see mailreeve-policyctl doctor");
	(void)putchar('\n');
}

static void
show_limit(struct view *view, const json_t *line)
{
	struct arena *arena = view->arena;
	const char *cells[] = {
		policyctl_print_text(arena, line, "name"),
		policyctl_print_number(arena, line, "rate"),
		policyctl_print_words(arena, line, "unit"),
		policyctl_print_period(
		    arena, policyctl_print_int(line, "period_ms")),
		policyctl_print_text(arena, line, "algorithm"),
		policyctl_print_bool(line, "shadow") ? "shadow" : "enforce",
		policyctl_print_number(arena, line, "keys"),
		policyctl_print_number(arena, line, "evicted"),
	};

	policyctl_print_row(view->limits, cells);
}

static void
show_list(struct view *view, const json_t *line)
{
	struct arena *arena = view->arena;
	const char *cells[] = {
		policyctl_print_text(arena, line, "zone"),
		arena_printf(arena, "%s%s",
		    policyctl_print_text(arena, line, "state"),
		    policyctl_print_bool(line, "out") ? ", not asked" : ""),
		policyctl_print_number(arena, line, "asked"),
		policyctl_print_number(arena, line, "listed"),
		policyctl_print_number(arena, line, "late"),
		arena_printf(arena, "%.1f ms",
		    (double)policyctl_print_int(line, "average_us") / 1000),
	};

	policyctl_print_row(view->lists, cells);
}

static void
show_table(struct view *view, const json_t *line)
{
	static const struct {
		const char *name;
		const char *what;
	} names[] = {
		{ "greylist", "greylist: who must come again, or did" },
		{ "greyclient", "greylist: clients that are taken at once" },
		{ "known", "correspondents of our users" },
		{ "network", "networks with a reputation" },
		{ "domain", "domains with a reputation" },
		{ "account", "logins that were seen" },
		{ "history", "logins whose usual hour is known" },
		{ "notice", "alarms that the admin was told of" },
		{ "locked", "locked logins" },
		{ "listed", "allowed and blocked by hand" },
		{ "override", "limits set by hand" },
	};
	const char *name = policyctl_print_text(view->arena, line, "name");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *cells[] = { names[i].what,
			policyctl_print_number(view->arena, line, "records"),
			policyctl_print_number(view->arena, line, "evicted") };

		if (strcmp(names[i].name, name) == 0)
			policyctl_print_row(view->tables, cells);
	}
}

static void
show_store(struct view *view, const json_t *line)
{
	struct arena *arena = view->arena;

	if (!policyctl_print_bool(line, "keeps"))
		view->state = "State: nothing is kept on disk.\n";
	else
		view->state = arena_printf(arena,
		    "State: %s, %s; %s changes written, %s wait, %s lost.\n",
		    policyctl_print_text(arena, line, "path"),
		    policyctl_print_bool(line, "failing")
			? "CANNOT BE WRITTEN, the daemon goes on from memory"
			: "well",
		    policyctl_print_number(arena, line, "written"),
		    policyctl_print_number(arena, line, "waiting"),
		    policyctl_print_number(arena, line, "dropped"));
}

static void
show_shared(struct view *view, const json_t *line)
{
	view->state = arena_printf(view->arena,
	    "%sShared limits: the server %s; %s machines share.\n", view->state,
	    policyctl_print_bool(line, "available")
		? "answers"
		: "DOES NOT ANSWER, this machine enforces its share",
	    policyctl_print_number(view->arena, line, "nodes"));
}

static const char *
opinion(int64_t reputation)
{
	if (reputation > 50)
		return ("bad");
	if (reputation > 10)
		return ("rather bad");
	if (reputation < -50)
		return ("good");
	return (reputation < -10 ? "rather good" : "not known, or mixed");
}

static void
show_who(struct view *view, const json_t *line)
{
	bool locked = policyctl_print_bool(line, "locked");
	const char *who = policyctl_print_text(view->arena, line, "who");
	int64_t network = policyctl_print_int(line, "network_reputation");
	int64_t domain = policyctl_print_int(line, "domain_reputation");

	(void)printf("%s:%s%s%s%s\n", who,
	    locked ? " LOCKED, mail is held;" : "",
	    policyctl_print_bool(line, "allowed") ? " allowed by hand;" : "",
	    policyctl_print_bool(line, "blocked") ? " blocked by hand;" : "",
	    locked ? "" : " not locked");
	if (network != 0)
		(void)printf("  as a network: %s (%+d of 100)\n",
		    opinion(network), (int)network);
	if (domain != 0)
		(void)printf("  as a domain: %s (%+d of 100)\n",
		    opinion(domain), (int)domain);
	if (locked)
		(void)printf("  let him send again with: mailreeve-policyctl "
			     "release %s\n",
		    who);
}

static void
show_notice(struct view *view, const json_t *line)
{
	time_t until = (time_t)(policyctl_print_int(line, "until_ms") / 1000);
	char text[64] = "?";
	struct tm local;

	if (localtime_r(&until, &local) != NULL)
		(void)strftime(text, sizeof(text), "%F %H:%M", &local);
	view->notices = arena_printf(view->arena,
	    "%s  alarm \"%s\" was told; not again before %s\n", view->notices,
	    policyctl_print_text(view->arena, line, "what"), text);
}

static void
show_end(struct view *view, const json_t *line)
{
	if (view->who != NULL) {
		(void)fputs(view->notices, stdout);
		if (policyctl_print_end(view->usage, stdout) == 0)
			(void)puts("  no limit has counted anything");
		if (policyctl_print_int(line, "left_out") > 0)
			(void)printf("  %s more are not shown\n",
			    policyctl_print_number(
				view->arena, line, "left_out"));
		return;
	}
	if (policyctl_print_end(view->limits, stdout) == 0)
		(void)puts("There are no such limits.");
	if (view->state[0] == '\0')
		return;
	(void)putchar('\n');
	if (policyctl_print_end(view->lists, stdout) > 0)
		(void)putchar('\n');
	(void)policyctl_print_end(view->tables, stdout);
	(void)printf("\n%s", view->state);
}

static void
take(void *cookie, const char *kind, const json_t *line)
{
	static const struct {
		const char *kind;
		void (*show)(struct view *view, const json_t *line);
	} views[] = {
		{ "daemon", show_daemon },
		{ "limit", show_limit },
		{ "list", show_list },
		{ "table", show_table },
		{ "store", show_store },
		{ "shared", show_shared },
		{ "who", show_who },
		{ "notice", show_notice },
		{ "end", show_end },
	};
	struct view *view = cookie;

	if (strcmp(kind, "usage") == 0)
		policyctl_usage_row(view->arena, view->usage, line);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (strcmp(kind, views[i].kind) == 0)
			views[i].show(view, line);
}

static int
run(const struct policyctl_options *options)
{
	static const char *const limits[] = { "LIMIT", ">RATE", "OF", "EACH",
		"COUNTED AS", "MODE", ">KEYS", ">DROPPED", NULL };
	static const char *const lists[] = { "DNS LIST", "STATE", ">ASKED",
		">LISTED", ">LATE", ">TAKES", NULL };
	static const char *const tables[] = { "REMEMBERED", ">RECORDS",
		">DROPPED", NULL };
	struct arena *arena = options->arena;
	struct view view = { .arena = arena,
		.who = options->arguments[0],
		.usage = policyctl_usage_table(arena),
		.limits = policyctl_print_table(arena, limits),
		.lists = policyctl_print_table(arena, lists),
		.tables = policyctl_print_table(arena, tables),
		.state = "",
		.notices = "" };
	json_t *command = policyctl_talk_command(
	    view.who != NULL ? "show" : "status", view.who, options->limit);

	return (policyctl_talk_run(options, command, take, &view));
}

const struct policyctl_command policyctl_show_command = {
	.name = "show",
	.help = "the state of the daemon, or of a user, client or domain",
	.usage = "[OPTION]... [WHO]\n"
		 "Show limits, DNS lists and what is remembered; or what is "
		 "known of WHO, a\n"
		 "login, mailbox, domain, address or network.\n"
		 "  --limit NAME       this limit only\n"
		 "  --json             print lines of JSON\n",
	.letters = "ljsc",
	.most = 1,
	.run = run,
};
