/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/quota.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "objects/s3_request.h"
#include "store/store.h"

#define HOST_MAX 254
#define URL_MAX  256

enum setting_type { STRING, ADDRESS, NUMBER, FLAG, CHOICE, LIST };

struct setting {
    const char *name; /* the option without "--", and the key in a file */
    enum setting_type type;
    size_t offset;
    const char *initial;
    const char *value_name; /* in --help */
    const char *help;
    const char *env;
    int min, max;                   /* NUMBER */
    const char *const *one_of;      /* CHOICE: value i is i */
    bool (*is_valid)(const char *); /* STRING, LIST; NULL: anything */
    bool is_hidden;
};

static bool is_region(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= 32 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool is_account(const char *text)
{
    return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

static bool is_something(const char *text)
{
    return *text != '\0';
}

/* What a host may be written with, IPv6 addresses included. */
static size_t host_len(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]");
}

static bool is_host(const char *text)
{
    return strlen(text) < HOST_MAX && !text[host_len(text)];
}

/* http[s]://host[:port][/path]: names of files are put behind it. */
static bool is_url(const char *text)
{
    const char *host = strstr(text, "://");
    size_t len;

    if (!*text)
        return true;
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        return false;
    host += 3;
    len = host_len(host);
    return len && strlen(text) < URL_MAX && (!host[len] || host[len] == '/') &&
           !strpbrk(host, "?#\"\\ \t\r\n");
}

static bool is_s3_endpoint(const char *text)
{
    struct arena *arena = arena_create();
    struct s3_endpoint endpoint;
    bool is_one = strcmp(text, "off") == 0 || s3_endpoint_parse(&endpoint, arena, text) == 0;

    arena_destroy(arena);
    return is_one;
}

static bool is_x264_preset(const char *text)
{
    static const char *const names[] = { "ultrafast", "superfast", "veryfast", "faster",
                                         "fast",      "medium",    "slow" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], text) == 0)
            return true;
    return false;
}

static bool is_quota(const char *text)
{
    struct quotas quotas;

    return !*text || quotas_set(&quotas, text) == 0;
}

static const char *const policy_modes[] = { "auto", "on", "off", NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };

#define AT(member) offsetof(struct config, member)

/* clang-format off */
static const struct setting settings[] = {
    { "data", STRING, AT(data_dir), "./weir-data", "DIR", "database, credentials, buckets, upload spool", "WEIR_DATA", .is_valid = is_something },
    { "http", ADDRESS, AT(http), "127.0.0.1:8080", "ADDR:PORT", "API, playback, pages and metrics in clear (HTTP/1.1, h2c)", "WEIR_HTTP" },
    { "https", ADDRESS, AT(https), "127.0.0.1:8443", "ADDR:PORT", "the same over TLS; takes RTMPS as well" },
    { "tls-cert", STRING, AT(tls_cert), "", "FILE", "certificate chain (PEM); reloaded on SIGHUP; default: self-signed" },
    { "tls-key", STRING, AT(tls_key), "", "FILE", "its private key (PEM)" },
    { "rtmp", ADDRESS, AT(rtmp), "127.0.0.1:1935", "ADDR:PORT", "RTMP ingest, for channels with insecureIngest" },
    { "rtmps", ADDRESS, AT(rtmps), "127.0.0.1:4443", "ADDR:PORT", "RTMPS ingest" },
    { "srt", ADDRESS, AT(srt), "off", "ADDR:PORT", "SRT ingest (UDP)" },
    { "srt-latency", NUMBER, AT(srt_latency_ms), "120", "MS", "time for lost SRT packets to be sent again; encoders may ask for more", .min = 20, .max = 8000 },
    { "public-url", STRING, AT(public_url), "", "URL", "base of playback URLs; default: the https listener when --tls-cert is given, else http", .is_valid = is_url },
    { "public-host", STRING, AT(public_host), "", "NAME", "host name of the ingest endpoints; default: the bound address", .is_valid = is_host },
    { "quota", LIST, AT(quotas), "", "NAME=N", "changes a resource quota; repeatable", .is_valid = is_quota },
    { "metrics", ADDRESS, AT(metrics), "off", "ADDR:PORT", "a listener for /metrics alone; otherwise loopback clients get it on --http" },
    { "region", STRING, AT(region), "us-west-2", "NAME", "region of ARNs and signatures", .is_valid = is_region },
    { "account", STRING, AT(account), "000000000000", "ID", "account of the first access key: 12 digits", .is_valid = is_account },
    { "store", STRING, AT(store_url), "", "URL", "postgresql://... for several nodes; default: SQLite in the data directory", "WEIR_STORE", .is_valid = store_is_url },
    { "s3-endpoint", STRING, AT(s3_endpoint), "off", "URL", "S3 service that holds the buckets, used with the AWS_* variables; off: folders in the data directory", .is_valid = is_s3_endpoint },
    { "s3-bucket-policy", CHOICE, AT(s3_bucket_policy), "auto", "auto|on|off", "storage configurations have a statement in their bucket's policy; auto: at AWS", .one_of = policy_modes },
    { "loops", NUMBER, AT(loops), "0", "N", "event loops; 0: one per core", .min = 0, .max = 256 },
    { "unlimited", FLAG, AT(is_unlimited), "no", NULL, "no throttling of API calls (quotas on resources stay)" },
    { "x264-preset", STRING, AT(x264_preset), "superfast", "NAME", "speed of transcoding: ultrafast to slow", .is_valid = is_x264_preset },
    { "log-format", CHOICE, AT(log_format), "text", "text|json", "form of the log on standard error", .one_of = log_formats },
    { "log-level", CHOICE, AT(log_level), "info", "LEVEL", "debug, info, warn or error", .one_of = log_levels },
    { "bench", FLAG, AT(is_bench), "no", NULL, "", .is_hidden = true },
};
/* clang-format on */

#define CONFIG_OPTION "config"

int address_parse(struct address *out, const char *text)
{
    const char *colon = strrchr(text, ':');
    struct in6_addr ignored;
    char *end;
    long port;
    size_t len;

    *out = (struct address){ 0 };
    if (strcmp(text, "off") == 0)
        return 0;
    if (!colon || !isdigit((unsigned char)colon[1]))
        return -EINVAL;
    port = strtol(colon + 1, &end, 10);
    if (*end || port > 65535)
        return -EINVAL;
    len = (size_t)(colon - text);
    if (len > 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof(out->host))
        return -EINVAL;
    memcpy(out->host, text, len);
    if (inet_pton(AF_INET, out->host, &ignored) != 1 &&
        inet_pton(AF_INET6, out->host, &ignored) != 1)
        return -EINVAL;
    out->port = (int)port;
    out->is_on = true;
    return 0;
}

static int set_string(const struct setting *setting, char **member, const char *text)
{
    if (setting->is_valid && !setting->is_valid(text))
        return -EINVAL;
    mem_free(*member);
    *member = mem_strdup(text);
    return 0;
}

static int set_number(const struct setting *setting, int *member, const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end || value < setting->min || value > setting->max)
        return -EINVAL;
    *member = (int)value;
    return 0;
}

static int set_flag(bool *member, const char *text)
{
    *member = strcmp(text, "yes") == 0;
    return *member || strcmp(text, "no") == 0 ? 0 : -EINVAL;
}

static int set_choice(const struct setting *setting, void *member, const char *text)
{
    for (int i = 0; setting->one_of[i]; i++) {
        if (strcmp(setting->one_of[i], text) == 0) {
            memcpy(member, &i, sizeof(i)); /* an enum of any name */
            return 0;
        }
    }
    return -EINVAL;
}

static int add_item(const struct setting *setting, struct string_list *list, const char *text)
{
    if (setting->is_valid && !setting->is_valid(text))
        return -EINVAL;
    if (!*text)
        return 0;
    list->items = mem_realloc(list->items, (list->count + 1) * sizeof(*list->items));
    list->items[list->count++] = mem_strdup(text);
    return 0;
}

static int set(struct config *config, const struct setting *setting, const char *text)
{
    void *member = (char *)config + setting->offset;

    switch (setting->type) {
    case STRING:
        return set_string(setting, member, text);
    case ADDRESS:
        return address_parse(member, text);
    case NUMBER:
        return set_number(setting, member, text);
    case FLAG:
        return set_flag(member, text);
    case CHOICE:
        return set_choice(setting, member, text);
    case LIST:
        return add_item(setting, member, text);
    }
    return -EINVAL;
}

static const struct setting *find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strlen(settings[i].name) == len && strncmp(settings[i].name, name, len) == 0)
            return &settings[i];
    return NULL;
}

struct loading {
    struct config *config;
    char *message;
    size_t size;
};

static int set_or_tell(struct loading *l, const struct setting *setting, const char *source,
                       const char *text)
{
    int err = set(l->config, setting, text);

    if (err)
        snprintf(l->message, l->size, "%s%s: '%s' is not a valid %s", source, setting->name, text,
                 setting->value_name ? setting->value_name : "yes or no");
    return err;
}

static int load_defaults(struct loading *l)
{
    int err = 0;

    for (size_t i = 0; i < ARRAY_LEN(settings) && !err; i++)
        err = set_or_tell(l, &settings[i], "default of ", settings[i].initial);
    return err;
}

static int load_environment(struct loading *l)
{
    int err = 0;

    for (size_t i = 0; i < ARRAY_LEN(settings) && !err; i++) {
        const char *value = settings[i].env ? getenv(settings[i].env) : NULL;
        if (value)
            err = set_or_tell(l, &settings[i], "environment, ", value);
    }
    return err;
}

static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t");
    end = text + strlen(text);
    while (end > text && strchr(" \t\r\n", end[-1]))
        *--end = '\0';
    return text;
}

/* key = value; '#' starts a comment line. */
static int load_line(struct loading *l, const char *path, int number, char *line)
{
    char place[PATH_MAX + 16];
    const struct setting *setting;
    char *equals, *key;

    snprintf(place, sizeof(place), "%s:%d: ", path, number);
    line = trim(line);
    if (!*line || *line == '#')
        return 0;
    equals = strchr(line, '=');
    if (equals)
        *equals = '\0';
    key = trim(line);
    setting = find(key, strlen(key));
    if (!equals || !setting) {
        snprintf(l->message, l->size, "%s%s '%s'", place,
                 equals ? "unknown setting" : "expected key = value, found", key);
        return -EINVAL;
    }
    return set_or_tell(l, setting, place, trim(equals + 1));
}

static int load_file(struct loading *l, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[4096];
    int err = 0;

    if (!file) {
        snprintf(l->message, l->size, "--config %s: %s", path, err_str(-errno));
        return -EINVAL;
    }
    for (int number = 1; !err && fgets(line, sizeof(line), file); number++)
        err = load_line(l, path, number, line);
    if (!err && ferror(file)) { /* a folder, for one */
        snprintf(l->message, l->size, "--config %s: %s", path, err_str(-errno));
        err = -EINVAL;
    }
    fclose(file);
    return err;
}

/* One option of the command line and where its value stands. */
struct option {
    const char *name;
    size_t name_len;
    const char *value; /* NULL: none was given */
};

/* Accepts "--name value" and "--name=value"; `*i` moves to the last argument used. */
static int next_option(struct loading *l, struct option *option, int argc, char **argv, int *i)
{
    const char *arg = argv[*i];
    const struct setting *setting;
    const char *equals;

    if (strncmp(arg, "--", 2) != 0 || !arg[2]) {
        snprintf(l->message, l->size, "unexpected argument '%s'", arg);
        return -EINVAL;
    }
    equals = strchr(arg, '=');
    option->name = arg + 2;
    option->name_len = equals ? (size_t)(equals - option->name) : strlen(option->name);
    option->value = equals ? equals + 1 : NULL;
    setting = find(option->name, option->name_len);
    if (!option->value && setting && setting->type == FLAG)
        option->value = "yes";
    if (!option->value && *i + 1 < argc)
        option->value = argv[++*i];
    return 0;
}

static int load_option(struct loading *l, const struct option *option)
{
    const struct setting *setting = find(option->name, option->name_len);

    if (!setting) {
        snprintf(l->message, l->size, "unknown option '--%.*s'", (int)option->name_len,
                 option->name);
        return -EINVAL;
    }
    if (!option->value) {
        snprintf(l->message, l->size, "--%s needs a value", setting->name);
        return -EINVAL;
    }
    return set_or_tell(l, setting, "--", option->value);
}

static bool is_config_option(const struct option *option)
{
    return option->name_len == strlen(CONFIG_OPTION) &&
           strncmp(option->name, CONFIG_OPTION, option->name_len) == 0;
}

/* Two passes over the same arguments: first for --config alone, since the file ranks lower. */
static int load_arguments(struct loading *l, int argc, char **argv, bool is_config_pass)
{
    struct option option;
    int err = 0;

    for (int i = 0; i < argc && !err; i++) {
        err = next_option(l, &option, argc, argv, &i);
        if (err)
            break;
        if (!is_config_option(&option)) {
            if (!is_config_pass)
                err = load_option(l, &option);
        } else if (!option.value) {
            snprintf(l->message, l->size, "--config needs a value");
            err = -EINVAL;
        } else if (is_config_pass) {
            err = load_file(l, option.value);
        }
    }
    return err;
}

static int check_combinations(struct loading *l)
{
    struct config *config = l->config;

    if (!*config->tls_cert != !*config->tls_key) {
        snprintf(l->message, l->size, "--tls-cert and --tls-key go together");
        return -EINVAL;
    }
    if (!config->http.is_on && !config->https.is_on) {
        snprintf(l->message, l->size, "--http and --https are both off: nobody could be served");
        return -EINVAL;
    }
    return 0;
}

int config_load(struct config *config, int argc, char **argv, char *message, size_t size)
{
    struct loading l = { .config = config, .message = message, .size = size };
    int err;

    *config = (struct config){ 0 };
    err = load_defaults(&l);
    if (!err)
        err = load_arguments(&l, argc, argv, true);
    if (!err)
        err = load_environment(&l);
    if (!err)
        err = load_arguments(&l, argc, argv, false);
    if (!err)
        err = check_combinations(&l);
    return err;
}

void config_clear(struct config *config)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (settings[i].type == STRING)
            mem_free(*(char **)((char *)config + settings[i].offset));
    for (size_t i = 0; i < config->quotas.count; i++)
        mem_free(config->quotas.items[i]);
    mem_free(config->quotas.items);
    *config = (struct config){ 0 };
}

static void print_setting(const struct setting *setting)
{
    char left[64];

    snprintf(left, sizeof(left), "--%s %s", setting->name,
             setting->value_name ? setting->value_name : "");
    printf("  %-24s %s", left, setting->help);
    if (setting->env)
        printf(" [%s]", setting->env);
    if (*setting->initial && setting->type != FLAG)
        printf(" (default %s)", setting->initial);
    printf("\n");
}

void config_print_help(void)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (!settings[i].is_hidden)
            print_setting(&settings[i]);
    printf("  %-24s %s\n", "--config FILE", "the same names, one 'key = value' per line");
    printf("\nquotas:");
    for (int i = 0; i < QUOTA_COUNT; i++)
        printf(" %s", quota_name(i));
    printf("\n\nADDR:PORT may be 'off'; port 0 takes a free one, printed at the start.\n");
}
