/* New keys in the key store: all or none, and nothing else touched. */
#include "dkim/keystore_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dkim/keypair.h"
#include "support/unit.h"

#define NOW 1795600000

/* A store of one test and what is written there. */
struct fixture {
	struct arena *arena;
	char directory[64];
	struct keyfile_owner owner;
	struct keystore_pair pairs[2];
	struct keystore_addition addition;
	const char *text;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)strcpy(fixture->directory, "/tmp/mailreeve-write.XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	fixture->arena = arena_new();
	fixture->owner = (struct keyfile_owner){ geteuid(), getegid() };
	fixture->pairs[0] =
	    (struct keystore_pair){ "s1", keypair_new(DKIM_RSA_SHA256, 2048) };
	fixture->pairs[1] = (struct keystore_pair){ "s1e",
		keypair_new(DKIM_ED25519_SHA256, 0) };
	fixture->addition =
	    (struct keystore_addition){ .directory = fixture->directory,
		    .domain = "example.org",
		    .keys = fixture->pairs,
		    .count = 2,
		    .state = KEYSTORE_ACTIVE,
		    .now = NOW };
	*state = fixture;
	return (0);
}

static void
remove_all(const char *path)
{
	DIR *folder = opendir(path);
	char name[512];

	for (struct dirent *entry;
	     folder != NULL && (entry = readdir(folder)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(
		    name, sizeof(name), "%s/%s", path, entry->d_name);
		if (unlink(name) != 0)
			remove_all(name);
	}
	if (folder != NULL)
		(void)closedir(folder);
	(void)rmdir(path);
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	remove_all(fixture->directory);
	dkim_private_free(fixture->pairs[0].private);
	dkim_private_free(fixture->pairs[1].private);
	arena_free(fixture->arena);
	free(fixture);
	return (0);
}

static enum keystore_outcome
add(struct fixture *fixture)
{
	return (keystore_add(&fixture->addition, &fixture->owner,
	    fixture->arena, &fixture->text));
}

static const char *
path_of(const struct fixture *fixture, const char *name)
{
	return (arena_printf(
	    fixture->arena, "%s/example.org/%s", fixture->directory, name));
}

static void
write_file(const struct fixture *fixture, const char *name, const char *text)
{
	FILE *file = fopen(path_of(fixture, name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path_of(fixture, name), 0640), 0);
}

static const char *
read_file(const struct fixture *fixture, const char *name)
{
	char *text = arena_alloc(fixture->arena, 65536);
	FILE *file = fopen(path_of(fixture, name), "r");

	if (file == NULL)
		return (NULL);
	(void)fread(text, 1, 65535, file);
	(void)fclose(file);
	return (text);
}

static size_t
count_files(const struct fixture *fixture)
{
	DIR *folder = opendir(path_of(fixture, ""));
	size_t count = 0;

	while (folder != NULL && readdir(folder) != NULL)
		count++;
	if (folder != NULL)
		(void)closedir(folder);
	return (count < 2 ? 0 : count - 2);
}

static void
print_text(void *cookie, const char *text)
{
	(void)cookie;
	print_message("%s\n", text);
}

static int
load(const struct fixture *fixture, struct keystore *out)
{
	const struct keystore_reader reader = { .owner = &fixture->owner,
		.error = print_text,
		.warning = print_text };

	return (
	    keystore_load(fixture->arena, fixture->directory, &reader, out));
}

static void
make_folder(const struct fixture *fixture)
{
	assert_int_equal(mkdir(path_of(fixture, ""), 0750), 0);
}

static mode_t
mode_of(const struct fixture *fixture, const char *name)
{
	struct stat status;

	assert_int_equal(stat(path_of(fixture, name), &status), 0);
	assert_int_equal(status.st_gid, fixture->owner.group);
	return (status.st_mode & 07777);
}

/* What the writer wrote, the reader and the signer read. */
static void
test_read_back(void **state)
{
	struct fixture *fixture = *state;
	struct keystore store;
	const char *error;

	assert_int_equal(add(fixture), KEYSTORE_ADDED);
	assert_int_equal(load(fixture, &store), 0);
	assert_int_equal(store.count, 2);
	for (size_t i = 0; i < store.count; i++) {
		const struct keystore_key *key = &store.keys[i];
		int fd = keyfile_open(key->path, &fixture->owner,
		    KEYFILE_PRIVATE, fixture->arena, &error);

		assert_true(fd >= 0);
		struct dkim_private *private =
		    dkim_private_load(fd, fixture->arena, &error);

		(void)close(fd);
		assert_non_null(private);
		assert_string_equal(keypair_record(private, fixture->arena),
		    keypair_record(fixture->pairs[i].private, fixture->arena));
		dkim_private_free(private);
		assert_string_equal(key->selector, fixture->pairs[i].selector);
		assert_int_equal(key->state, KEYSTORE_ACTIVE);
	}
	assert_int_equal(mode_of(fixture, ""), 0750);
	assert_int_equal(mode_of(fixture, "keys.json"), 0640);
	assert_int_equal(mode_of(fixture, "s1.rsa.pem"), 0640);
	assert_int_equal(mode_of(fixture, "s1e.ed25519.pem"), 0640);
	assert_int_equal(count_files(fixture), 3);
}

/* What a later version has added stays, and each key has a line. */
static void
test_keeps_members(void **state)
{
	struct fixture *fixture = *state;

	make_folder(fixture);
	write_file(fixture, "keys.json",
	    "{\"schema\":1,\"new\":{\"a\\\"b\":[1,null]},\"keys\":[{"
	    "\"selector\":\"old\",\"algorithm\":\"rsa\",\"state\":\"retired\","
	    "\"extra\":7}]}");
	fixture->addition.state = KEYSTORE_PENDING;
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
	assert_string_equal(read_file(fixture, "keys.json"),
	    "{\"schema\":1,\"new\":{\"a\\\"b\":[1,null]},\"keys\":[\n"
	    "{\"selector\":\"old\",\"algorithm\":\"rsa\",\"state\":\"retired\","
	    "\"extra\":7},\n"
	    "{\"selector\":\"s1\",\"algorithm\":\"rsa\",\"state\":\"pending\","
	    "\"created\":\"2026-11-25T09:46:40Z\",\"activated\":null,"
	    "\"retired\":null},\n"
	    "{\"selector\":\"s1e\",\"algorithm\":\"ed25519\",\"state\":"
	    "\"pending\",\"created\":\"2026-11-25T09:46:40Z\","
	    "\"activated\":null,\"retired\":null}\n]}\n");
}

/* A folder that is spelt in U-labels is the domain's, too. */
static void
test_other_spelling(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(arena_printf(fixture->arena,
				   "%s/B\xc3\xbc"
				   "cher.example",
				   fixture->directory),
			     0750),
	    0);
	fixture->addition.domain = "xn--bcher-kva.example";
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
	assert_non_null(strstr(fixture->text, "/B\xc3\xbc"
					      "cher.example"));
}

static const struct {
	const char *file;
	const char *content;
	enum keystore_outcome outcome;
	const char *text; /* a part of it */
} refused[] = {
	{ "keys.json", "", KEYSTORE_REFUSED, "keys.json: line" },
	{ "keys.json", "{\"schema\":1,", KEYSTORE_REFUSED, "nothing was" },
	{ "keys.json", "{\"schema\":2,\"keys\":[]}", KEYSTORE_REFUSED,
	    "newer Mailreeve" },
	{ "keys.json", "{\"schema\":1,\"keys\":{}}", KEYSTORE_REFUSED,
	    "not a list" },
	{ "keys.json", "{\"schema\":1,\"keys\":[{\"selector\":\"a\"}]}",
	    KEYSTORE_REFUSED, "key number 1 lacks" },
	{ "keys.json", "{\"schema\":1,\"keys\":[7]}", KEYSTORE_REFUSED,
	    "key number 1 lacks" },
	/* The list is lost. */
	{ "x.rsa.pem", "x", KEYSTORE_REFUSED, "no keys.json" },
	/* Revoked keys, and other spellings, keep their selectors. */
	{ "keys.json",
	    "{\"schema\":1,\"keys\":[{\"selector\":\"S1E\",\"algorithm\":"
	    "\"rsa\",\"state\":\"revoked\"}]}",
	    KEYSTORE_TAKEN, "already has a key with the selector s1e" },
};

static void
test_refused(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNIT_COUNT(refused); i++) {
		make_folder(fixture);
		write_file(fixture, refused[i].file, refused[i].content);
		assert_int_equal(add(fixture), refused[i].outcome);
		assert_non_null(strstr(fixture->text, refused[i].text));
		assert_string_equal(
		    read_file(fixture, refused[i].file), refused[i].content);
		assert_int_equal(count_files(fixture), 1);
		remove_all(path_of(fixture, ""));
	}
}

/* A key that is not listed, of a run that died, is not overwritten. */
static void
test_unlisted_file(void **state)
{
	struct fixture *fixture = *state;

	make_folder(fixture);
	write_file(fixture, "keys.json", "{\"schema\":1,\"keys\":[]}");
	write_file(fixture, "s1e.rsa.pem", "precious");
	assert_int_equal(add(fixture), KEYSTORE_TAKEN);
	assert_non_null(strstr(fixture->text, "s1e.rsa.pem exists"));
	assert_string_equal(read_file(fixture, "s1e.rsa.pem"), "precious");
	assert_int_equal(count_files(fixture), 2);
}

/* What a run that died left behind is in nobody's way. */
static void
test_stale_file(void **state)
{
	struct fixture *fixture = *state;

	make_folder(fixture);
	assert_int_equal(chmod(path_of(fixture, ""), 0700), 0);
	write_file(fixture, ".new", "half a k");
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
	assert_int_equal(count_files(fixture), 3);
	assert_int_equal(mode_of(fixture, ""), 0750);
}

/* A list that others can write is not ours to go on with. */
static void
test_foreign_list(void **state)
{
	struct fixture *fixture = *state;

	make_folder(fixture);
	write_file(fixture, "keys.json", "{\"schema\":1,\"keys\":[]}");
	assert_int_equal(chmod(path_of(fixture, "keys.json"), 0666), 0);
	assert_int_equal(add(fixture), KEYSTORE_REFUSED);
	assert_non_null(strstr(fixture->text, "chmod o-w"));
}

/* Folders of other programs stay as they are, be it OpenDKIM's, named as ours
 * would be. */
static void
test_foreign_folder(void **state)
{
	static const char *const files[] = { "mail.private", ".hidden",
		"folder/" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < UNIT_COUNT(files); i++) {
		make_folder(fixture);
		assert_int_equal(chmod(path_of(fixture, ""), 0711), 0);
		if (strchr(files[i], '/') != NULL)
			assert_int_equal(
			    mkdir(path_of(fixture, files[i]), 0755), 0);
		else
			write_file(fixture, files[i], "theirs");
		assert_int_equal(add(fixture), KEYSTORE_REFUSED);
		assert_non_null(strstr(fixture->text, "another program's"));
		assert_non_null(strstr(fixture->text, "--key-store"));
		assert_int_equal(mode_of(fixture, ""), 0711);
		assert_int_equal(count_files(fixture), 1);
		remove_all(path_of(fixture, ""));
	}
}

/* An empty one is taken, for a run that died may have made it; not that of
 * another user. */
static void
test_empty_folder(void **state)
{
	struct fixture *fixture = *state;

	make_folder(fixture);
	assert_int_equal(chmod(path_of(fixture, ""), 0700), 0);
	if (geteuid() == 0) {
		fixture->owner.user = 54321;
		assert_int_equal(
		    chown(path_of(fixture, ""), 54321, (gid_t)-1), 0);
		assert_int_equal(add(fixture), KEYSTORE_REFUSED);
		assert_non_null(strstr(fixture->text, "with: rmdir "));
		assert_int_equal(mode_of(fixture, ""), 0700);
		assert_int_equal(chown(path_of(fixture, ""), 0, (gid_t)-1), 0);
	}
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
	assert_int_equal(mode_of(fixture, ""), 0750);
}

/* A link in the store leads out of it, to whatever its maker wants changed. */
static void
test_link(void **state)
{
	struct fixture *fixture = *state;
	const char *victim =
	    arena_printf(fixture->arena, "%s/victim", fixture->directory);
	const char *link =
	    arena_printf(fixture->arena, "%s/example.org", fixture->directory);

	assert_int_equal(mkdir(victim, 0755), 0);
	assert_int_equal(symlink("victim", link), 0);
	assert_int_equal(add(fixture), KEYSTORE_REFUSED);
	assert_non_null(strstr(fixture->text, "is a symbolic link"));
	assert_non_null(
	    strstr(fixture->text, arena_printf(fixture->arena, "rm %s", link)));
	assert_int_equal(count_files(fixture), 0);
	assert_int_equal(mode_of(fixture, ""), 0755);
	/* To nothing, too. */
	assert_int_equal(rmdir(victim), 0);
	assert_int_equal(add(fixture), KEYSTORE_REFUSED);
	assert_int_equal(access(victim, F_OK), -1);
}

/* Who can write to a store, or to a folder in it, can put a link there at any
 * moment. */
static void
test_open_store(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(chmod(fixture->directory, 0757), 0);
	assert_int_equal(add(fixture), KEYSTORE_REFUSED);
	assert_non_null(strstr(fixture->text,
	    arena_printf(fixture->arena, "chmod o-w %s", fixture->directory)));
	assert_int_equal(access(path_of(fixture, ""), F_OK), -1);
	assert_int_equal(chmod(fixture->directory, 0755), 0);
	make_folder(fixture);
	assert_int_equal(chmod(path_of(fixture, ""), 0757), 0);
	assert_int_equal(add(fixture), KEYSTORE_REFUSED);
	assert_non_null(strstr(fixture->text, "chmod o-w"));
	assert_int_equal(count_files(fixture), 0);
	assert_int_equal(rmdir(path_of(fixture, "")), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(fixture->directory, 54321, (gid_t)-1), 0);
	assert_int_equal(add(fixture), KEYSTORE_REFUSED);
	assert_non_null(strstr(fixture->text, "chown root "));
	assert_int_equal(access(path_of(fixture, ""), F_OK), -1);
}

static void
test_full_list(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < KEYSTORE_MAX_KEYS; i += 2) {
		fixture->pairs[0].selector =
		    arena_printf(fixture->arena, "r%d", i);
		fixture->pairs[1].selector =
		    arena_printf(fixture->arena, "e%d", i);
		assert_int_equal(add(fixture), KEYSTORE_ADDED);
	}
	fixture->pairs[0].selector = "one";
	fixture->pairs[1].selector = "more";
	assert_int_equal(add(fixture), KEYSTORE_REFUSED);
	assert_non_null(strstr(fixture->text, "64 are the most"));
}

/* A disk that is full after the first key: a file of at most ${room} bytes. */
static void
add_with_little_room(struct fixture *fixture, rlim_t room)
{
	struct rlimit limit = { room, room };
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)signal(SIGXFSZ, SIG_IGN);
		(void)setrlimit(RLIMIT_FSIZE, &limit);
		_exit(add(fixture) == KEYSTORE_FAILED &&
			      strstr(fixture->text, "cannot write") != NULL
			  ? 0
			  : 1);
	}
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
test_no_room(void **state)
{
	struct fixture *fixture = *state;
	struct keystore store;

	/* The RSA key has about 1700 bytes, the empty list fewer. */
	add_with_little_room(fixture, 1000);
	assert_int_equal(load(fixture, &store), 0);
	assert_int_equal(store.count, 0);
	assert_int_equal(count_files(fixture), 1);
	/* Not even a list. */
	add_with_little_room(fixture, 0);
	/* There is room again. */
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
	const char *list = read_file(fixture, "keys.json");

	fixture->pairs[0].selector = "s2";
	fixture->pairs[1].selector = "s2e";
	add_with_little_room(fixture, 1000);
	assert_string_equal(read_file(fixture, "keys.json"), list);
	assert_int_equal(count_files(fixture), 3);
}

/* Who waits longer than five seconds is told for whom. */
static void
test_locked(void **state)
{
	struct fixture *fixture = *state;

	make_folder(fixture);
	int fd = open(path_of(fixture, ""), O_RDONLY | O_DIRECTORY);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(add(fixture), KEYSTORE_FAILED);
	assert_non_null(strstr(fixture->text, "fuser"));
	assert_int_equal(count_files(fixture), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
}

/* Many at once, killed at any moment: the store can be read all the time, no
 * key is half there, and a new one can always be made. */
static void
test_killed(void **state)
{
	struct fixture *fixture = *state;
	int rounds = getenv("MAILREEVE_SOAK") != NULL ? 2000 : 100;
	struct keystore store;

	for (int i = 0; i < rounds; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		fixture->pairs[0].selector =
		    arena_printf(fixture->arena, "r%d", i);
		fixture->addition.count = 1;
		if (child == 0)
			_exit(add(fixture) == KEYSTORE_ADDED ? 0 : 1);
		(void)usleep((useconds_t)(i * 37 % 2000));
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		assert_int_equal(load(fixture, &store), 0);
		for (size_t j = 0; j < store.count; j++)
			assert_int_equal(access(store.keys[j].path, R_OK), 0);
		/* Room in the list. */
		if (store.count > KEYSTORE_MAX_KEYS / 2)
			remove_all(path_of(fixture, ""));
	}
	fixture->pairs[0].selector = "last";
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
}

static void
test_no_store(void **state)
{
	struct fixture *fixture = *state;
	const char *store =
	    arena_printf(fixture->arena, "%s/a/keys", fixture->directory);

	fixture->addition.directory = store;
	assert_int_equal(add(fixture), KEYSTORE_FAILED);
	assert_non_null(strstr(fixture->text, "No such file"));
	for (int i = 0; i < 2; i++)
		assert_int_equal(keystore_make(store, &fixture->owner,
				     fixture->arena, &fixture->text),
		    KEYSTORE_ADDED);
	assert_int_equal(add(fixture), KEYSTORE_ADDED);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_read_back),
		TEST(test_keeps_members),
		TEST(test_other_spelling),
		TEST(test_refused),
		TEST(test_unlisted_file),
		TEST(test_stale_file),
		TEST(test_foreign_list),
		TEST(test_foreign_folder),
		TEST(test_empty_folder),
		TEST(test_link),
		TEST(test_open_store),
		TEST(test_full_list),
		TEST(test_no_room),
		TEST(test_locked),
		TEST(test_killed),
		TEST(test_no_store),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
