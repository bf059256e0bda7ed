#include "local/keys.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "dkim/keyfile.h"
#include "dkim/keypair.h"

#define MILTER_USER "mailreeve-milter"

static struct keyfile_owner
find_owner(void)
{
	const struct passwd *user = getpwnam(MILTER_USER);
	struct keyfile_owner owner = { geteuid(), getegid() };

	if (user != NULL) {
		owner.user = user->pw_uid;
		owner.group = user->pw_gid;
	}
	return (owner);
}

static struct dkim_private *
open_key(const struct keystore_key *key, const struct keyfile_owner *owner,
    struct arena *arena, const char **error)
{
	int fd = keyfile_open(key->path, owner, KEYFILE_PRIVATE, arena, error);
	struct dkim_private *private =
	    fd < 0 ? NULL : dkim_private_load(fd, arena, error);

	if (fd >= 0)
		(void)close(fd);
	return (private);
}

/* The record of ${key}, whose private half is dropped at once. */
static void
read_record(const struct keystore_key *key, const struct keyfile_owner *owner,
    local_complain *complain, void *cookie, struct arena *arena,
    struct server_key *out)
{
	const char *error = NULL;
	struct dkim_private *private = open_key(key, owner, arena, &error);

	if (private == NULL) {
		complain(cookie, error);
		return;
	}
	out->bits = dkim_private_bits(private);
	out->record = keypair_record(private, arena);
	dkim_private_free(private);
}

size_t
keys_read(const char *store, const char *domain, local_complain *complain,
    void *cookie, struct arena *arena, const struct server_key **out)
{
	const struct keyfile_owner owner = find_owner();
	const struct keystore_reader reader = {
		.owner = &owner,
		.error = complain,
		.warning = complain,
		.cookie = cookie,
	};
	struct keystore found = { 0 };
	size_t count = 0;

	(void)keystore_load(arena, store, &reader, &found);
	struct server_key *keys =
	    arena_array(arena, found.count, sizeof(*keys));

	for (size_t i = 0; i < found.count; i++) {
		const struct keystore_key *key = &found.keys[i];
		struct server_key *to = &keys[count];

		if (strcmp(key->domain, domain) != 0)
			continue;
		to->selector = key->selector;
		to->algorithm = key->algorithm;
		to->state = key->state;
		if (key->state != KEYSTORE_REVOKED)
			read_record(key, &owner, complain, cookie, arena, to);
		count++;
	}
	*out = keys;
	return (count);
}

static void
ignore(void *cookie, const char *text)
{
	(void)cookie;
	(void)text;
}

size_t
keys_open_active(const char *store, const char *domain, struct arena *arena,
    struct dkim_sign_key *keys, struct dkim_private **privates)
{
	const struct keyfile_owner owner = find_owner();
	const struct keystore_reader reader = {
		.owner = &owner, .error = ignore, .warning = ignore
	};
	struct keystore found = { 0 };
	const char *error = NULL;
	size_t count = 0;

	for (size_t i = 0; i < KEYSTORE_MAX_KEYS; i++)
		privates[i] = NULL;
	(void)keystore_load(arena, store, &reader, &found);
	for (size_t i = 0; i < found.count && count < KEYSTORE_MAX_KEYS; i++) {
		const struct keystore_key *key = &found.keys[i];

		if (strcmp(key->domain, domain) != 0 ||
		    key->state != KEYSTORE_ACTIVE)
			continue;
		privates[count] = open_key(key, &owner, arena, &error);
		if (privates[count] == NULL)
			continue;
		keys[count] = (struct dkim_sign_key){ .domain = key->domain,
			.selector = key->selector,
			.private = privates[count] };
		count++;
	}
	return (count);
}

void
keys_close(struct dkim_private **privates, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dkim_private_free(privates[i]);
}
