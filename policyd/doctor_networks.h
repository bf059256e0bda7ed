/*
 * doctor_networks.h: whether clients that Postfix trusts are strangers to us.
 * Only decides.
 */
#ifndef POLICYD_DOCTOR_NETWORKS_H
#define POLICYD_DOCTOR_NETWORKS_H

#include "base/network.h"
#include "base/span.h"
#include "doctor.h"

/* Networks of mynetworks that are looked at. */
#define DOCTOR_NETWORKS_MAX ((size_t)200)

/**
 * doctor_networks_missing(mynetworks, trusted, count, arena):
 * Return, with ", " before each, those of ${mynetworks}, as postconf(1) prints
 * it, that are in none of the ${count} networks ${trusted}: "" when there is
 * none.  Tables, files and exceptions of mynetworks are passed over.
 */
const char *doctor_networks_missing(struct span mynetworks,
    const struct network *trusted, size_t count, struct arena *arena);

/**
 * doctor_networks_judge(findings, mynetworks, trusted, count):
 * Say which clients Postfix trusts and the daemon judges as strangers.
 */
void doctor_networks_judge(struct doctor_findings *findings,
    struct span mynetworks, const struct network *trusted, size_t count);

#endif
