/* SPDX-License-Identifier: Apache-2.0 */
/* Works on the database itself: the server sees a changed key within half a second. */
#include "keys_command.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/policy.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/access_key.h"
#include "store/credentials.h"
#include "store/data_dir.h"
#include "store/store.h"

#define EXIT_FAILED         1
#define EXIT_USAGE          2
#define SESSION_MINUTES_MAX 2160 /* as AWS STS: 36 hours */
#define ACCOUNT_LEN         12

struct keys_options {
    const char *data_dir;
    const char *store_url;
    const char *account;
    const char *policy_file;
    const char *session_minutes;
    const char *id; /* the argument that is no option */
};

struct keys_call {
    const struct keys_options *options;
    struct arena *arena;
    struct store *store;
};

static void print_usage(FILE *to)
{
    fputs("usage: weir keys create [--account ID] [--policy FILE] [--session-minutes N]\n"
          "       weir keys list\n"
          "       weir keys disable ID\n"
          "       weir keys enable ID\n"
          "       weir keys delete ID\n"
          "\n"
          "  --data DIR           the server's data directory (WEIR_DATA; ./weir-data)\n"
          "  --store URL          postgresql://... where the server was given one (WEIR_STORE)\n"
          "  --account ID         12 digits (000000000000)\n"
          "  --policy FILE        an IAM policy document (all of ivs:*)\n"
          "  --session-minutes N  a temporary key with a session token, 1 to 2160 minutes\n",
          to);
}

static int complain(const char *what, const char *value)
{
    fprintf(stderr, "weir keys: %s: %s\n", what, value);
    return EXIT_USAGE;
}

static int complain_err(const char *what, int err)
{
    fprintf(stderr, "weir keys: %s: %s\n", what, err_str(err));
    return EXIT_FAILED;
}

static bool is_account(const char *text)
{
    return strlen(text) == ACCOUNT_LEN && strspn(text, "0123456789") == ACCOUNT_LEN;
}

/* 0 if it is not a number from 1 to the maximum. */
static int parse_minutes(const char *text)
{
    char *end;
    long minutes = strtol(text, &end, 10);

    return *end || minutes < 1 || minutes > SESSION_MINUTES_MAX ? 0 : (int)minutes;
}

/* A key must not allow more than its owner meant: what would not be obeyed is refused here. */
static bool is_policy(const char *path, const char *text)
{
    char message[POLICY_MESSAGE_SIZE];
    struct policy *policy = NULL;
    int err = policy_parse(&policy, text, message);

    if (err)
        fprintf(stderr, "weir keys: %s: %s\n", path, message);
    policy_destroy(policy);
    return !err;
}

/* The document as text; NULL after a complaint. */
static const char *read_policy(struct arena *arena, const char *path)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    char *text, *copy;

    if (!json_is_object(json)) {
        fprintf(stderr, "weir keys: %s: not a policy document: %s\n", path, error.text);
        json_decref(json);
        return NULL;
    }
    text = json_dumps(json, JSON_COMPACT);
    copy = arena_strdup(arena, text);
    free(text);
    json_decref(json);
    return is_policy(path, copy) ? copy : NULL;
}

static void print_key(const struct access_key *key)
{
    char *text = credentials_text(key);

    fputs(text, stdout);
    mem_free(text);
}

static int create_key(struct keys_call *call)
{
    const struct keys_options *o = call->options;
    struct access_key_spec spec = { .account = o->account,
                                    .policy_json = access_key_administrator };
    struct access_key key;
    int err;

    if (!is_account(spec.account))
        return complain("an account has 12 digits", o->account);
    if (o->session_minutes) {
        spec.session_minutes = parse_minutes(o->session_minutes);
        if (!spec.session_minutes)
            return complain("--session-minutes takes 1 to 2160", o->session_minutes);
    }
    if (o->policy_file) {
        spec.policy_json = read_policy(call->arena, o->policy_file);
        if (!spec.policy_json)
            return EXIT_FAILED;
    }
    access_key_make(&key, call->arena, &spec);
    err = access_key_add(call->store, &key);
    if (err)
        return complain_err("cannot write the key", err);
    print_key(&key);
    return 0;
}

static const char *time_text(struct arena *arena, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];

    return ms ? arena_strdup(arena, clock_format_s(text, ms)) : "-";
}

static const char *state_of(const struct access_key *key)
{
    if (!key->is_enabled)
        return "disabled";
    return key->expires_ms && key->expires_ms < clock_wall_ms() ? "expired" : "enabled";
}

static int list_keys(struct keys_call *call)
{
    struct access_key *keys;
    int count, err = access_key_list(call->store, call->arena, &keys, &count);

    if (err)
        return complain_err("cannot read the keys", err);
    printf("%-20s  %-12s  %-8s  %-20s  %-20s  %s\n", "ID", "ACCOUNT", "STATE", "CREATED",
           "LAST USED", "EXPIRES");
    for (int i = 0; i < count; i++)
        printf("%-20s  %-12s  %-8s  %-20s  %-20s  %s\n", keys[i].id, keys[i].account,
               state_of(&keys[i]), time_text(call->arena, keys[i].created_ms),
               time_text(call->arena, keys[i].last_used_ms),
               time_text(call->arena, keys[i].expires_ms));
    return 0;
}

static int answer(const char *id, int err)
{
    if (err == -ENOENT) {
        fprintf(stderr, "weir keys: there is no key %s\n", id);
        return EXIT_FAILED;
    }
    return err ? complain_err("cannot change the key", err) : 0;
}

static int disable_key(struct keys_call *call)
{
    const char *id = call->options->id;

    return answer(id, access_key_set_enabled(call->store, id, false));
}

static int enable_key(struct keys_call *call)
{
    const char *id = call->options->id;

    return answer(id, access_key_set_enabled(call->store, id, true));
}

static int delete_key(struct keys_call *call)
{
    const char *id = call->options->id;

    return answer(id, access_key_delete(call->store, id));
}

/* clang-format off */
static const struct verb {
    const char *name;
    bool takes_id;
    int (*run)(struct keys_call *call);
} verbs[] = {
    { "create",  false, create_key },
    { "list",    false, list_keys },
    { "disable", true,  disable_key },
    { "enable",  true,  enable_key },
    { "delete",  true,  delete_key },
};
/* clang-format on */

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (!strcmp(name, verbs[i].name))
            return &verbs[i];
    }
    return NULL;
}

static const char *from_environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

/* Where the value of that option goes; NULL if there is no such option. */
static const char **option_slot(struct keys_options *o, const char *name)
{
    const struct {
        const char *name;
        const char **slot;
    } slots[] = {
        { "--data", &o->data_dir },
        { "--store", &o->store_url },
        { "--account", &o->account },
        { "--policy", &o->policy_file },
        { "--session-minutes", &o->session_minutes },
    };

    for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
        if (!strcmp(name, slots[i].name))
            return slots[i].slot;
    }
    return NULL;
}

static int parse_options(struct keys_options *o, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char **slot = option_slot(o, argv[i]);

        if (slot && i + 1 == argc)
            return complain("a value is missing behind", argv[i]);
        if (slot)
            *slot = argv[++i];
        else if (argv[i][0] == '-' || o->id)
            return complain("unknown argument", argv[i]);
        else
            o->id = argv[i];
    }
    return 0;
}

static int open_and_run(const struct verb *verb, const struct keys_options *options)
{
    struct store_config config = { .data_dir = options->data_dir, .url = options->store_url };
    struct keys_call call = { .options = options };
    int status, err = data_dir_make(options->data_dir);

    if (!err)
        err = store_open(&call.store, &config);
    if (err)
        return complain_err(options->data_dir, err);
    call.arena = arena_create();
    status = verb->run(&call);
    arena_destroy(call.arena);
    store_close(call.store);
    return status;
}

int keys_main(int argc, char **argv)
{
    struct keys_options options = {
        .data_dir = from_environment("WEIR_DATA", "weir-data"),
        .store_url = from_environment("WEIR_STORE", NULL),
        .account = "000000000000",
    };
    const struct verb *verb = argc ? find_verb(argv[0]) : NULL;

    if (argc && (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))) {
        print_usage(stdout);
        return 0;
    }
    if (!verb) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (parse_options(&options, argc - 1, argv + 1))
        return EXIT_USAGE;
    if (options.store_url && !store_is_url(options.store_url))
        return complain("--store takes a URL like postgresql://host/database, not",
                        options.store_url);
    if (verb->takes_id != (options.id != NULL)) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    return open_and_run(verb, &options);
}
