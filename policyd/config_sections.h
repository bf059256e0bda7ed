/*
 * config_sections.h: the sections of the policy daemon's configuration, as
 * read.
 */
#ifndef POLICYD_CONFIG_SECTIONS_H
#define POLICYD_CONFIG_SECTIONS_H

#include "conf/conf.h"

/* limit "NAME" { ... } */
struct config_limit {
	struct conf_place place;
	const char *key;
	int unit;
	int direction;
	int algorithm;
	int64_t rate;
	int64_t period;
	int64_t burst;
	struct conf_list steps;
	int refunds;
	bool new_accounts;
	struct conf_list contexts;
	const char *text;
	int mode;
};

/* override "WHO" { ... } */
struct config_override {
	struct conf_place place;
	struct conf_list limits;
};

/* group "NAME" { ... } */
struct config_group {
	struct conf_place place;
	struct conf_list members;
};

/* pool "NAME" { ... } */
struct config_pool {
	struct conf_place place;
	struct conf_list networks;
};

/* list "ZONE" { ... } */
struct config_list {
	struct conf_place place;
	struct conf_list of;
	struct conf_list answers;
	const char *group;
	const char *listed;
	const char *not_listed;
	int mode;
};

extern const struct conf_option config_limit_options[];
extern const struct conf_option config_override_options[];
extern const struct conf_option config_group_options[];
extern const struct conf_option config_pool_options[];
extern const struct conf_option config_list_options[];

#endif
