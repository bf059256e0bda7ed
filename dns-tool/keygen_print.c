#include "keygen_print.h"

#include <jansson.h>
#include <string.h>

#include "base/shell.h"
#include "dkim/keypair.h"
#include "dkim/keystore_list.h"
#include "txt.h"

static const char *
record_name(const struct keystore_addition *made,
    const struct keystore_pair *pair, struct arena *arena)
{
	return (arena_printf(
	    arena, "%s._domainkey.%s", pair->selector, made->domain));
}

static bool
is_ed25519(const struct keystore_pair *pair)
{
	return (dkim_private_algorithm(pair->private) == DKIM_ED25519_SHA256);
}

/* Whether the record of each key can be made, which is all that can fail. */
static bool
have_records(const struct keystore_addition *made, struct arena *arena)
{
	for (size_t i = 0; i < made->count; i++)
		if (keypair_record(made->keys[i].private, arena) == NULL)
			return (false);
	return (true);
}

static void
print_keys(
    FILE *stream, const struct keystore_addition *made, const char *folder)
{
	(void)fprintf(stream, "Made for %s, in %s, %s:\n", made->domain, folder,
	    made->state == KEYSTORE_ACTIVE ? "active" : "pending");
	for (size_t i = 0; i < made->count; i++) {
		const struct keystore_pair *pair = &made->keys[i];

		if (is_ed25519(pair))
			(void)fprintf(
			    stream, "  %s  Ed25519\n", pair->selector);
		else
			(void)fprintf(stream, "  %s  RSA, %u bits\n",
			    pair->selector, dkim_private_bits(pair->private));
	}
}

static void
print_records(
    FILE *stream, const struct keystore_addition *made, struct arena *arena)
{
	(void)fputs("\n1. Publish their public halves as TXT records.  In a "
		    "zone file:\n\n",
	    stream);
	for (size_t i = 0; i < made->count; i++)
		(void)fprintf(stream, "%s\n",
		    txt_print(record_name(made, &made->keys[i], arena),
			keypair_record(made->keys[i].private, arena), arena));
	(void)fprintf(stream,
	    "\n   or in a provider's form, for the zone %s:\n", made->domain);
	for (size_t i = 0; i < made->count; i++)
		(void)fprintf(stream,
		    "\n   Name:  %s._domainkey\n   Value: %s\n",
		    made->keys[i].selector,
		    keypair_record(made->keys[i].private, arena));
}

static void
print_look(
    FILE *stream, const struct keystore_addition *made, struct arena *arena)
{
	(void)fputs("\n2. See whether the world can read them (dig is in the "
		    "package bind9-dnsutils):\n\n",
	    stream);
	for (size_t i = 0; i < made->count; i++)
		(void)fprintf(stream, "   dig +short TXT %s\n",
		    record_name(made, &made->keys[i], arena));
}

/* keys.json has a line for each key, so sed can set its state. */
static void
print_activate(FILE *stream, const struct keystore_addition *made,
    const char *folder, const char *sudo, struct arena *arena)
{
	(void)fprintf(stream, "   %ssed -i", sudo);
	for (size_t i = 0; i < made->count; i++)
		(void)fprintf(stream, " -e '/\"%s\"/s/\"pending\"/\"active\"/'",
		    made->keys[i].selector);
	(void)fprintf(stream, " %s\n",
	    shell_word(
		arena, arena_printf(arena, "%s/" KEYSTORE_LIST_NAME, folder)));
}

static void
print_sign(FILE *stream, const struct keystore_addition *made,
    const char *folder, const char *sudo, struct arena *arena)
{
	if (made->state == KEYSTORE_ACTIVE)
		(void)fputs("\n3. Then let the milter sign with them; until "
			    "they are published, receivers\n"
			    "   could not verify that:\n\n",
		    stream);
	else
		(void)fputs("\n3. Then make them active, and let the milter "
			    "sign with them:\n\n",
		    stream);
	if (made->state != KEYSTORE_ACTIVE)
		print_activate(stream, made, folder, sudo, arena);
	(void)fprintf(stream,
	    "   %ssystemctl reload-or-restart mailreeve-milter\n", sudo);
}

int
keygen_print_text(FILE *stream, const struct keystore_addition *made,
    const char *folder, bool sudo, struct arena *arena)
{
	if (!have_records(made, arena))
		return (-1);
	print_keys(stream, made, folder);
	print_records(stream, made, arena);
	print_look(stream, made, arena);
	print_sign(stream, made, folder, sudo ? "sudo " : "", arena);
	return (0);
}

static json_t *
json_key(const struct keystore_addition *made, const struct keystore_pair *pair,
    const char *folder, struct arena *arena)
{
	const char *name = record_name(made, pair, arena);
	const char *record = keypair_record(pair->private, arena);

	return (json_pack("{ss ss si ss ss s{ss ss ss ss}}", "selector",
	    pair->selector, "algorithm", is_ed25519(pair) ? "ed25519" : "rsa",
	    "bits", (int)dkim_private_bits(pair->private), "state",
	    made->state == KEYSTORE_ACTIVE ? "active" : "pending", "file",
	    arena_printf(arena, "%s/%s", folder,
		keystore_list_file(pair->selector,
		    dkim_private_algorithm(pair->private), arena)),
	    "record", "name", arena_printf(arena, "%s.", name), "type", "TXT",
	    "value", record, "zone", txt_print(name, record, arena)));
}

int
keygen_print_json(FILE *stream, const struct keystore_addition *made,
    const char *folder, struct arena *arena)
{
	json_t *keys = json_array();

	if (!have_records(made, arena)) {
		json_decref(keys);
		return (-1);
	}
	for (size_t i = 0; i < made->count; i++)
		(void)json_array_append_new(
		    keys, json_key(made, &made->keys[i], folder, arena));
	json_t *root = json_pack(
	    "{si ss so}", "schema", 1, "domain", made->domain, "keys", keys);

	(void)json_dumpf(root, stream, JSON_INDENT(1));
	(void)fputc('\n', stream);
	json_decref(root);
	return (0);
}
