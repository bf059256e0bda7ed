/* What the quota's parts decide by words: keys, limits, warnings, texts. */
#include "support/unit.h"

#include <string.h>

#include "key.h"
#include "ledger_text.h"
#include "limits.h"
#include "record_text.h"
#include "warn.h"
#include "warn_mail.h"

#define MB ((int64_t)1 << 20)

struct key_case {
	const char *template, *user, *key; /* NULL: none */
};

static const struct key_case key_cases[] = {
	{ "user", "al@a.example", "user/al@a.example" },
	{ "", "al", "user/al" },
	{ "domain", "al@a.example", "domain/a.example" },
	{ "domain", "al@b@a.example", "domain/a.example" },
	{ "domain", "al", NULL },
	{ "reseller/7", "al@a.example", "reseller/7" },
	{ "reseller/", "al@a.example", NULL },
	{ "a-key-that-is-too-long-for-the-room", "al", NULL },
};

static void
test_key(void **state)
{
	char out[24];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(key_cases); i++) {
		const struct key_case *c = &key_cases[i];
		bool made = key_make(c->template, c->user, out, sizeof(out));

		assert_int_equal(made, c->key != NULL);
		assert_string_equal(out, c->key != NULL ? c->key : "");
	}
}

static struct config_limit sections[] = {
	{ .place = { .title = "user" }, .storage = MB, .period = 7 },
	{ .place = { .title = "domain" }, .storage = 9 * MB, .messages = 5 },
	{ .place = { .title = "domain/a.example" }, .storage = 20 * MB },
	{ .place = { .title = "domain/b.example" }, .unlimited = true },
};

struct limit_case {
	const char *key;
	int64_t bytes, count;
};

static const struct limit_case limit_cases[] = {
	{ "user/al@a.example", MB, RECORD_UNSET },
	{ "domain/a.example", 20 * MB, 5 },
	{ "domain/b.example", 0, 0 },
	{ "domain/c.example", 9 * MB, 5 },
	{ "domains/c.example", RECORD_UNSET, RECORD_UNSET },
	{ "use", RECORD_UNSET, RECORD_UNSET },
};

static void
test_limits(void **state)
{
	const struct config config = { .limits = sections,
		.limit_count = UNIT_COUNT(sections) };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(limit_cases); i++) {
		struct record_limits out;

		limits_find(&config, limit_cases[i].key, &out);
		assert_int_equal(out.hard.bytes, limit_cases[i].bytes);
		assert_int_equal(out.hard.count, limit_cases[i].count);
	}
}

struct due_case {
	int64_t used, warned_percent, ago, level; /* ago 0: never warned */
};

static const struct due_case due_cases[] = {
	{ 79, 0, 0, 0 },
	{ 80, 0, 0, 80 },
	{ 96, 0, 0, 95 },
	{ 85, 80, 10, 0 },  /* told of it */
	{ 96, 80, 10, 95 }, /* of that not yet */
	{ 96, 95, 10, 0 },
	{ 85, 95, 10, 0 }, /* of more */
	{ 85, 95, 86400, 80 } /* but long ago */,
	{ 10, 95, 86400, 0 },
};

static void
test_due(void **state)
{
	const struct config config = { .settings = { .warn_period = 86400 },
		.levels = { 80, 95 },
		.level_count = 2 };
	const struct record_limits limits = { .hard = { 100, 0 } };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(due_cases); i++) {
		const struct due_case *c = &due_cases[i];
		const struct record_account account = { .used = { c->used, 1 },
			.warned_at = c->ago == 0 ? 0 : 1000000 - c->ago,
			.warned_percent = c->warned_percent };

		assert_int_equal(
		    warn_due(&account, &limits, &config, 1000000), c->level);
	}
}

struct to_case {
	const char *key, *owner, *to;
};

static const struct to_case to_cases[] = {
	{ "user/al@a.example", "postmaster@%d", "al@a.example" },
	{ "domain/a.example", "postmaster@%d", "postmaster@a.example" },
	{ "domain/a.example", "admin@host.example", "admin@host.example" },
	{ "reseller/7", "postmaster@%d", NULL },
	{ "user/-oQ/tmp", "x", NULL },
	{ "user/a b@a.example", "x", NULL },
	{ "user/a\nBcc: x@a.example", "x", NULL },
	{ "user/", "x", NULL },
};

static void
test_mail(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(to_cases); i++) {
		const char *to =
		    warn_mail_to(to_cases[i].key, to_cases[i].owner, arena);

		if (to_cases[i].to == NULL)
			assert_null(to);
		else
			assert_string_equal(to, to_cases[i].to);
	}
	const struct warn_text text = { .to = "al@a.example",
		.from = "postmaster@a.example",
		.key = "user/al@a.example",
		.level = 95,
		.now = 1000000000,
		.used = { 96 * MB, 10 },
		.limits = { .hard = { 100 * MB, 0 } } };
	const char *mail = arena_str(arena, warn_mail_compose(&text, arena));

	assert_non_null(strstr(mail, "Subject: Your mailbox is 95% full\n"));
	assert_non_null(strstr(mail, "Date: Sun, 09 Sep 2001 01:46:40 +0000"));
	assert_non_null(strstr(mail, "Auto-Submitted: auto-generated\n"));
	assert_non_null(
	    strstr(mail, "It holds 96.0 MB of mail; 100.0 MB are allowed."));
	arena_free(arena);
}

static void
test_text(void **state)
{
	struct arena *arena = arena_new();
	const struct record_account account = { .key = "domain/a.example",
		.used = { 900, 9 } };
	const struct record_limits bytes = { .hard = { 1000, 0 } };
	const struct record_limits count = { .hard = { 1 << 20, 9 } };
	const struct record_limits soft = { .soft = { 500, 0 },
		.period_s = 604800 };
	const struct ledger_amount one = { 200, 1 };

	(void)state;
	assert_string_equal(
	    ledger_text(&account, &bytes, one, LEDGER_HARD, arena),
	    "domain a.example is full: it may hold 1000 bytes");
	assert_string_equal(
	    ledger_text(&account, &count, one, LEDGER_HARD, arena),
	    "domain a.example is full: it may hold 9 messages");
	assert_string_equal(
	    ledger_text(&account, &soft, one, LEDGER_SOFT_EXPIRED, arena),
	    "domain a.example has been over 500 bytes for more than 7 days");
	assert_string_equal(
	    ledger_text(&account, &bytes, one, LEDGER_OK, arena), "");
	arena_free(arena);
}

/* What is written is read again; what is not, is not. */
static void
test_record_text(void **state)
{
	struct record_holder holder = { .counted = true,
		.dirty = true,
		.sequence = 77,
		.open = 2,
		.share_count = 2,
		.shares = { { "user/a b", { 5, -1 } },
		    { "domain/x", { INT64_MAX, -INT64_MAX } } } };
	struct record_lease lease = { .stale = true,
		.holder = "al@a.example",
		.expires = 99,
		.share_count = 1,
		.shares = { { "user/a", { 1, 2 } } } };
	struct record_account account = { .used = { 1, 2 },
		.set = { { RECORD_UNSET, 0 }, { 3, 4 }, RECORD_UNSET } };
	struct record_holder holder_read = { 0 };
	struct record_lease lease_read = { 0 };
	struct record_account account_read = { 0 };
	char text[RECORD_TEXT_MAX];

	(void)state;
	record_text_holder(&holder, text);
	assert_int_equal(
	    record_text_parse_holder(span_str(text), &holder_read), 0);
	holder.exists = true;
	assert_memory_equal(&holder_read, &holder, sizeof(holder));
	record_text_lease(&lease, text);
	assert_int_equal(
	    record_text_parse_lease(span_str(text), &lease_read), 0);
	lease.exists = true;
	assert_memory_equal(&lease_read, &lease, sizeof(lease));
	record_text_account(&account, text);
	assert_int_equal(
	    record_text_parse_account(span_str(text), &account_read), 0);
	account.exists = true;
	assert_memory_equal(&account_read, &account, sizeof(account));
	assert_int_equal(
	    record_text_parse_account(span_str("1 2 x"), &account_read), -1);
	assert_int_equal(record_text_parse_holder(
			     span_str("1 0 1 0 0 \n5 5\n"), &holder_read),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_record_text),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
