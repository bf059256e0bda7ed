/*
 * target.h: the names that terms are about: macros expanded for one evaluation.
 */
#ifndef SPF_TARGET_H
#define SPF_TARGET_H

#include "spf/ask.h"

/**
 * spf_target_values(work, domain, out):
 * Store in ${out} what macros in the record of ${domain} stand for.
 */
void spf_target_values(
    struct spf_work *work, const char *domain, struct spf_macro_values *out);

/**
 * spf_target_find(work, spec, domain, name):
 * Store in ${name} the domain that ${spec} in the record of ${domain} is about,
 * ${domain} itself when ${spec} is empty; NULL when it can match nothing
 * because it has bytes that are not ASCII (RFC 8616 4).  Return false, with the
 * reason set, when it would take one look-up too many.
 */
bool spf_target_find(struct spf_work *work, struct span spec,
    const char *domain, const char **name);

#endif
