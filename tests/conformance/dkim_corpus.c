/*
 * dkim_corpus.c: messages with odd headers and bodies, signed by us for others
 * to verify, or signed by others and verified by us.
 *
 * Usage, in tests/:
 *	dkim_corpus make DIRECTORY   write the messages to DIRECTORY/plain and,
 *	                             signed by us, to DIRECTORY/ours, and the
 *key records to DIRECTORY/records dkim_corpus check DIRECTORY SIGNED verify the
 *messages in DIRECTORY/SIGNED and print a line for each: its name, then pass or
 *what is wrong
 *
 * A message is called HEADER.BODY.CC: the two kinds below, and the first
 *letters of the canonicalizations of header and body.  Its first signature adds
 *.r (RSA), its second .e (Ed25519).
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "dkim/sign.h"
#include "dkim/verify.h"
#include "support/dkim.h"

#define MAX_FILE ((size_t)1024 * 1024)

struct kind {
	const char *name;
	const char *text;
};

#define FROM "From: Joe <joe@example.com>\r\n"
#define WORDS                                                                  \
	"words words words words words words words words words words words "   \
	"words words words words words words words words words words words "
#define LONG WORDS WORDS WORDS WORDS WORDS WORDS

static const struct kind headers[] = {
	{ "plain", FROM "To: b@example.net\r\nSubject: Dinner\r\n"
			"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
			"Message-ID: <1@example.com>\r\n" },
	{ "bare", FROM },
	{ "folded", "From: Joe\r\n\t<joe@example.com>\r\n"
		    "To: a@example.net,\r\n b@example.net,\r\n"
		    "\t c@example.net\r\nSubject:\r\n Dinner\r\n  is\r\n"
		    "\tready\r\n" },
	{ "blanks", "From:Joe  <joe@example.com> \t\r\n"
		    "To:\tb@example.net\t\r\nSubject:   a \t b  \r\n"
		    "Date:Mon\r\n" },
	{ "empty", FROM "To:\r\nSubject: \r\nCc:\t\r\nDate:  \r\n" },
	{ "foldedblank", FROM "Subject: a\r\n \r\n b\r\nTo: \r\n\tb@c\r\n" },
	{ "lastblank", FROM "Subject: a\r\n \r\nTo: b@c\r\n\t\r\n" },
	{ "utf8", "From: J\xc3\xb6 <joe@example.com>\r\n"
		  "Subject: caf\xc3\xa9 \xe2\x82\xac\r\n" },
	{ "latin1", FROM "Subject: caf\xe9 \xa0\xa0 \xff\r\n" },
	{ "twice", FROM "Subject: one\r\nTo: a@b\r\nSubject: two\r\n"
			"To: c@d\r\nsubject: three\r\n" },
	{ "long", FROM "Subject: " LONG "\r\nReferences: " LONG "\r\n" },
	{ "lists", FROM "List-Id: <a.b>\r\nList-Unsubscribe: <https://a/>\r\n"
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
			"X-Other: not signed\r\n" },
	{ "case", "fROM: joe@example.com\r\nSUBJECT: a\r\nmIME-vERSION: 1.0\r\n"
		  "content-type: text/plain\r\n" },
	{ "obsolete", FROM "Subject : a\r\nTo \t: b@c\r\n" },
	{ "colons", FROM "Subject: a: b; c=d; =?utf-8?q?x?=\r\n"
			 "To: :;\r\n" },
};

static const struct kind bodies[] = {
	{ "text", "Hi.\r\n\r\nWe lost the game.\r\n\r\nJoe.\r\n" },
	{ "absent", "" },
	{ "oneline", "\r\n" },
	{ "lines", "\r\n\r\n\r\n\r\n" },
	{ "blanks", " \t \r\n" },
	{ "blanklines", "  \r\n\t\r\n \t \r\n\r\n" },
	{ "lastlines", "Hi.\r\n\r\n\r\n \r\n\t\r\n\r\n" },
	{ "runs", "a  b\t\tc \t d\r\n  e \r\n\tf\t\r\n" },
	{ "firstlines", "\r\n\r\n \r\nHi.\r\n" },
	{ "8bit", "caf\xc3\xa9 \xe9\xff\xa0 \x80\r\n" },
	{ "long", LONG LONG LONG "\r\n" LONG "\r\n" },
	{ "noeol", "Hi.\r\nJoe." },
	{ "noeolblank", "Hi.\r\nJoe. \t" },
	{ "dots", ".\r\n..\r\n.a\r\n" },
	{ "lonecr", "a\rb\r\nc \rd\r\r\n" },
	{ "lonelf", "a\nb\r\nc \nd\n\r\n" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct corpus {
	struct arena *arena;
	const char *directory;
	struct dkim_private *private[3];
	struct dkim_sign_key keys[2];
};

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void
write_file(struct corpus *corpus, const char *folder, const char *name,
    struct span text)
{
	const char *path = arena_printf(
	    corpus->arena, "%s/%s/%s", corpus->directory, folder, name);
	FILE *file = fopen(path, "wb");

	if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len ||
	    fclose(file) != 0)
		die(path);
}

static struct span
read_file(struct arena *arena, const char *path)
{
	unsigned char *bytes = arena_alloc(arena, MAX_FILE);
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		die(path);
	size_t len = fread(bytes, 1, MAX_FILE, file);

	(void)fclose(file);
	return (span_new(bytes, len));
}

/* rsa2048.pem and ed25519.pem are ours; rsa1024.pem is for those who sign
 * slowly. */
static void
load_keys(struct corpus *corpus)
{
	static const char *const files[] = { "rsa2048.pem", "ed25519.pem",
		"rsa1024.pem" };
	static const char *const selectors[] = { "r", "e", "p" };
	struct buf records;

	buf_init(&records, corpus->arena, MAX_FILE);
	for (size_t i = 0; i < COUNT(files); i++) {
		corpus->private[i] = support_key(corpus->arena, files[i]);
		buf_printf(&records, "%s._domainkey.example.com %s\n",
		    selectors[i],
		    support_record(
			corpus->arena, corpus->private[i], "v=DKIM1; "));
		if (i < COUNT(corpus->keys))
			corpus->keys[i] = (struct dkim_sign_key){
				.domain = "example.com",
				.selector = selectors[i],
				.private = corpus->private[i],
			};
	}
	write_file(corpus, ".", "records", buf_span(&records));
}

static void
make_one(struct corpus *corpus, const struct kind *header,
    const struct kind *body, size_t pair)
{
	const struct dkim_sign_options options = {
		.header_canon = pair & 1 ? DKIM_RELAXED : DKIM_SIMPLE,
		.body_canon = pair & 2 ? DKIM_RELAXED : DKIM_SIMPLE,
		.ttl = 86400,
	};
	struct arena *arena = arena_new();
	struct header_list list;
	const char *values[2];
	const char *name = arena_printf(arena, "%s.%s.%c%c", header->name,
	    body->name, pair & 1 ? 'r' : 's', pair & 2 ? 'r' : 's');
	const char *text =
	    arena_printf(arena, "%s\r\n%s", header->text, body->text);

	header_list_init(&list, arena);
	(void)header_parse(&list, span_str(text));
	struct dkim_sign *sign = dkim_sign_new(
	    arena, &options, &list, corpus->keys, 2, &clock_system);

	dkim_sign_body(sign, span_str(body->text));
	if (dkim_sign_finish(sign, values) != 0)
		die("cannot sign");
	dkim_sign_free(sign);
	write_file(corpus, "plain", name, span_str(text));
	write_file(corpus, "ours", name,
	    span_str(arena_printf(arena,
		"DKIM-Signature:%s\r\nDKIM-Signature:%s\r\n%s", values[0],
		values[1], text)));
	arena_free(arena);
}

static void
make_all(struct corpus *corpus)
{
	static const char *const folders[] = { "plain", "ours" };

	for (size_t i = 0; i < COUNT(folders); i++) {
		const char *path = arena_printf(
		    corpus->arena, "%s/%s", corpus->directory, folders[i]);

		if (mkdir(path, 0700) != 0)
			die(path);
	}
	load_keys(corpus);
	for (size_t i = 0; i < COUNT(headers) * COUNT(bodies) * 4; i++)
		make_one(corpus, &headers[i / 4 / COUNT(bodies)],
		    &bodies[i / 4 % COUNT(bodies)], i % 4);
	for (size_t i = 0; i < COUNT(corpus->private); i++)
		dkim_private_free(corpus->private[i]);
	(void)printf("%zu messages\n", COUNT(headers) * COUNT(bodies) * 4);
}

/* Return a resolver that knows the records that make_all() wrote. */
static struct dns *
load_records(struct corpus *corpus)
{
	struct span rest = read_file(corpus->arena,
	    arena_printf(corpus->arena, "%s/records", corpus->directory));
	struct span line, name;
	struct buf zone;

	buf_init(&zone, corpus->arena, MAX_FILE);
	while (span_take_line(&rest, &line)) {
		(void)span_take_until(&line, ' ', &name);
		buf_add_str(&zone,
		    support_txt(corpus->arena, arena_str(corpus->arena, name),
			arena_str(corpus->arena, line)));
	}
	return (support_dns(corpus->arena, buf_str(&zone)));
}

static void
check_one(const char *folder, const char *name, struct dns *dns,
    struct keycache *keys)
{
	static const struct dkim_verify_options options = {
		.max_signatures = 10,
		.min_rsa_bits = 1024,
		.clock_skew = 300,
	};
	struct arena *arena = arena_new();
	struct header_list list;
	size_t count;

	header_list_init(&list, arena);
	/* Not message_parse(), which knows no lone LF. */
	struct span body = header_parse(&list,
	    read_file(arena, arena_printf(arena, "%s/%s", folder, name)));
	struct dkim_verify *verify = dkim_verify_new(
	    arena, &options, &list, "example.com", dns, keys, &clock_system);

	dkim_verify_body(verify, body);
	const struct dkim_verification *out =
	    dkim_verify_finish(verify, clock_monotonic_ms() + 1000, &count);

	for (size_t i = 0; i < count; i++)
		(void)printf("%s.%c %s\n", name, i == 0 ? 'r' : 'e',
		    out[i].result == DKIM_PASS ? "pass" : out[i].reason);
	dkim_verify_free(verify);
	arena_free(arena);
}

static void
check_all(struct corpus *corpus, const char *signed_by)
{
	const char *folder =
	    arena_printf(corpus->arena, "%s/%s", corpus->directory, signed_by);
	struct dns *dns = load_records(corpus);
	struct keycache *keys = keycache_new(10);
	DIR *directory = opendir(folder);

	if (directory == NULL)
		die(folder);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		if (entry->d_name[0] != '.')
			check_one(folder, entry->d_name, dns, keys);
	(void)closedir(directory);
	keycache_free(keys);
	dns_free(dns);
}

int
main(int argc, char *argv[])
{
	struct corpus corpus = { .arena = arena_new() };

	if (argc == 3 && strcmp(argv[1], "make") == 0) {
		corpus.directory = argv[2];
		make_all(&corpus);
	} else if (argc == 4 && strcmp(argv[1], "check") == 0) {
		corpus.directory = argv[2];
		check_all(&corpus, argv[3]);
	} else {
		(void)fprintf(stderr, "usage: dkim_corpus make DIRECTORY | "
				      "check DIRECTORY SIGNED\n");
		return (64);
	}
	arena_free(corpus.arena);
	return (EXIT_SUCCESS);
}
