/* SPDX-License-Identifier: Apache-2.0 */
/* An API over a store in a temporary folder, or with WEIR_TEST_STORE=postgresql in a PostgreSQL
 * server of the program's own, and calls to it signed as an SDK signs them. The clock stands
 * still. */
#ifndef API_FIXTURE_H
#define API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/clock.h"
#include "live/live_registry.h"
#include "net/http_server.h"
#include "objects/object_store.h"
#include "store/access_key.h"
#include "store/store.h"

#define REGION  "us-west-2"
#define ACCOUNT "123456789012"

struct api_fixture {
    char dir[64];
    char url[320]; /* "": SQLite in the folder */
    struct store *store;
    struct live_registry *live;
    struct worker_pool *workers;
    struct api *api;
    struct arena *arena;
    struct access_key key; /* signs; tests may put another one here */
    struct api_reply reply;
    struct object_store objects; /* every bucket of it is one and the same: */
    atomic_int probe_err;        /* what writing into it answers */
    int policy_err;              /* what reading its policy answers */
    char bucket_policy[4096];
    json_t *answer; /* body of the last reply; NULL if it had none */
};

/* cmocka's setup and teardown. */
int api_fixture_setup(void **state);
int api_fixture_teardown(void **state);
/* Closes and opens everything, as a restart does; with these settings. */
void api_fixture_restart(struct api_fixture *f, const char *const *quotas, bool is_unlimited);

/* Makes and writes a key of that account with that policy. */
struct access_key api_fixture_key(struct api_fixture *f, const char *account, const char *policy);

/* Signs and serves. Returns the status; `answer` and `reply` hold the rest. */
int api_request(struct api_fixture *f, const char *method, const char *target, const char *body);
/* POST /<operation> with a body made like printf. */
int api_call(struct api_fixture *f, const char *operation, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Serves a request as it is. */
int api_serve_request(struct api_fixture *f, const struct http_request *request);

/* The text at a path such as "channel.arn" or "errors.0.code"; fails the test if there is none. */
const char *answer_text(struct api_fixture *f, const char *path);
json_t *answer_at(struct api_fixture *f, const char *path);
const char *reply_header(struct api_fixture *f, const char *name);
/* The last reply is that error; its message holds `words` (NULL: any). */
void assert_error(struct api_fixture *f, const char *name, const char *words);

#define API_TEST(name)                                                                             \
    cmocka_unit_test_setup_teardown(name, api_fixture_setup, api_fixture_teardown)

#endif
