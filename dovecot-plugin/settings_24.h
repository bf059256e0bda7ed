/*
 * settings_24.h: the plugin's settings in Dovecot 2.4, known to the plugin and,
 * by a module of their own, to the processes that read dovecot.conf.
 */
#ifndef DOVECOT_PLUGIN_SETTINGS_24_H
#define DOVECOT_PLUGIN_SETTINGS_24_H

/* clang-format off */
#include "lib.h"
#include "settings-parser.h"
/* clang-format on */

struct settings_24 {
	pool_t pool;
	const char *mailreeve_quota_socket;
	unsigned int mailreeve_quota_timeout; /* ms */
	const char *mailreeve_quota_on_trouble;
	const char *quota_ledger_key;
};

extern const struct setting_parser_info settings_24_info;

#endif
