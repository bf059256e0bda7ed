#include "check/command.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "check/last.h"
#include "check/run.h"
#include "dkim/dkim.h"
#include "local/local.h"
#include "options.h"
#include "receiver/opendkim.h"
#include "receiver/spf2.h"
#include "records/expected.h"
#include "report/report.h"

#define PROGRAM "mailreeve-dns check"
#define DEFAULT_WIDTH 80

enum form {
	FORM_TEXT,
	FORM_JSON,
	FORM_NAGIOS,
	FORM_PROMETHEUS,
	FORM_HTML,
};

struct arguments {
	struct options common;
	enum form form;
	const char *only;
	bool all;
	bool since_last;
};

enum {
	OPTION_JSON = OPTIONS_OWN,
	OPTION_NAGIOS,
	OPTION_PROMETHEUS,
	OPTION_HTML,
	OPTION_ONLY,
	OPTION_ALL,
	OPTION_SINCE,
};

static const struct option long_options[] = {
	OPTIONS_COMMON,
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "nagios", no_argument, NULL, OPTION_NAGIOS },
	{ "prometheus", no_argument, NULL, OPTION_PROMETHEUS },
	{ "html", no_argument, NULL, OPTION_HTML },
	{ "only", required_argument, NULL, OPTION_ONLY },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ NULL, 0, NULL, 0 },
};

static void
print_usage(FILE *stream)
{
	(void)fputs("usage: " PROGRAM " [OPTION]... DOMAIN\n"
		    "Compare what the mail of DOMAIN needs with what is there, "
		    "and say how to mend\n"
		    "what is wrong.  Exit status: 0 fine, 1 warnings, 2 "
		    "errors.\n"
		    "  --all                 show what is right, too\n"
		    "  --since last          show only what changed since the "
		    "last check\n"
		    "  --only PROBE[,PROBE]  run these probes only:\n"
		    "                        ",
	    stream);
	for (const struct probe *probe = probes; probe->name != NULL; probe++)
		(void)fprintf(stream, "%s%s", probe->name,
		    probe[1].name == NULL       ? "\n"
		    : (probe - probes) % 6 == 5 ? ",\n                        "
						: ", ");
	(void)fputs("  --json, --nagios, --prometheus, --html\n"
		    "                        for programs, or as a page\n",
	    stream);
	(void)fputs(
	    OPTIONS_USAGE "  -h, --help            print this text\n", stream);
}

static void
take_option(struct arguments *arguments, int option, const char *value)
{
	switch (option) {
	case OPTION_JSON:
		arguments->form = FORM_JSON;
		break;
	case OPTION_NAGIOS:
		arguments->form = FORM_NAGIOS;
		break;
	case OPTION_PROMETHEUS:
		arguments->form = FORM_PROMETHEUS;
		break;
	case OPTION_HTML:
		arguments->form = FORM_HTML;
		break;
	case OPTION_ONLY:
		arguments->only = value;
		break;
	case OPTION_ALL:
		arguments->all = true;
		break;
	case OPTION_SINCE:
		if (strcmp(value, "last") != 0)
			options_misuse(&arguments->common, value,
			    "is no time that --since knows: last");
		arguments->since_last = true;
		break;
	case OPTIONS_HELP:
		print_usage(stdout);
		exit(EX_OK);
	default:
		if (options_take(&arguments->common, option, value))
			break;
		print_usage(stderr);
		exit(EX_USAGE);
	}
}

static struct arguments
read_arguments(int argc, char *argv[], struct arena *arena)
{
	struct arguments arguments = { .common.program = PROGRAM };

	optind = 0; /* anew: main() has read the options before the command */
	for (int option; (option = getopt_long(
			      argc, argv, "c:h", long_options, NULL)) != -1;)
		take_option(&arguments, option, optarg);
	const char *unknown =
	    arguments.only == NULL ? NULL : run_unknown(arguments.only, arena);

	if (unknown != NULL)
		options_misuse(&arguments.common, unknown,
		    "is no probe; --help lists them");
	return (arguments);
}

/* What is wrong with this server's own configuration is a finding, too. */
static void
take_complaint(void *cookie, const char *text)
{
	finding_add(cookie,
	    &(struct finding){
		.id = "local.incomplete",
		.subject = "this server",
		.severity = FINDING_WARNING,
		.text = text,
		.advice = "mend this first: what cannot be read here is not "
			  "checked",
	    });
}

static struct receiver *
start(const struct receiver_library *library)
{
	const char *error = NULL;

	return (receiver_new(library, &error));
}

static unsigned int
terminal_width(void)
{
	struct winsize size;

	return (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
		    ? size.ws_col
		    : DEFAULT_WIDTH);
}

static void
print(const struct arguments *arguments, const struct report *report,
    struct arena *arena)
{
	const struct report_style style = {
		.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
		.all = arguments->all,
		.width = terminal_width(),
	};

	switch (arguments->form) {
	case FORM_TEXT:
		report_text(stdout, report, &style, arena);
		break;
	case FORM_JSON:
		report_json(stdout, report);
		break;
	case FORM_NAGIOS:
		report_nagios(stdout, report);
		break;
	case FORM_PROMETHEUS:
		report_prometheus(stdout, report);
		break;
	case FORM_HTML:
		report_html(stdout, report, arena);
		break;
	}
}

/* Compare with the last findings, and keep these for the next time; a check of
 * some probes only is no measure. */
static void
compare(const struct arguments *arguments,
    const struct config_settings *settings, struct finding_list *findings,
    struct report *report, struct arena *arena)
{
	const char **gone = NULL;
	struct last last;

	last_read(settings->state, report->domain, arena, &last);
	const char *error =
	    arguments->only != NULL
		? NULL
		: last_write(settings->state, report->domain, findings, arena);

	if (error != NULL && arguments->since_last)
		(void)fprintf(stderr, PROGRAM ": %s\n", error);
	if (!arguments->since_last)
		return;
	report->changes_only = true;
	last_changes(&last, findings, &gone, &report->gone_count, arena);
	report->gone = gone;
}

static int
status_of(enum finding_severity worst)
{
	switch (worst) {
	case FINDING_OK:
	case FINDING_NOTICE:
		return (0);
	case FINDING_WARNING:
		return (1);
	case FINDING_ERROR:
		return (2);
	}
	return (EX_SOFTWARE);
}

static int
finish(const struct arguments *arguments, const struct check *check,
    struct finding_list *findings, int64_t began, struct arena *arena)
{
	struct report report = { .domain = check->server->domain,
		.hostname = check->server->hostname,
		.now = check->now,
		.ms = clock_monotonic_ms() - began,
		.findings = findings };

	run_accept(check->settings, findings);
	report.worst = finding_worst(findings);
	compare(arguments, check->settings, findings, &report, arena);
	print(arguments, &report, arena);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		(void)fprintf(stderr,
		    PROGRAM ": the report cannot be "
			    "written: %s\n",
		    strerror(errno));
		return (EX_IOERR);
	}
	return (status_of(report.worst));
}

static int
check_domain(const struct arguments *arguments, struct config *config,
    const struct check *receivers, const char *domain, struct arena *arena)
{
	const int64_t began = clock_monotonic_ms();
	struct finding_list findings = { .arena = arena };
	struct check check = *receivers;
	struct server server;
	struct log *log = log_new(PROGRAM);
	int status = EX_OSERR;

	log_set_level(log, LOG_LEVEL_ERROR);
	local_read(domain, &config->settings, take_complaint, &findings, arena,
	    &server);
	const struct record_list expected =
	    expected_records(&server, &config->settings, arena);

	check.settings = &config->settings;
	check.server = &server;
	check.expected = &expected;
	check.now = clock_now(&clock_system);
	check.deadline = began + config->settings.timeout;
	check.zone_file =
	    strncmp(config->settings.resolvers.items[0], "zone:", 5) == 0;
	check.dns =
	    options_dns(&arguments->common, &config->settings, log, arena);
	if (check.dns != NULL) {
		run_probes(&check, arguments->only, isatty(STDERR_FILENO) != 0,
		    &findings);
		status = finish(arguments, &check, &findings, began, arena);
	}
	dns_free(check.dns);
	log_free(log);
	return (status);
}

int
command_check(int argc, char *argv[])
{
	struct arena *arena = arena_new();
	const struct arguments arguments = read_arguments(argc, argv, arena);
	const char *domain =
	    options_domain(&arguments.common, argc, argv, arena);
	struct config *config = options_config(&arguments.common);

	(void)signal(SIGPIPE, SIG_IGN);
	dkim_prepare();
	/* Before there are threads, or keys in our memory. */
	const struct check receivers = {
		.spf2 = { start(&spf2_library), start(&spf2_library) },
		.opendkim = start(&opendkim_library),
	};

	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	int status =
	    check_domain(&arguments, config, &receivers, domain, arena);

	curl_global_cleanup();
	receiver_free(receivers.spf2[0]);
	receiver_free(receivers.spf2[1]);
	receiver_free(receivers.opendkim);
	config_free(config);
	arena_free(arena);
	return (status);
}
