/*
 * spf2_difference.h: why libspf2 says something else of a sender than we do.
 */
#ifndef RECEIVER_SPF2_DIFFERENCE_H
#define RECEIVER_SPF2_DIFFERENCE_H

#include "receiver/difference.h"
#include "receiver/spf2_facts.h"
#include "receiver/wire.h"
#include "spf/spf.h"

/**
 * spf2_difference_find(ours, theirs, facts):
 * Decide how ${theirs}, libspf2's opinion, differs from ${ours}, and why, by
 * the ${facts}.  The note is about the explanations, where both have the same
 * result.
 */
struct difference spf2_difference_find(const struct spf_outcome *ours,
    const struct wire_spf_opinion *theirs, const struct spf2_facts *facts);

#endif
