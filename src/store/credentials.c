/* SPDX-License-Identifier: Apache-2.0 */
/* https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html,
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
#include "store/credentials.h"

#include <errno.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/access_key.h"
#include "store/durable_file.h"

char *credentials_text(const struct access_key *key)
{
    bool is_session = key->session_token;

    return mem_printf("[default]\n"
                      "aws_access_key_id = %s\n"
                      "aws_secret_access_key = %s\n"
                      "%s%s%s",
                      key->id, key->secret, is_session ? "aws_session_token = " : "",
                      is_session ? key->session_token : "", is_session ? "\n" : "");
}

static int write_credentials(const char *path, const struct access_key *key)
{
    char *text = credentials_text(key);
    int err = durable_file_replace(path, text);

    mem_free(text);
    return err;
}

/* The file comes first: a key in the database that nobody knows would be of no use, while a file
 * whose key was never added is written again at the next start. */
int credentials_make_first(struct store *store, const char *data_dir, const char *account,
                           bool *is_new)
{
    struct access_key_spec spec = { .account = account, .policy_json = access_key_administrator };
    struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/credentials", data_dir);
    struct access_key key;
    int err = access_key_is_first(store);

    *is_new = false;
    if (err)
        goto out;
    access_key_make(&key, arena, &spec);
    err = write_credentials(path, &key);
    if (err)
        goto out;
    err = access_key_add_first(store, &key);
    if (err == -EEXIST)
        durable_file_remove(path); /* another node was quicker: this key is not known */
    *is_new = !err;
out:
    arena_destroy(arena);
    return err == -EEXIST ? 0 : err;
}

int credentials_write_config(const char *data_dir, const char *region, const char *endpoint_url)
{
    char *path = mem_printf("%s/config", data_dir);
    char *text = mem_printf("# Written by weir at each start.\n"
                            "[default]\n"
                            "region = %s\n"
                            "services = weir\n"
                            "\n"
                            "[services weir]\n"
                            "ivs =\n"
                            "  endpoint_url = %s\n"
                            "ivs_realtime =\n"
                            "  endpoint_url = %s\n",
                            region, endpoint_url, endpoint_url);
    int err = durable_file_replace(path, text);

    mem_free(path);
    mem_free(text);
    return err;
}
