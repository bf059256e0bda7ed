#include "doctor_postfix.h"

#include <string.h>

#include "base/buf.h"
#include "daemon/postconf.h"
#include "doctor_items.h"

#define COMMAND_MAX_BYTES ((size_t)65536)

static const char *const list_names[] = {
	[DOCTOR_CLIENT] = "smtpd_client_restrictions",
	[DOCTOR_HELO] = "smtpd_helo_restrictions",
	[DOCTOR_SENDER] = "smtpd_sender_restrictions",
	[DOCTOR_RELAY] = "smtpd_relay_restrictions",
	[DOCTOR_RECIPIENT] = "smtpd_recipient_restrictions",
	[DOCTOR_DATA] = "smtpd_data_restrictions",
	[DOCTOR_END_OF_DATA] = "smtpd_end_of_data_restrictions",
};

const char *
doctor_postfix_list_name(enum doctor_list list)
{
	return (list_names[list]);
}

/* What is being read, of one service. */
struct reading {
	const struct doctor_texts *texts;
	const struct doctor_postfix *postfix;
	const struct endpoint *endpoints;
	size_t endpoint_count;
	struct arena *arena;
	struct doctor_service *service;
	struct doctor_call *calls;
	size_t call_count;
};

/* What has been met in one list so far. */
struct before {
	bool networks;
	bool login;
	bool all;
	bool relay_check;
};

/* The value in lines "NAME = VALUE"; false when none is so named. */
static bool
find_value(struct span lines, const char *name, struct span *value)
{
	struct span line;
	bool found = false;

	while (span_take_line(&lines, &line)) {
		struct span key;

		if (!span_take_until(&line, '=', &key) ||
		    !span_is(span_trim(key, span_is_space), name))
			continue;
		*value = span_trim(line, span_is_space);
		found = true;
	}
	return (found);
}

static const char *
main_value(const struct reading *reading, const char *name)
{
	struct span value = span_str("");

	(void)find_value(reading->texts->main, name, &value);
	return (arena_str(reading->arena, value));
}

/* The value of ${name} for the service, by -o in master.cf or from main.cf. */
static const char *
service_value(const struct reading *reading, const char *name)
{
	struct span value;

	if (find_value(reading->texts->service,
		arena_printf(
		    reading->arena, "%s/%s", reading->service->name, name),
		&value))
		return (arena_str(reading->arena, value));
	return (main_value(reading, name));
}

static bool
is_yes(const struct reading *reading, const char *name)
{
	return (strcmp(service_value(reading, name), "yes") == 0);
}

/* Whether ${endpoint} of Postfix is the one called ${name}, ours. */
static bool
is_named(struct span endpoint, const char *name, const char *queue_directory)
{
	struct span ours = span_str(name);

	if (span_eq(endpoint, ours))
		return (true);
	if (span_starts(ours, "inet:127.0.0.1:") ||
	    span_starts(ours, "inet:[::1]:")) {
		struct span host = span_str("inet:localhost");

		return (span_starts(endpoint, "inet:localhost:") &&
			span_eq(span_tail(endpoint, host.len),
			    span_str(strrchr(name, ':'))));
	}
	/* By its full path, outside a chroot. */
	if (!span_starts(endpoint, "unix:/"))
		return (false);
	span_skip(&endpoint, strlen("unix:"));
	span_skip(&ours, strlen("unix:"));
	if (span_eq(endpoint, ours))
		return (true);
	if (!span_starts(endpoint, queue_directory))
		return (false);
	span_skip(&endpoint, strlen(queue_directory));
	return (span_take_byte(&endpoint, '/') && span_eq(endpoint, ours));
}

static bool
is_ours(const struct doctor_postfix *postfix, struct span endpoint)
{
	for (size_t i = 0; postfix->names[i] != NULL; i++)
		if (is_named(
			endpoint, postfix->names[i], postfix->queue_directory))
			return (true);
	return (false);
}

static bool
contains(struct span text, const char *word)
{
	for (; text.len > 0; span_skip(&text, 1))
		if (span_starts(text, word))
			return (true);
	return (false);
}

static const char *
option(const struct reading *reading, struct span item, const char *name,
    const char *general)
{
	struct span value;

	if (doctor_items_option(item, name, &value))
		return (arena_str(reading->arena, value));
	return (service_value(reading, general));
}

static void
add_call(struct reading *reading, enum doctor_list list, struct span item,
    const char *via, const struct before *before)
{
	if (reading->call_count == DOCTOR_POSTFIX_MAX_CALLS)
		return;
	reading->calls = arena_room(reading->arena, reading->calls,
	    reading->call_count, sizeof(*reading->calls));
	reading->calls[reading->call_count++] = (struct doctor_call){
		.list = list,
		.written = arena_str(reading->arena, item),
		.via = via,
		.timeout = option(
		    reading, item, "timeout", "smtpd_policy_service_timeout"),
		.try_limit = option(reading, item, "try_limit",
		    "smtpd_policy_service_try_limit"),
		.default_action = option(reading, item, "default_action",
		    "smtpd_policy_service_default_action"),
		.policy_context = option(reading, item, "policy_context",
		    "smtpd_policy_service_policy_context"),
		.after_networks = before->networks,
		.after_login = before->login,
		.after_all = before->all,
		.after_relay_check = before->relay_check,
		.hidden = !contains(span_str(reading->service->written[list]),
		    arena_str(reading->arena, doctor_items_endpoint(item))),
	};
}

static bool
is_one_of(struct span item, const char *const words[])
{
	for (; *words != NULL; words++)
		if (span_is_nocase(item, *words))
			return (true);
	return (false);
}

/* What ends a list for some mail, or all of it. */
static void
note_before(struct span item, struct before *before)
{
	static const char *const networks[] = { "permit_mynetworks",
		"permit_inet_interfaces", NULL };
	static const char *const logins[] = { "permit_sasl_authenticated",
		NULL };
	static const char *const all[] = { "permit", "reject", "defer", NULL };
	static const char *const relay[] = { "reject_unauth_destination",
		"defer_unauth_destination", NULL };

	before->networks |= is_one_of(item, networks);
	before->login |= is_one_of(item, logins);
	before->all |= is_one_of(item, all);
	before->relay_check |= is_one_of(item, relay);
}

static bool
is_class(const struct reading *reading, struct span item)
{
	return (doctor_items_has(
	    span_str(main_value(reading, "smtpd_restriction_classes")), item));
}

static void read_list(struct reading *reading, enum doctor_list list,
    const char *text, const char *via, struct before *before);

/* A class is followed, but none within it. */
static void
read_item(struct reading *reading, enum doctor_list list, struct span item,
    const char *via, struct before *before)
{
	if (via == NULL && is_class(reading, item)) {
		const char *name = arena_str(reading->arena, item);

		read_list(
		    reading, list, main_value(reading, name), name, before);
		return;
	}
	note_before(item, before);
}

static void
read_list(struct reading *reading, enum doctor_list list, const char *text,
    const char *via, struct before *before)
{
	struct span rest = span_str(text);
	struct span item;

	while (doctor_items_take(&rest, &item)) {
		struct span target;

		if (!span_is_nocase(item, "check_policy_service")) {
			read_item(reading, list, item, via, before);
			continue;
		}
		if (!doctor_items_take(&rest, &target))
			return;
		struct span endpoint = doctor_items_endpoint(target);

		if (is_ours(reading->postfix, endpoint))
			add_call(reading, list, target, via, before);
		else if (contains(endpoint, "mailreeve"))
			reading->service->elsewhere =
			    arena_str(reading->arena, endpoint);
	}
}

/* Whether the relay list refuses strangers before the recipient list is
 * evaluated. */
static bool
is_relay_first(const struct reading *reading)
{
	struct span list = span_str(reading->service->lists[DOCTOR_RELAY]);
	struct before before = { 0 };
	struct span item;

	while (doctor_items_take(&list, &item))
		note_before(item, &before);
	return ((before.relay_check || before.all) &&
		is_yes(reading, "smtpd_relay_before_recipient_restrictions"));
}

static void
read_lists(struct reading *reading)
{
	struct doctor_service *service = reading->service;

	for (size_t i = 0; i < DOCTOR_LISTS; i++) {
		const char *name = arena_printf(
		    reading->arena, "%s/%s", service->name, list_names[i]);
		struct span written = span_str("");

		service->own[i] =
		    find_value(reading->texts->service_written, name, &written);
		if (!service->own[i])
			(void)find_value(reading->texts->main_written,
			    list_names[i], &written);
		service->written[i] = arena_str(reading->arena, written);
		service->lists[i] = service_value(reading, list_names[i]);
	}
	for (size_t i = 0; i < DOCTOR_LISTS; i++) {
		struct before before = { 0 };

		read_list(reading, (enum doctor_list)i, service->lists[i], NULL,
		    &before);
	}
}

/* A line of master.cf: name, type, private, unprivileged, chroot, wakeup,
 * maximum, command with its arguments.  True for an smtpd. */
static bool
read_service(struct reading *reading, struct span line)
{
	struct span fields[8];
	size_t count = 0;

	while (count < 8 && doctor_items_take(&line, &fields[count]))
		count++;
	if (count < 8 || !span_is(fields[7], "smtpd"))
		return (false);
	struct doctor_service *service = reading->service;

	service->name = arena_printf(reading->arena, "%s/%s",
	    arena_str(reading->arena, fields[0]),
	    arena_str(reading->arena, fields[1]));
	/* master(5): the default has been n since Postfix 3.0. */
	service->chroot = span_is(fields[4], "y");
	read_lists(reading);
	service->login = is_yes(reading, "smtpd_sasl_auth_enable");
	service->delay_reject = is_yes(reading, "smtpd_delay_reject");
	service->relay_first = is_relay_first(reading);
	service->calls = reading->calls;
	service->call_count = reading->call_count;
	return (true);
}

static const char *const *
names_of(const struct reading *reading, const char *queue_directory)
{
	const char **names = arena_array(
	    reading->arena, reading->endpoint_count + 1, sizeof(*names));

	for (size_t i = 0; i < reading->endpoint_count; i++)
		names[i] = postconf_endpoint(
		    &reading->endpoints[i], queue_directory, reading->arena);
	return (names);
}

void
doctor_postfix_parse(const struct doctor_texts *texts,
    const struct endpoint *endpoints, size_t count, struct arena *arena,
    struct doctor_postfix *out)
{
	struct doctor_service *services =
	    arena_array(arena, DOCTOR_POSTFIX_MAX_SERVICES, sizeof(*services));
	struct reading reading = { .texts = texts,
		.postfix = out,
		.endpoints = endpoints,
		.endpoint_count = count,
		.arena = arena };
	struct span rest = texts->master;
	struct span line;

	*out = (struct doctor_postfix){ .services = services };
	out->queue_directory = main_value(&reading, "queue_directory");
	out->version = main_value(&reading, "mail_version");
	out->names = names_of(&reading, out->queue_directory);
	while (out->service_count < DOCTOR_POSTFIX_MAX_SERVICES &&
	       span_take_line(&rest, &line)) {
		reading.service = &services[out->service_count];
		reading.calls = NULL;
		reading.call_count = 0;
		if (read_service(&reading, line))
			out->service_count++;
	}
}

/* Whether a comma stands before the next item. */
static bool
skip_separators(struct span *rest)
{
	bool comma = false;

	while (span_peek(*rest) == ',' ||
	       (rest->len > 0 && span_is_space(rest->data[0]))) {
		comma |= span_peek(*rest) == ',';
		span_skip(rest, 1);
	}
	return (comma);
}

/* ${item} without blanks beside what separates anyway. */
static void
add_compact(struct buf *out, struct span item)
{
	for (; item.len > 0; span_skip(&item, 1)) {
		struct span rest = item;

		(void)span_take_while(&rest, span_is_space);
		int last = out->len == 0 ? -1 : out->data[out->len - 1];
		int next = span_peek(rest);

		if (span_is_space(item.data[0]) &&
		    (last == ',' || last == '{' || last == '=' || next == ',' ||
			next == '}' || next == '='))
			continue;
		buf_add_byte(out, item.data[0]);
	}
}

const char *
doctor_postfix_with_call(const struct doctor_postfix *postfix,
    const char *written, const char *call, bool compact, struct arena *arena)
{
	struct span rest = span_str(written);
	struct span item;
	bool comma = true;
	struct buf out;

	buf_init(&out, arena, COMMAND_MAX_BYTES);
	buf_add_str(&out, call);
	for (;; comma |= skip_separators(&rest)) {
		if (!doctor_items_take(&rest, &item))
			break;
		struct span after = rest;
		struct span target;

		if (span_is_nocase(item, "check_policy_service") &&
		    doctor_items_take(&after, &target) &&
		    is_ours(postfix, doctor_items_endpoint(target))) {
			rest = after;
			continue;
		}
		buf_add_str(&out, compact ? "," : comma ? ", " : " ");
		if (compact)
			add_compact(&out, item);
		else
			buf_add(&out, item);
		comma = false;
	}
	return (buf_str(&out));
}

long
doctor_postfix_seconds(const char *time)
{
	static const struct {
		const char *unit;
		long seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 },
		{ "d", 86400 }, { "w", 604800 } };
	struct span rest = span_str(time);
	struct span digits = span_take_while(&rest, span_is_digit);
	uint64_t number;

	if (!span_to_u64(digits, 9, &number))
		return (-1);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (span_is(rest, units[i].unit))
			return ((long)number * units[i].seconds);
	return (-1);
}
