/*
 * dkim_opendkim.c: libopendkim's opinion of the corpus, in a process of its
 *own.
 *
 * Usage, in tests/:
 *	dkim_opendkim verify DIRECTORY  verify DIRECTORY/ours and print a line
 *	                                for each signature: its name, then pass
 *	                                or what is wrong
 *	dkim_opendkim sign DIRECTORY    sign DIRECTORY/plain into
 *	                                DIRECTORY/opendkim, each with two keys
 */
/* libopendkim's header wants this one before it. */
#include <stdbool.h>

#include <dirent.h>
#include <opendkim/dkim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

#define MAX_FILE ((size_t)1024 * 1024)

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static struct span
read_file(struct arena *arena, const char *path)
{
	unsigned char *bytes = arena_alloc(arena, MAX_FILE);
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		die(path);
	size_t len = fread(bytes, 1, MAX_FILE - 1, file);

	(void)fclose(file);
	return (span_new(bytes, len));
}

/* libopendkim takes bytes without const, and leaves them alone. */
static unsigned char *
writable(struct arena *arena, struct span bytes)
{
	return ((unsigned char *)arena_str(arena, bytes));
}

/* Give ${text} to ${dkim} as the milter would.  Return NULL or what is wrong.
 */
static const char *
feed(struct arena *arena, DKIM *dkim, struct span text)
{
	size_t end = 0;

	while (!span_starts(span_tail(text, end), "\r\n\r\n"))
		end++;
	struct span header = span_head(text, end + 2);
	struct span body = span_tail(text, end + 4);

	while (header.len > 0) {
		size_t len = 0;

		/* A line end that no blank follows ends the field. */
		while (!span_starts(span_tail(header, len), "\r\n") ||
		       span_at(header, len + 2) == ' ' ||
		       span_at(header, len + 2) == '\t')
			len++;
		DKIM_STAT status = dkim_header(
		    dkim, writable(arena, span_head(header, len)), len);

		if (status != DKIM_STAT_OK)
			return (dkim_getresultstr(status));
		span_skip(&header, len + 2);
	}
	DKIM_STAT status = dkim_eoh(dkim);

	if (status == DKIM_STAT_OK && body.len > 0)
		status = dkim_body(dkim, writable(arena, body), body.len);
	if (status == DKIM_STAT_OK)
		status = dkim_eom(dkim, NULL);
	return (status == DKIM_STAT_OK ? NULL : dkim_getresultstr(status));
}

/* Answer libopendkim's question for a key from the file of records. */
static DKIM_CBSTAT
find_key(DKIM *dkim, DKIM_SIGINFO *sig, u_char *buf, size_t size)
{
	const struct span *records = dkim_get_user_context(dkim);
	struct span rest = *records;
	struct span line, name;
	char wanted[256];

	(void)snprintf(wanted, sizeof(wanted), "%s._domainkey.%s",
	    (const char *)dkim_sig_getselector(sig),
	    (const char *)dkim_sig_getdomain(sig));
	while (span_take_line(&rest, &line)) {
		(void)span_take_until(&line, ' ', &name);
		if (!span_is(name, wanted) || line.len >= size)
			continue;
		memcpy(buf, line.data, line.len);
		buf[line.len] = '\0';
		return (DKIM_CBSTAT_CONTINUE);
	}
	return (DKIM_CBSTAT_NOTFOUND);
}

/* Print what ${dkim} thinks of each signature; ${error} says what it thinks of
 * the message, or is NULL. */
static void
print_signatures(DKIM *dkim, const char *name, const char *error)
{
	DKIM_SIGINFO **sigs;
	int count;

	if (dkim_getsiglist(dkim, &sigs, &count) != DKIM_STAT_OK)
		count = 0;
	/* It gave up before it looked at any. */
	if (count == 0)
		(void)printf("%s.r %s\n%s.e %s\n", name,
		    error != NULL ? error : "no signature", name,
		    error != NULL ? error : "no signature");
	for (int i = 0; i < count; i++) {
		const char *result = "pass";

		(void)dkim_sig_process(dkim, sigs[i]);
		if (!DKIM_SIG_CHECK(sigs[i]))
			result =
			    error != NULL
				? error
				: dkim_sig_geterrorstr((
				      DKIM_SIGERROR)dkim_sig_geterror(sigs[i]));
		(void)printf("%s.%c %s\n", name, i == 0 ? 'r' : 'e', result);
	}
}

static void
verify_one(DKIM_LIB *library, const char *directory, const char *name)
{
	struct arena *arena = arena_new();
	struct span records =
	    read_file(arena, arena_printf(arena, "%s/records", directory));
	struct span text = read_file(
	    arena, arena_printf(arena, "%s/ours/%s", directory, name));
	DKIM_STAT status;
	DKIM *dkim = dkim_verify(library, (const u_char *)name, NULL, &status);

	if (dkim == NULL)
		die("dkim_verify");
	(void)dkim_set_user_context(dkim, &records);
	const char *error = feed(arena, dkim, text);

	print_signatures(dkim, name, error);
	(void)dkim_free(dkim);
	arena_free(arena);
}

/* Return a DKIM-Signature field over ${text} with ${key}, or NULL. */
static const char *
sign_with(DKIM_LIB *library, struct arena *arena, const char *name,
    struct span text, const char *key, const char *selector, dkim_alg_t alg)
{
	size_t len = strlen(name);
	char *pem = arena_str(arena,
	    read_file(arena, arena_printf(arena, "support/keys/%s", key)));
	DKIM_STAT status;
	u_char *value;
	size_t value_len;
	DKIM *dkim =
	    dkim_sign(library, (const u_char *)name, NULL, (dkim_sigkey_t)pem,
		(const u_char *)selector, (const u_char *)"example.com",
		name[len - 2] == 'r' ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE,
		name[len - 1] == 'r' ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE,
		alg, -1, &status);

	if (dkim == NULL)
		return (NULL);
	/* libopendkim leaves room for b= when it signs with RSA; with Ed25519
	 * it would fold before b= after it signed. */
	if (alg == DKIM_SIGN_ED25519SHA256)
		(void)dkim_set_margin(dkim, 0);
	const char *field = NULL;

	if (feed(arena, dkim, text) == NULL &&
	    dkim_getsighdr_d(dkim, strlen("DKIM-Signature: "), &value,
		&value_len) == DKIM_STAT_OK)
		field = arena_printf(
		    arena, "DKIM-Signature: %s\r\n", (const char *)value);
	(void)dkim_free(dkim);
	return (field);
}

static void
sign_one(DKIM_LIB *library, const char *directory, const char *name)
{
	struct arena *arena = arena_new();
	struct span text = read_file(
	    arena, arena_printf(arena, "%s/plain/%s", directory, name));
	const char *rsa = sign_with(library, arena, name, text, "rsa2048.pem",
	    "r", DKIM_SIGN_RSASHA256);
	const char *ed25519 = sign_with(library, arena, name, text,
	    "ed25519.pem", "e", DKIM_SIGN_ED25519SHA256);

	if (rsa == NULL || ed25519 == NULL) {
		(void)printf(
		    "%s.r cannot sign\n%s.e cannot sign\n", name, name);
		arena_free(arena);
		return;
	}
	const char *path =
	    arena_printf(arena, "%s/opendkim/%s", directory, name);
	FILE *file = fopen(path, "wb");

	if (file == NULL || fputs(rsa, file) == EOF ||
	    fputs(ed25519, file) == EOF ||
	    fwrite(text.data, 1, text.len, file) != text.len ||
	    fclose(file) != 0)
		die(path);
	arena_free(arena);
}

int
main(int argc, char *argv[])
{
	bool sign = argc == 3 && strcmp(argv[1], "sign") == 0;
	bool verify = argc == 3 && strcmp(argv[1], "verify") == 0;

	if (!sign && !verify) {
		(void)fprintf(
		    stderr, "usage: dkim_opendkim verify|sign DIRECTORY\n");
		return (64);
	}
	struct arena *arena = arena_new();
	const char *out = arena_printf(arena, "%s/opendkim", argv[2]);
	DKIM_LIB *library = dkim_init(NULL, NULL);
	DIR *messages = opendir(arena_printf(arena, "%s/plain", argv[2]));

	if (library == NULL || messages == NULL ||
	    (sign && mkdir(out, 0700) != 0))
		die(out);
	(void)dkim_set_key_lookup(library, find_key);
	for (struct dirent *entry; (entry = readdir(messages)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		if (sign)
			sign_one(library, argv[2], entry->d_name);
		else
			verify_one(library, argv[2], entry->d_name);
	}
	(void)closedir(messages);
	dkim_close(library);
	arena_free(arena);
	return (EXIT_SUCCESS);
}
