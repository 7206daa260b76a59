/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of `weir serve`, from one table: name, type, default, limits, help line. A setting
 * is taken from the command line, else its environment variable, else the file named by --config,
 * else its default. Thread: read-only once loaded. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "objects/s3_store.h"

struct address {
    bool is_on;    /* false: "off" */
    char host[64]; /* without brackets */
    int port;      /* 0: any free one */
};

struct string_list {
    char **items;
    size_t count;
};

struct config {
    char *data_dir;
    struct address http, https, rtmp, rtmps, srt, metrics;
    int srt_latency_ms;
    char *tls_cert, *tls_key;  /* both or none */
    char *public_url;          /* "": derived from the listeners */
    char *public_host;         /* "": the bound address */
    struct string_list quotas; /* NAME=N */
    char *region, *account;
    char *store_url;   /* "": SQLite in the data directory */
    char *s3_endpoint; /* "off": buckets are folders */
    enum s3_policies s3_bucket_policy;
    int loops; /* 0: number of cores */
    bool is_unlimited;
    char *x264_preset;
    enum log_format log_format;
    enum log_level log_level;
    bool is_bench; /* adds the time of publication to answers */
};

/* Fills `config` from the arguments behind `weir serve`. On failure -EINVAL, and `message` says in
 * one line what is wrong with which setting. */
int config_load(struct config *config, int argc, char **argv, char *message, size_t size);
void config_clear(struct config *config);
/* The option list of --help, to standard output. */
void config_print_help(void);
/* `text` as ADDR:PORT, [ADDR]:PORT or "off". -EINVAL. */
int address_parse(struct address *out, const char *text);

#endif
