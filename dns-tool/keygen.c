#include "keygen.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/shell.h"
#include "dkim/keypair.h"
#include "dkim/keystore_write.h"
#include "keygen_print.h"
#include "names.h"

#define PROGRAM "mailreeve-dns keygen"
#define KEY_STORE "/var/lib/mailreeve/keys"
#define GROUP "mailreeve-milter"
#define DEFAULT_RSA_BITS 2048

/* More than a command line has of ours. */
#define COMMAND_MAX_BYTES 65536

/* Two key records at one name would be undefined (RFC 6376 3.6.2.2), so of two
 * keys the Ed25519 one has this after the selector. */
#define ED25519_SUFFIX "e"

struct arguments {
	const char *domain;
	const char *selector;  /* NULL: the date */
	unsigned int rsa_bits; /* 0: no RSA key */
	bool ed25519;
	bool active;
	bool json;
	const char *key_store; /* NULL: KEY_STORE */
	const char *group;     /* NULL: GROUP, or our own unless root */
};

static void
print_usage(FILE *stream)
{
	(void)fputs(
	    "usage: " PROGRAM " [OPTION]... DOMAIN\n"
	    "Make DKIM keys for DOMAIN, an RSA and an Ed25519 one, and "
	    "print their records.\n"
	    "  --selector NAME       their selector, else the date; the "
	    "Ed25519 key of two\n"
	    "                        has an \"e\" after it\n"
	    "  --rsa 2048|3072|4096  an RSA key of so many bits\n"
	    "  --ed25519             an Ed25519 key; with one of these "
	    "two, no other\n"
	    "  --active              sign with them at the next "
	    "reload: for a first key;\n"
	    "                        else they are pending\n"
	    "  --json                print JSON\n"
	    "  --key-store DIR       the key store, else " KEY_STORE "\n"
	    "  --group GROUP         group that reads the keys, "
	    "else " GROUP "\n"
	    "  -h, --help            print this text\n",
	    stream);
}

/* Say what is wrong with the command line. */
static void
misuse(const char *what, const char *problem)
{
	(void)fprintf(stderr, PROGRAM ": \"%s\" %s\nSee: " PROGRAM " --help\n",
	    what, problem);
	exit(EX_USAGE);
}

static unsigned int
read_bits(const char *text)
{
	static const unsigned int sizes[] = { 2048, 3072, 4096 };
	uint64_t bits = 0;

	if (span_to_u64(span_str(text), 4, &bits))
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			if (bits == sizes[i])
				return (sizes[i]);
	misuse(text, "is no size of an RSA key that mail uses: 2048, 3072 or "
		     "4096");
	return (0);
}

static const struct option long_options[] = {
	{ "selector", required_argument, NULL, 's' },
	{ "rsa", required_argument, NULL, 'r' },
	{ "ed25519", no_argument, NULL, 'e' },
	{ "active", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "key-store", required_argument, NULL, 'k' },
	{ "group", required_argument, NULL, 'g' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
read_option(struct arguments *arguments, int option, const char *value)
{
	switch (option) {
	case 's':
		arguments->selector = value;
		break;
	case 'r':
		arguments->rsa_bits = read_bits(value);
		break;
	case 'e':
		arguments->ed25519 = true;
		break;
	case 'a':
		arguments->active = true;
		break;
	case 'j':
		arguments->json = true;
		break;
	case 'k':
		arguments->key_store = value;
		break;
	case 'g':
		arguments->group = value;
		break;
	case 'h':
		print_usage(stdout);
		exit(EX_OK);
	default:
		print_usage(stderr);
		exit(EX_USAGE);
	}
}

static struct arguments
read_arguments(int argc, char *argv[])
{
	struct arguments arguments = { 0 };

	optind = 0; /* anew: main() has read the options before the command */
	for (int option;
	     (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1;)
		read_option(&arguments, option, optarg);
	if (optind == argc) {
		(void)fputs(PROGRAM ": name the domain\n", stderr);
		print_usage(stderr);
		exit(EX_USAGE);
	}
	if (optind + 1 < argc)
		misuse(argv[optind + 1], "is one word too many");
	if (arguments.key_store != NULL && arguments.key_store[0] == '\0')
		misuse("", "is no folder for --key-store");
	arguments.domain = argv[optind];
	if (arguments.rsa_bits == 0 && !arguments.ed25519) {
		arguments.rsa_bits = DEFAULT_RSA_BITS;
		arguments.ed25519 = true;
	}
	return (arguments);
}

static int
fail(int status, const char *text)
{
	(void)fprintf(stderr, PROGRAM ": %s\n", text);
	return (status);
}

static const char *
read_domain(const char *text, struct arena *arena)
{
	const char *problem = NULL;
	const char *domain = names_domain(text, arena, &problem);

	if (domain == NULL)
		misuse(text, problem);
	return (domain);
}

static const char *
read_selector(const char *text, const char *domain, struct arena *arena)
{
	const char *problem = NULL;
	const char *selector = names_selector(text, domain, arena, &problem);

	if (selector == NULL)
		misuse(text, problem);
	return (selector);
}

/* The selector of the Ed25519 key beside ${base}, that of an RSA key, which was
 * given as ${given}. */
static const char *
second_selector(const char *given, const char *base, const char *domain,
    struct arena *arena)
{
	const char *problem = NULL;
	const char *selector =
	    names_selector(arena_printf(arena, "%s" ED25519_SUFFIX, base),
		domain, arena, &problem);

	if (selector == NULL)
		misuse(given,
		    "is too long a selector of two keys, for that of the "
		    "Ed25519 one has an \"" ED25519_SUFFIX "\" after it");
	return (selector);
}

/* Who will read the keys.  Return NULL, or what is wrong with its cure. */
static const char *
find_owner(const struct arguments *arguments, struct keyfile_owner *owner,
    struct arena *arena)
{
	const char *name = arguments->group;

	*owner = (struct keyfile_owner){ geteuid(), getegid() };
	if (name == NULL && geteuid() != 0)
		return (NULL);
	if (name == NULL)
		name = GROUP;
	const struct group *group = getgrnam(name);
	const struct passwd *user = getpwnam(name);

	if (user != NULL)
		owner->user = user->pw_uid;
	if (group == NULL)
		return (arena_printf(arena,
		    "there is no group %s, the milter's; install the package "
		    "mailreeve-milter, name another with --group, or make it "
		    "with: adduser --system --group --no-create-home %s",
		    name, shell_word(arena, name)));
	owner->group = group->gr_gid;
	return (NULL);
}

/* See to it that there is a store.  One that is named is meant to be there, as
 * the milter sees it, too. */
static enum keystore_outcome
find_store(const struct arguments *arguments, const struct keyfile_owner *owner,
    struct arena *arena, const char **text)
{
	struct stat status;

	if (arguments->key_store == NULL)
		return (keystore_make(KEY_STORE, owner, arena, text));
	if (stat(arguments->key_store, &status) == 0 || errno != ENOENT)
		return (KEYSTORE_ADDED);
	*text = arena_printf(arena,
	    "the key store %s does not exist; make it with: %s",
	    shell_word(arena, arguments->key_store),
	    keyfile_make_folder(arguments->key_store, owner, arena));
	return (KEYSTORE_REFUSED);
}

/* One pair more in ${addition}; the names come first, for they can be wrong. */
static void
add_pair(struct keystore_addition *addition, struct keystore_pair *pairs,
    const char *selector, enum dkim_algorithm algorithm, unsigned int bits)
{
	pairs[addition->count++] = (struct keystore_pair){ .selector = selector,
		.private = keypair_new(algorithm, bits) };
}

/* What to make: RSA, Ed25519, or both with a selector each. */
static void
make_keys(const struct arguments *arguments, struct keystore_addition *addition,
    struct keystore_pair *pairs, struct arena *arena)
{
	bool both = arguments->rsa_bits > 0 && arguments->ed25519;
	const char *given = arguments->selector;

	if (given == NULL)
		given = names_selector_of_date(addition->now, arena);
	const char *base = read_selector(given, addition->domain, arena);
	const char *second =
	    both ? second_selector(given, base, addition->domain, arena) : base;

	addition->keys = pairs;
	if (arguments->rsa_bits > 0)
		add_pair(addition, pairs, base, DKIM_RSA_SHA256,
		    arguments->rsa_bits);
	if (arguments->ed25519)
		add_pair(addition, pairs, second, DKIM_ED25519_SHA256, 0);
}

static bool
are_complete(const struct keystore_addition *addition)
{
	for (size_t i = 0; i < addition->count; i++)
		if (addition->keys[i].private == NULL)
			return (false);
	return (true);
}

static int
print(const struct arguments *arguments,
    const struct keystore_addition *addition, const char *folder,
    struct arena *arena)
{
	bool sudo = geteuid() != 0 || getenv("SUDO_USER") != NULL;
	int result =
	    arguments->json
		? keygen_print_json(stdout, addition, folder, arena)
		: keygen_print_text(stdout, addition, folder, sudo, arena);

	if (result == 0 && fflush(stdout) == 0 && ferror(stdout) == 0)
		return (EX_OK);
	return (fail(EX_IOERR,
	    arena_printf(arena,
		"the keys are made, but cannot be shown: %s; see the folder %s",
		strerror(errno), folder)));
}

/* How a failure looks to who started us. */
static int
status_of(enum keystore_outcome outcome)
{
	switch (outcome) {
	case KEYSTORE_ADDED:
		return (EX_OK);
	case KEYSTORE_TAKEN:
		return (EX_CANTCREAT);
	case KEYSTORE_DENIED:
		return (EX_NOPERM);
	case KEYSTORE_REFUSED:
		return (EX_CONFIG);
	case KEYSTORE_FAILED:
		return (EX_IOERR);
	}
	return (EX_SOFTWARE);
}

/* Append ${option}, with ${value} if it has one, to a command. */
static void
add_option(struct buf *command, const char *option, const char *value)
{
	buf_printf(command, " %s", option);
	if (value != NULL)
		buf_printf(command, " %s", shell_word(command->arena, value));
}

/* The command that was given, but with the selector ${selector}. */
static const char *
command_again(const struct arguments *arguments, const char *selector,
    struct arena *arena)
{
	unsigned int bits = arguments->rsa_bits;
	bool both = bits > 0 && arguments->ed25519;
	struct buf command;

	buf_init(&command, arena, COMMAND_MAX_BYTES);
	buf_add_str(&command, PROGRAM);
	add_option(&command, "--selector", selector);
	if (bits > 0 && (!both || bits != DEFAULT_RSA_BITS))
		add_option(&command, "--rsa", arena_printf(arena, "%u", bits));
	if (arguments->ed25519 && (!both || bits != DEFAULT_RSA_BITS))
		add_option(&command, "--ed25519", NULL);
	if (arguments->active)
		add_option(&command, "--active", NULL);
	if (arguments->json)
		add_option(&command, "--json", NULL);
	if (arguments->key_store != NULL)
		add_option(&command, "--key-store", arguments->key_store);
	if (arguments->group != NULL)
		add_option(&command, "--group", arguments->group);
	add_option(&command, shell_word(arena, arguments->domain), NULL);
	return (command.overflow ? PROGRAM " --help" : buf_str(&command));
}

/* What to do when the selector is taken: try the next, if that is short enough,
 * with the suffix of the second key, too. */
static const char *
take_another(const struct arguments *arguments,
    const struct keystore_addition *addition, struct arena *arena)
{
	const char *next =
	    arena_printf(arena, "%sb", addition->keys[0].selector);
	const char *problem = NULL;

	if (names_selector(arena_printf(arena, "%s" ED25519_SUFFIX, next),
		addition->domain, arena, &problem) == NULL)
		return ("take another, with --selector");
	return (arena_printf(arena, "take another, with: %s",
	    command_again(arguments, next, arena)));
}

/* Put the keys into the store and show them. */
static int
keep_keys(const struct arguments *arguments,
    const struct keystore_addition *addition, const struct keyfile_owner *owner,
    struct arena *arena)
{
	const char *text = NULL;
	enum keystore_outcome outcome =
	    keystore_add(addition, owner, arena, &text);

	if (outcome == KEYSTORE_ADDED)
		return (print(arguments, addition, text, arena));
	if (outcome == KEYSTORE_TAKEN)
		text = arena_printf(arena, "%s; %s", text,
		    take_another(arguments, addition, arena));
	return (fail(status_of(outcome), text));
}

static int
run(const struct arguments *arguments, struct arena *arena)
{
	struct keystore_pair pairs[2] = { { 0 } };
	struct keystore_addition addition = {
		.directory = arguments->key_store != NULL ? arguments->key_store
		                                          : KEY_STORE,
		.domain = read_domain(arguments->domain, arena),
		.state = arguments->active ? KEYSTORE_ACTIVE : KEYSTORE_PENDING,
		.now = clock_now(&clock_system),
	};
	struct keyfile_owner owner;
	const char *text = find_owner(arguments, &owner, arena);

	if (text != NULL)
		return (fail(EX_CONFIG, text));
	enum keystore_outcome outcome =
	    find_store(arguments, &owner, arena, &text);

	if (outcome != KEYSTORE_ADDED)
		return (fail(status_of(outcome), text));
	make_keys(arguments, &addition, pairs, arena);
	int status = are_complete(&addition)
	                 ? keep_keys(arguments, &addition, &owner, arena)
	                 : fail(EX_SOFTWARE, "OpenSSL cannot make a key");

	for (size_t i = 0; i < addition.count; i++)
		dkim_private_free(pairs[i].private);
	return (status);
}

int
keygen(int argc, char *argv[])
{
	struct arguments arguments = read_arguments(argc, argv);
	struct arena *arena = arena_new();
	int status = run(&arguments, arena);

	arena_free(arena);
	return (status);
}
