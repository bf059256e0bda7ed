#include "support/mmdb.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/network.h"
#include "support/files.h"

/* MaxMind DB file format 2.0: a binary tree over 128 bits, IPv4 in ::/96, whose
 * records are 24 bits wide; 16 zero bytes; data; a mark; metadata. */
#define MAX_NODES (MMDB_MAX_NETWORKS * 128 + 1)
#define SEPARATOR_BYTES 16
#define MAX_BYTES ((size_t)1024 * 1024)

#define TYPE_STRING 2
#define TYPE_UINT16 5
#define TYPE_UINT32 6
#define TYPE_MAP 7

struct tree {
	uint32_t (*nodes)[2]; /* 0: nothing there; TREE_DATA + offset: data */
	size_t count;
};

#define TREE_DATA 0x800000U

static void
add_control(struct buf *out, unsigned int type, size_t size)
{
	buf_add_byte(out, (unsigned char)(type << 5U | size));
}

/* Lengths from 29 on take another byte. */
static void
add_string(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	add_control(out, TYPE_STRING, len < 29 ? len : 29);
	if (len >= 29)
		buf_add_byte(out, (unsigned char)(len - 29));
	buf_add_str(out, text);
}

static void
add_number(struct buf *out, unsigned int type, uint32_t number)
{
	size_t bytes = type == TYPE_UINT16 ? 2 : 4;

	add_control(out, type, bytes);
	for (size_t i = bytes; i > 0; i--)
		buf_add_byte(out, (unsigned char)(number >> 8 * (i - 1)));
}

static void
add_record(struct buf *out, const struct mmdb_network *network)
{
	add_control(out, TYPE_MAP,
	    (network->country != NULL ? 1U : 0) + (network->asn != 0 ? 1U : 0));
	if (network->country != NULL) {
		add_string(out, "country");
		add_control(out, TYPE_MAP, 1);
		add_string(out, "iso_code");
		add_string(out, network->country);
	}
	if (network->asn != 0) {
		add_string(out, "autonomous_system_number");
		add_number(out, TYPE_UINT32, network->asn);
	}
}

static void
add_metadata(struct buf *out, const char *type, size_t nodes)
{
	/* UNSAFE: the hexadecimal bytes end before the letter M. */
	buf_add_str(out, "\xab\xcd\xef"
			 "MaxMind.com");
	add_control(out, TYPE_MAP, 9);
	add_string(out, "languages");
	buf_add_str(out, "\1"
			 "\4"); /* an array of one */
	add_string(out, "en");
	add_string(out, "description");
	add_control(out, TYPE_MAP, 1);
	add_string(out, "en");
	add_string(out, "for tests");
	add_string(out, "build_epoch");
	buf_add_str(out, "\1"
			 "\2"
			 "1"); /* 64 bits of which one byte is there */
	add_string(out, "node_count");
	add_number(out, TYPE_UINT32, (uint32_t)nodes);
	add_string(out, "record_size");
	add_number(out, TYPE_UINT16, 24);
	add_string(out, "ip_version");
	add_number(out, TYPE_UINT16, 6);
	add_string(out, "database_type");
	add_string(out, type);
	add_string(out, "binary_format_major_version");
	add_number(out, TYPE_UINT16, 2);
	add_string(out, "binary_format_minor_version");
	add_number(out, TYPE_UINT16, 0);
}

/* The 128 bits and the prefix of ${network}. */
static unsigned int
bits_of(const struct network *network, unsigned char bits[16])
{
	bool is_inet = network->address.family == AF_INET;

	memset(bits, 0, 16);
	memcpy(
	    &bits[is_inet ? 12 : 0], network->address.bytes, is_inet ? 4 : 16);
	return (network->prefix + (is_inet ? 96 : 0));
}

static int
insert(struct tree *tree, const char *text, uint32_t offset)
{
	struct network network;
	unsigned char bits[16];
	size_t node = 0;

	if (network_parse(text, &network) != 0)
		return (-1);
	unsigned int prefix = bits_of(&network, bits);

	for (unsigned int i = 0; i + 1 < prefix; i++) {
		uint32_t *record =
		    &tree->nodes[node][bits[i / 8] >> (7 - i % 8) & 1];

		if (*record == 0)
			*record = (uint32_t)tree->count++;
		node = *record;
	}
	unsigned int last = prefix - 1;

	tree->nodes[node][bits[last / 8] >> (7 - last % 8) & 1] =
	    TREE_DATA + offset;
	return (0);
}

static void
add_tree(struct buf *out, const struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		for (size_t side = 0; side < 2; side++) {
			uint32_t record = tree->nodes[i][side];

			if (record == 0)
				record = (uint32_t)tree->count;
			else if (record >= TREE_DATA)
				record = record - TREE_DATA +
				         (uint32_t)tree->count +
				         SEPARATOR_BYTES;
			for (unsigned int byte = 3; byte > 0; byte--)
				buf_add_byte(out,
				    (unsigned char)(record >> 8 * (byte - 1)));
		}
	buf_add(
	    out, span_new((const char[SEPARATOR_BYTES]){ 0 }, SEPARATOR_BYTES));
}

int
mmdb_write(const char *path, const char *type,
    const struct mmdb_network *networks, size_t count)
{
	struct arena *arena = arena_new();
	struct tree tree = { .count = 1 };
	struct buf data;
	struct buf file;
	int result = count <= MMDB_MAX_NETWORKS ? 0 : -1;

	tree.nodes = arena_array(arena, MAX_NODES, sizeof(*tree.nodes));
	buf_init(&data, arena, MAX_BYTES);
	buf_init(&file, arena, MAX_BYTES);
	for (size_t i = 0; i < count && result == 0; i++) {
		result = insert(&tree, networks[i].network, (uint32_t)data.len);
		add_record(&data, &networks[i]);
	}
	add_tree(&file, &tree);
	buf_add(&file, buf_span(&data));
	add_metadata(&file, type, tree.count);
	errno = EINVAL;
	if (result == 0)
		result = files_write(path, buf_span(&file), 0644);
	arena_free(arena);
	return (result);
}
