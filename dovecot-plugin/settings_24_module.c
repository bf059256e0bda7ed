/* The module that Dovecot's configuration parser loads. */
#include "settings_24.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT const char *mailreeve_quota_settings_version = DOVECOT_ABI_VERSION;
EXPORT const struct setting_parser_info
    *const mailreeve_quota_settings_set_infos[] = { &settings_24_info, NULL };
