/* What the doctor says of many a main.cf and master.cf. */
#include "doctor.h"

#include <string.h>

#include "daemon/endpoint.h"
#include "doctor_calls.h"
#include "doctor_items.h"
#include "doctor_networks.h"
#include "doctor_postfix.h"
#include "support/unit.h"

#define SOCKET "unix:/var/spool/postfix/mailreeve/policyd.sock"
#define NAME "unix:mailreeve/policyd.sock"
#define CALL                                                                   \
	"check_policy_service { " NAME                                         \
	", timeout=5s, try_limit=2, default_action=DUNNO }"
#define COMPACT                                                                \
	"check_policy_service,{" NAME                                          \
	",timeout=5s,try_limit=2,default_action=DUNNO}"
#define RELOAD " && postfix reload"

/* What every Postfix says. */
#define MAIN                                                                   \
	"queue_directory = /var/spool/postfix\n"                               \
	"smtpd_delay_reject = yes\n"                                           \
	"smtpd_policy_service_default_action = 451 4.3.5 Server "              \
	"configuration problem\n"                                              \
	"smtpd_policy_service_timeout = 100s\n"                                \
	"smtpd_policy_service_try_limit = 2\n"                                 \
	"smtpd_policy_service_policy_context =\n"                              \
	"smtpd_relay_before_recipient_restrictions = yes\n"                    \
	"smtpd_sasl_auth_enable = no\n"
#define RELAY                                                                  \
	"smtpd_relay_restrictions = permit_mynetworks "                        \
	"permit_sasl_authenticated defer_unauth_destination\n"
#define RECIPIENT "smtpd_recipient_restrictions = "
#define DATA "smtpd_data_restrictions = " CALL "\n"
#define END "smtpd_end_of_data_restrictions = " CALL "\n"
#define SMTP "smtp inet n - n - - smtpd\n"
#define SUBMISSION "submission inet n - y - - smtpd -o whatever=1\n"
#define LOGIN "submission/inet/smtpd_sasl_auth_enable = yes\n"

static const struct {
	const char *what;
	const char *main;
	const char *master;
	const char *service;
	enum doctor_severity worst;
	const char *about; /* of the finding that is looked for; NULL: none */
	const char *text;  /* its beginning */
	const char *end;   /* its end */
} cases[] = {
	{ "all is well", MAIN RELAY RECIPIENT CALL "\n" DATA END, SMTP, "",
	    DOCTOR_GOOD, "smtp/inet",
	    "mailreeve-policyd is asked about every recipient", "recipient" },
	{ "nothing is wired", MAIN RELAY RECIPIENT "\n", SMTP, "", DOCTOR_ERROR,
	    "smtp/inet", "mailreeve-policyd is not asked about recipients",
	    "with: postconf -e 'smtpd_recipient_restrictions = " CALL
	    "'" RELOAD },
	{ "what stands there stays",
	    MAIN RELAY RECIPIENT "permit_mynetworks, check_client_access "
				 "hash:/etc/postfix/access, reject\n",
	    SMTP, "", DOCTOR_ERROR, "smtp/inet",
	    "mailreeve-policyd is not asked",
	    CALL ", permit_mynetworks, check_client_access "
		 "hash:/etc/postfix/access, reject'" RELOAD },
	{ "another service is none of ours",
	    MAIN RELAY RECIPIENT
	    "check_policy_service unix:private/policyd-spf\n",
	    SMTP, "", DOCTOR_ERROR, "smtp/inet",
	    "mailreeve-policyd is not asked",
	    CALL ", check_policy_service unix:private/policyd-spf'" RELOAD },
	{ "two services that are alike", MAIN RELAY RECIPIENT "\n",
	    SMTP "smtps inet n - n - - smtpd\n", "", DOCTOR_ERROR,
	    "smtp/inet, smtps/inet", "mailreeve-policyd is not asked", "" },
	{ "permit_sasl_authenticated before",
	    MAIN RELAY RECIPIENT "permit_sasl_authenticated, " CALL
				 "\n" DATA END,
	    SMTP SUBMISSION, LOGIN, DOCTOR_ERROR, "submission/inet",
	    "permit_sasl_authenticated stands before mailreeve-policyd: limits",
	    "with: postconf -e 'smtpd_recipient_restrictions = " CALL
	    ", permit_sasl_authenticated'" RELOAD },
	{ "but another list sees them",
	    MAIN RELAY RECIPIENT "permit_sasl_authenticated, " CALL
				 "\nsmtpd_sender_restrictions = " CALL
				 "\n" DATA END,
	    SUBMISSION, LOGIN, DOCTOR_NOTE, "submission/inet",
	    "mailreeve-policyd is asked about every recipient", "" },
	{ "nobody logs in here",
	    MAIN RELAY RECIPIENT "permit_sasl_authenticated, " CALL
				 "\n" DATA END,
	    SMTP, "", DOCTOR_GOOD, "smtp/inet",
	    "mailreeve-policyd is asked about every recipient", "" },
	{ "permit_mynetworks before",
	    MAIN RELAY RECIPIENT "permit_mynetworks " CALL "\n" DATA END, SMTP,
	    "", DOCTOR_WARNING, "smtp/inet",
	    "permit_mynetworks stands before mailreeve-policyd",
	    CALL ", permit_mynetworks'" RELOAD },
	{ "never reached", MAIN RELAY RECIPIENT "reject, " CALL "\n" DATA END,
	    SMTP, "", DOCTOR_ERROR, "smtp/inet", "what stands before the call",
	    "" },
	{ "a service that says otherwise",
	    MAIN RELAY RECIPIENT CALL "\n" DATA END, SMTP SUBMISSION,
	    LOGIN "submission/inet/smtpd_recipient_restrictions =\n",
	    DOCTOR_ERROR, "submission/inet",
	    "mailreeve-policyd is not asked about recipients",
	    "with: postconf -P "
	    "'submission/inet/smtpd_recipient_restrictions=" COMPACT
	    "'" RELOAD },
	{ "what stands there of a service stays",
	    MAIN RELAY RECIPIENT CALL "\n" DATA END, SUBMISSION,
	    LOGIN "submission/inet/smtpd_recipient_restrictions = "
		  "check_policy_service { unix:b, timeout = 3s } "
		  "permit_sasl_authenticated, reject\n",
	    DOCTOR_ERROR, "submission/inet",
	    "mailreeve-policyd is not asked about recipients",
	    "restrictions=" COMPACT ",check_policy_service,{unix:b,timeout=3s},"
	    "permit_sasl_authenticated,reject'" RELOAD },
	{ "blanks that postconf -P does not take",
	    MAIN RELAY RECIPIENT CALL "\n" DATA END, SUBMISSION,
	    LOGIN "submission/inet/smtpd_recipient_restrictions = "
		  "check_policy_service { unix:b, { default_action = 451 "
		  "later } }\n",
	    DOCTOR_ERROR, "submission/inet",
	    "mailreeve-policyd is not asked about recipients",
	    "'submission_inet_smtpd_recipient_restrictions = " COMPACT
	    ",check_policy_service,{unix:b,{default_action=451 later}}' && "
	    "postconf -P 'submission/inet/smtpd_recipient_restrictions="
	    "$submission_inet_smtpd_recipient_restrictions'" RELOAD },
	{ "no DATA", MAIN RELAY RECIPIENT CALL "\n" END, SMTP, "", DOCTOR_NOTE,
	    "smtp/inet", "DATA is not asked",
	    "with: postconf -e 'smtpd_data_restrictions = " CALL "'" RELOAD },
	{ "no END-OF-MESSAGE", MAIN RELAY RECIPIENT CALL "\n" DATA, SMTP, "",
	    DOCTOR_WARNING, "smtp/inet", "END-OF-MESSAGE is not asked: limits",
	    "with: postconf -e 'smtpd_end_of_data_restrictions = " CALL
	    "'" RELOAD },
	{ "END-OF-MESSAGE only elsewhere",
	    MAIN RELAY RECIPIENT CALL "\n" DATA END, SMTP SUBMISSION,
	    LOGIN "submission/inet/smtpd_end_of_data_restrictions =\n",
	    DOCTOR_ERROR, "submission/inet",
	    "END-OF-MESSAGE is asked elsewhere, but not here", "" },
	{ "END-OF-MESSAGE without logins",
	    MAIN RELAY RECIPIENT CALL "\n" DATA
				      "smtpd_end_of_data_restrictions = "
				      "permit_sasl_authenticated, " CALL "\n",
	    SUBMISSION, LOGIN, DOCTOR_ERROR, "submission/inet",
	    "permit_sasl_authenticated stands before mailreeve-policyd at END",
	    "" },
	{ "no default_action",
	    MAIN RELAY RECIPIENT "check_policy_service { " NAME
				 ", timeout = 5s }\n" DATA END,
	    SMTP, "", DOCTOR_WARNING, "smtp/inet",
	    "without default_action=DUNNO in smtpd_recipient_restrictions, all "
	    "mail is answered \"451 4.3.5 Server configuration problem\"",
	    "with: postconf -e 'smtpd_recipient_restrictions = " CALL
	    "'" RELOAD },
	{ "the same in braces of its own",
	    MAIN RELAY RECIPIENT "check_policy_service { " NAME
				 ", timeout = 5s, { default_action = 451 4.7.1 "
				 "later, please } }\n" DATA END,
	    SMTP, "", DOCTOR_WARNING, "smtp/inet",
	    "without default_action=DUNNO in smtpd_recipient_restrictions, all "
	    "mail is answered \"451 4.7.1 later, please\"",
	    "" },
	{ "a long timeout",
	    MAIN RELAY RECIPIENT "check_policy_service { " NAME
				 ", default_action=dunno }\n" DATA END,
	    SMTP, "", DOCTOR_WARNING, "smtp/inet",
	    "with timeout=100s in smtpd_recipient_restrictions", "" },
	{ "settings of main.cf",
	    MAIN RELAY RECIPIENT "check_policy_service " NAME "\n"
				 "smtpd_data_restrictions = "
				 "check_policy_service " NAME "\n"
				 "smtpd_end_of_data_restrictions = "
				 "check_policy_service " NAME "\n"
				 "smtpd_policy_service_default_action = DUNNO\n"
				 "smtpd_policy_service_timeout = 5s\n",
	    SMTP, "", DOCTOR_GOOD, NULL, NULL, NULL },
	{ "strangers who relay", MAIN RECIPIENT CALL "\n" DATA END, SMTP, "",
	    DOCTOR_NOTE, "smtp/inet",
	    "mailreeve-policyd is also asked about mail that Postfix will not",
	    "postfix reload" },
	{ "they were refused before",
	    MAIN RECIPIENT "reject_unauth_destination, " CALL "\n" DATA END,
	    SMTP, "", DOCTOR_GOOD, NULL, NULL, NULL },
	{ "a class",
	    MAIN RELAY "smtpd_restriction_classes = outside, inside\n"
		       "outside = permit_mynetworks, " CALL "\n" RECIPIENT
		       "outside\n" DATA END,
	    SMTP, "", DOCTOR_WARNING, "smtp/inet",
	    "permit_mynetworks stands before mailreeve-policyd", "" },
	{ "a chroot is no hindrance below the queue directory",
	    MAIN RELAY RECIPIENT CALL "\n" DATA END,
	    "smtp inet n - y - - smtpd\n", "", DOCTOR_GOOD, NULL, NULL, NULL },
	{ "another socket of ours",
	    MAIN RELAY RECIPIENT
	    "check_policy_service unix:/run/mailreeve/policyd.sock\n",
	    SMTP, "", DOCTOR_ERROR, "smtp/inet",
	    "Postfix asks unix:/run/mailreeve/policyd.sock, where", "" },
	{ "by its full path",
	    MAIN RELAY RECIPIENT "check_policy_service { " SOCKET
				 ",timeout=5s,default_action=DUNNO}\n" DATA END,
	    SMTP, "", DOCTOR_NOTE, "smtp/inet",
	    "mailreeve-policyd is asked about every recipient", "" },
	{ "other settings",
	    MAIN RELAY RECIPIENT CALL
	    "\n" DATA
	    "smtpd_end_of_data_restrictions = check_policy_service { " NAME
	    ", timeout=5s, default_action=DUNNO, policy_context=end }\n",
	    SMTP, "", DOCTOR_NOTE, "smtp/inet",
	    "the calls of mailreeve-policyd differ", "" },
	{ "before there is a recipient",
	    "queue_directory = /var/spool/postfix\n" RELAY
	    "smtpd_delay_reject = no\n"
	    "smtpd_sender_restrictions = " CALL "\n" DATA END,
	    SMTP, "", DOCTOR_ERROR, "smtp/inet",
	    "mailreeve-policyd is not asked about recipients", "" },
	{ "no smtpd", MAIN RELAY RECIPIENT CALL "\n",
	    "smtp unix - - n - - smtp\n", "", DOCTOR_ERROR, "postfix",
	    "master.cf has no smtpd", "" },
	{ "lines that are none", "=\n = \nsmtpd\n\n", "smtp inet\n" SMTP,
	    "=\n/\n", DOCTOR_ERROR, "smtp/inet",
	    "mailreeve-policyd is not asked", "" },
	{ "braces without end",
	    MAIN RELAY RECIPIENT "check_policy_service { " NAME
				 ", { default_action = a\n",
	    SMTP, "", DOCTOR_WARNING, "smtp/inet",
	    "mailreeve-policyd is asked about every recipient", "" },
};

static void
judge(size_t i, struct arena *arena, struct doctor_findings *findings)
{
	const struct doctor_texts texts = { span_str(cases[i].main),
		span_str(cases[i].main), span_str(cases[i].master),
		span_str(cases[i].service), span_str(cases[i].service) };
	struct endpoint endpoint;
	struct doctor_postfix postfix;

	assert_null(endpoint_parse(SOCKET, arena, &endpoint));
	doctor_postfix_parse(&texts, &endpoint, 1, arena, &postfix);
	doctor_init(findings, arena);
	doctor_calls_judge(findings, &postfix);
}

static bool
is_looked_for(size_t i, const struct doctor_finding *finding)
{
	struct span text = span_str(finding->text);

	return (strcmp(finding->about, cases[i].about) == 0 &&
		span_starts(text, cases[i].text) &&
		span_ends_nocase(text, span_str(cases[i].end)));
}

static void
show(const struct doctor_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		print_message("%s: %s: %s\n",
		    doctor_severity_name(findings->items[i].severity),
		    findings->items[i].about, findings->items[i].text);
}

static void
check(size_t i, const struct doctor_findings *findings)
{
	bool found = cases[i].about == NULL;

	for (size_t j = 0; j < findings->count && !found; j++)
		found = is_looked_for(i, &findings->items[j]);
	if (found && findings->worst == cases[i].worst)
		return;
	show(findings);
	fail_msg("%s", cases[i].what);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct doctor_findings findings;

		judge(i, arena, &findings);
		check(i, &findings);
		arena_free(arena);
	}
}

static const struct {
	const char *list;
	const char *items; /* joined by | */
} lists[] = {
	{ "", "" },
	{ " , ,", "" },
	{ "a,b c\n d", "a|b|c|d" },
	{ "a, { b, { c = d, e } }, f", "a|{ b, { c = d, e } }|f" },
	{ "{ a", "{ a" },
	{ "}a {", "}a|{" },
};

static void
test_items(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(lists); i++) {
		struct arena *arena = arena_new();
		struct span rest = span_str(lists[i].list);
		struct span item;
		const char *joined = "";

		while (doctor_items_take(&rest, &item))
			joined = arena_printf(arena, "%s%s%s", joined,
			    joined[0] == '\0' ? "" : "|",
			    arena_str(arena, item));
		assert_string_equal(joined, lists[i].items);
		arena_free(arena);
	}
}

static const struct {
	const char *time;
	long seconds;
} times[] = {
	{ "100s", 100 },
	{ "5", 5 },
	{ "2m", 120 },
	{ "1h", 3600 },
	{ "1d", 86400 },
	{ "1w", 604800 },
	{ "", -1 },
	{ "s", -1 },
	{ "5x", -1 },
	{ "99999999999999s", -1 },
};

static void
test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(times); i++)
		assert_int_equal(
		    doctor_postfix_seconds(times[i].time), times[i].seconds);
}

static const struct {
	struct doctor_daemon daemon;
	enum doctor_severity worst;
} daemons[] = {
	{ { .error = "it does not answer" }, DOCTOR_ERROR },
	{ { .keeps = true }, DOCTOR_GOOD },
	{ { .keeps = false }, DOCTOR_NOTE },
	{ { .keeps = true, .store_failing = true }, DOCTOR_ERROR },
	{ { .keeps = true, .shared = true }, DOCTOR_ERROR },
	{ { .keeps = true, .shared = true, .shared_available = true },
	    DOCTOR_GOOD },
	{ { .keeps = true,
	      .lists = &(const struct doctor_list_state){ "a.example", "silent",
		  true },
	      .list_count = 1 },
	    DOCTOR_WARNING },
	{ { .keeps = true,
	      .lists = &(
		  const struct doctor_list_state){ "a.example", "well", false },
	      .list_count = 1 },
	    DOCTOR_GOOD },
};

static void
test_daemons(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(daemons); i++) {
		struct arena *arena = arena_new();
		struct doctor_findings findings;

		doctor_init(&findings, arena);
		doctor_judge_daemon(&findings, &daemons[i].daemon);
		assert_int_equal(findings.worst, daemons[i].worst);
		arena_free(arena);
	}
}

static const struct {
	const char *mynetworks;
	const char *missing;
} networks[] = {
	{ "", "" },
	{ "127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\n", "" },
	{ "127.0.0.0/8, 192.168.0.0/24, 192.0.2.1", ", 192.168.0.0/24" },
	{ "[2001:db8::]/32 [fe80::]/64", ", 2001:db8::/32, fe80::/64" },
	{ "192.0.0.0/16 192.0.2.128/25", ", 192.0.0.0/16" },
	{ "!192.168.0.1 hash:/etc/postfix/nets /etc/nets [2001:db8::", "" },
	{ "0.0.0.0/0", ", 0.0.0.0/0" },
};

static void
test_networks(void **state)
{
	static const char *const trusted[] = { "127.0.0.0/8", "::1",
		"192.0.2.0/24" };
	struct network list[UNIT_COUNT(trusted)];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(trusted); i++)
		assert_int_equal(network_parse(trusted[i], &list[i]), 0);
	for (size_t i = 0; i < UNIT_COUNT(networks); i++) {
		struct arena *arena = arena_new();
		struct span mynetworks = span_str(networks[i].mynetworks);
		struct doctor_findings findings;

		doctor_init(&findings, arena);
		doctor_networks_judge(
		    &findings, mynetworks, list, UNIT_COUNT(list));
		assert_string_equal(doctor_networks_missing(mynetworks, list,
					UNIT_COUNT(list), arena),
		    networks[i].missing);
		assert_int_equal(findings.worst, networks[i].missing[0] == '\0'
						     ? DOCTOR_GOOD
						     : DOCTOR_WARNING);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_daemons),
		cmocka_unit_test(test_networks),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
