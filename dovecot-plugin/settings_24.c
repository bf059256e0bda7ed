#include "settings_24.h"

#define DEF(type, name)                                                        \
	SETTING_DEFINE_STRUCT_##type(#name, name, struct settings_24)

static const struct setting_define defines[] = {
	{ .type = SET_FILTER_NAME, .key = "quota_ledger" },
	DEF(STR, mailreeve_quota_socket),
	DEF(TIME_MSECS, mailreeve_quota_timeout),
	DEF(ENUM, mailreeve_quota_on_trouble),
	DEF(STR, quota_ledger_key),
	SETTING_DEFINE_LIST_END,
};

static const struct settings_24 defaults = {
	.mailreeve_quota_socket = "/run/mailreeve/quotad.sock",
	.mailreeve_quota_timeout = 5000,
	.mailreeve_quota_on_trouble = "tempfail:allow-and-book",
	.quota_ledger_key = "user",
};

const struct setting_parser_info settings_24_info = {
	.name = "mailreeve_quota",
	.plugin_dependency = "lib12_mailreeve_quota_plugin",
	.defines = defines,
	.defaults = &defaults,
	.struct_size = sizeof(struct settings_24),
	.pool_offset1 = 1 + offsetof(struct settings_24, pool),
};
