/* SPDX-License-Identifier: Apache-2.0 */
/* A PostgreSQL server of the test's own, in a temporary folder, on a Unix socket. */
#ifndef POSTGRES_FIXTURE_H
#define POSTGRES_FIXTURE_H

struct postgres_fixture;

/* Makes a cluster and starts its server; NULL, after a line that says so, if PostgreSQL is not
 * installed. Ends the test when it is there but does not start. */
struct postgres_fixture *postgres_fixture_create(void);
/* NULL is fine. */
void postgres_fixture_destroy(struct postgres_fixture *pg);

/* Ends the server as a crash does: it recovers from its log at the next start. */
void postgres_fixture_crash(struct postgres_fixture *pg);
/* Returns when it takes connections. */
void postgres_fixture_start(struct postgres_fixture *pg);

/* The URL of a schema that nobody has used, static until the next call. */
const char *postgres_fixture_new_url(struct postgres_fixture *pg);

#endif
