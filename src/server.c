/* SPDX-License-Identifier: Apache-2.0 */
/* Threads, all started here:
 *
 *     main           starts and stops everything, waits for signals, asks the store how it is
 *     weir-loop-N    RTMP, HTTP, live streams, packaging, playlists
 *     weir-work-N    API operations and calls into the store
 *     weir-store     the one thread that writes to the database (started by the store itself)
 *     weir-srt       reads all SRT connections, only with --srt (started by ingest/srt_listener);
 *                    libsrt then has threads of its own: SRT:GC, and two for the port
 *
 * What every loop has its own of stands in struct node; what all share, in struct server. Stopping
 * goes: no new connections, broadcasts end, answers under way are finished, workers, loops, store.
 */
#include "server.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/quota.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "base/process_metrics.h"
#include "base/worker.h"
#include "buckets.h"
#include "certificate_names.h"
#include "config.h"
#include "deliver/hls_server.h"
#include "endpoints.h"
#include "ingest/rtmp_server.h"
#include "live/live_host.h"
#include "live/live_metrics.h"
#include "live/live_registry.h"
#include "machine_metrics.h"
#include "net/connection_limits.h"
#include "net/http_metrics.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_context.h"
#include "objects/object_store.h"
#include "site.h"
#include "srt_port.h"
#include "store/credentials.h"
#include "store/data_dir.h"
#include "store/store.h"
#include "transcode/capacity.h"
#include "web/web_pages.h"

#define WORKERS            64
#define CONNECTIONS_MAX    200000
#define CONNECTIONS_A_PEER 20000
#define DRAIN_MS           10000
#define MEASURE_MS         5000
#define DAY_MS             ((int64_t)24 * 3600 * 1000)
#define TAG                "weir"

/* What one loop has of its own. */
struct node {
    struct server *server;
    struct loop *loop;
    struct site *site;
    struct http_server *http;
    struct http_server *metrics;
    struct rtmp_server *rtmp;
    struct live_host *live;
};

struct port {
    const char *name;
    const char *scheme;
    const struct address *address;
    bool is_tls;
    void (*on_accept)(struct stream_socket *socket, void *ctx);
    struct listener *listener;
};

enum { PORT_HTTP, PORT_HTTPS, PORT_RTMP, PORT_RTMPS, PORT_METRICS, PORT_COUNT };

struct server {
    const struct config *config;
    int lock; /* of the data directory; -1: none */
    struct store *store;
    struct worker_pool *workers;
    struct live_registry *registry;
    struct hls_hub *hub;
    struct capacity *capacity;
    struct object_store *objects;
    struct api *api;
    struct tls_context *tls;
    struct connection_limits *limits;
    struct http_metrics *http_metrics;
    struct web_pages_config pages;
    struct machine_metrics machine;
    struct endpoints endpoints;
    struct quotas quotas;
    bool is_first_start;
    bool is_running;
    int64_t measured_ms;    /* monotonic, when accounts' use of quotas was looked up */
    int64_t certificate_ms; /* monotonic, when the certificate was read last */
    atomic_bool is_healthy;
    struct port ports[PORT_COUNT];
    struct srt_port *srt; /* NULL: off */
    struct loop **loops;
    struct node *nodes;
    int loop_count;

    pthread_mutex_t lock_drain; /* lock guards: undrained */
    pthread_cond_t drained;
    int undrained; /* HTTP servers that still answer somebody */
};

static void server_destroy(struct server *server);

/* --- connections find their protocol --- */

static struct node *node_here(struct server *server)
{
    return &server->nodes[loop_index(loop_current())];
}

static void on_http_accept(struct stream_socket *socket, void *ctx)
{
    http_server_accept(node_here(ctx)->http, socket);
}

static void on_rtmp_accept(struct stream_socket *socket, void *ctx)
{
    rtmp_server_adopt(node_here(ctx)->rtmp, socket, NULL, 0);
}

static void on_metrics_accept(struct stream_socket *socket, void *ctx)
{
    http_server_accept(node_here(ctx)->metrics, socket);
}

static void on_rtmp_among_http(struct stream_socket *socket, const uint8_t *first, size_t len,
                               void *ctx)
{
    struct node *node = ctx;

    rtmp_server_adopt(node->rtmp, socket, first, len);
}

/* --- starting, in order --- */

static int open_data(struct server *server)
{
    const struct config *config = server->config;
    struct store_config store = {
        .data_dir = config->data_dir,
        .url = *config->store_url ? config->store_url : NULL,
    };
    int err = data_dir_make(config->data_dir);

    if (!err)
        err = data_dir_lock(config->data_dir, &server->lock);
    if (err == -EBUSY) {
        log_error(TAG, "another server uses the data directory: path=%s", config->data_dir);
        return err;
    }
    if (!err) {
        err = store_open(&server->store, &store);
        if (err) {
            log_error(TAG, "store not usable: err=%s", err_str(err));
            return err;
        }
        err = credentials_make_first(server->store, config->data_dir, config->account,
                                     &server->is_first_start);
    }
    if (err)
        log_error(TAG, "data directory not usable: path=%s err=%s", config->data_dir, err_str(err));
    return err;
}

static void create_loops(struct server *server)
{
    int count = server->config->loops;

    if (!count)
        count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    server->loop_count = count > 0 ? count : 1;
    server->loops = mem_zalloc((size_t)server->loop_count * sizeof(*server->loops));
    server->nodes = mem_zalloc((size_t)server->loop_count * sizeof(*server->nodes));
    for (int i = 0; i < server->loop_count; i++) {
        server->loops[i] = loop_create(i);
        server->nodes[i].server = server;
        server->nodes[i].loop = server->loops[i];
    }
}

static int open_tls(struct server *server)
{
    const struct config *config = server->config;
    struct certificate_names names;
    struct tls_context_config tls = {
        .cert_file = *config->tls_cert ? config->tls_cert : NULL,
        .key_file = *config->tls_key ? config->tls_key : NULL,
        .dir = config->data_dir,
    };
    int err;

    if (!config->https.is_on && !config->rtmps.is_on && !tls.cert_file)
        return 0;
    certificate_names_init(&names, config);
    tls.names = names.items;
    tls.name_count = names.count;
    err = tls_context_create(&server->tls, &tls);
    certificate_names_clear(&names);
    if (err)
        log_error(TAG, "certificate not usable: cert=%s err=%s",
                  tls.cert_file ? tls.cert_file : "self-signed", err_str(err));
    return err;
}

static int open_port(struct server *server, struct port *port)
{
    struct listener_config config = {
        .host = port->address->host,
        .port = port->address->port,
        .tls = port->is_tls ? server->tls : NULL,
        .limits = server->limits,
    };
    struct listener_events events = { .on_accept = port->on_accept };
    int err;

    if (!port->address->is_on)
        return 0;
    err = listener_create(&port->listener, &config, server->loops, server->loop_count, &events,
                          server);
    if (err)
        log_error(TAG, "cannot listen: port=%s address=%s:%d err=%s", port->name,
                  port->address->host, port->address->port, err_str(err));
    return err;
}

static int open_ports(struct server *server)
{
    const struct config *config = server->config;
    const struct port ports[PORT_COUNT] = {
        [PORT_HTTP] = { "http", "http", &config->http, false, on_http_accept, NULL },
        [PORT_HTTPS] = { "https", "https", &config->https, true, on_http_accept, NULL },
        [PORT_RTMP] = { "rtmp", "rtmp", &config->rtmp, false, on_rtmp_accept, NULL },
        [PORT_RTMPS] = { "rtmps", "rtmps", &config->rtmps, true, on_rtmp_accept, NULL },
        [PORT_METRICS] = { "metrics", "http", &config->metrics, false, on_metrics_accept, NULL },
    };
    int err = 0;

    memcpy(server->ports, ports, sizeof(ports));
    server->limits = connection_limits_create(CONNECTIONS_MAX, CONNECTIONS_A_PEER);
    for (int i = 0; i < PORT_COUNT && !err; i++)
        err = open_port(server, &server->ports[i]);
    return err ? err : srt_port_open(&server->srt, config);
}

static int port_number(const struct server *server, int port)
{
    return server->ports[port].listener ? listener_port(server->ports[port].listener) : 0;
}

static void derive_endpoints(struct server *server)
{
    struct open_ports ports = {
        .http = port_number(server, PORT_HTTP),
        .https = port_number(server, PORT_HTTPS),
        .rtmp = port_number(server, PORT_RTMP),
        .rtmps = port_number(server, PORT_RTMPS),
        .srt = srt_port_number(server->srt),
    };

    endpoints_derive(&server->endpoints, server->config, &ports);
}

static int64_t count_viewers(const char *channel_arn, void *ctx)
{
    return hls_viewer_count(ctx, strrchr(channel_arn, '/') + 1);
}

static void create_services(struct server *server)
{
    const struct config *config = server->config;
    struct hls_config hls = {
        .public_url = *config->public_url ? server->endpoints.public_url : NULL,
        .node = *config->public_host ? config->public_host : "weir",
        .tells_publication = config->is_bench,
    };
    struct api_config api = {
        .store = server->store,
        .workers = NULL,
        .region = config->region,
        .playback_base = server->endpoints.public_url,
        .ingest_endpoint = server->endpoints.ingest,
        .objects = server->objects,
        .rtmp_url = server->endpoints.rtmp_url,
        .rtmps_url = server->endpoints.rtmps_url,
        .srt_endpoint = server->endpoints.srt,
        .is_unlimited = config->is_unlimited,
    };

    quotas_init(&server->quotas);
    for (size_t i = 0; i < config->quotas.count; i++)
        quotas_set(&server->quotas, config->quotas.items[i]);
    server->workers = worker_pool_create(WORKERS);
    server->registry = live_registry_create(server->quotas.values[QUOTA_CONCURRENT_STREAMS]);
    hls.max_views = server->quotas.values[QUOTA_CONCURRENT_VIEWS];
    server->hub = hls_hub_create(&hls, server->loops, server->loop_count);
    server->capacity = capacity_create(0);
    live_registry_count_with(server->registry, count_viewers, server->hub);
    process_metrics_register();
    server->machine = (struct machine_metrics){ server->capacity, server->limits };
    machine_metrics_register(&server->machine);
    live_metrics_register(server->registry);
    server->pages =
        (struct web_pages_config){ .region = config->region, .account = config->account };
    api.live = server->registry;
    api.workers = server->workers;
    api.quotas = server->quotas;
    server->api = api_create(&api);
    api_register_metrics(server->api);
}

static void create_node(struct server *server, struct node *node)
{
    struct site_config site = {
        .hls = hls_hub_server(server->hub, loop_index(node->loop)),
        .api = server->api,
        .pages = &server->pages,
        .is_healthy = &server->is_healthy,
    };
    struct live_host_config live = {
        .loop = node->loop,
        .workers = server->workers,
        .registry = server->registry,
        .store = server->store,
        .rtmps_url = server->endpoints.rtmps_url,
        .hub = server->hub,
        .capacity = server->capacity,
        .x264_preset = server->config->x264_preset,
        .max_takeovers = server->quotas.values[QUOTA_TAKEOVERS_PER_STREAM],
    };
    struct http_server_config http = {
        .handler = site_handler,
        .on_rtmp = on_rtmp_among_http,
        .rtmp_ctx = node,
    };
    struct http_server_config metrics = { .handler = site_metrics_handler };

    node->site = site_create(&site);
    node->live = live_host_create(&live);
    node->rtmp = rtmp_server_create(node->loop, &live_host_ingest_events, node->live);
    srt_port_add_loop(server->srt, loop_index(node->loop), server->loop_count, node->loop,
                      node->live);
    http.handler_ctx = node->site;
    metrics.handler_ctx = node->site;
    node->http = http_server_create(node->loop, &http);
    node->metrics = http_server_create(node->loop, &metrics);
}

static void create_nodes(struct server *server)
{
    struct http_server **servers =
        mem_alloc((size_t)server->loop_count * sizeof(struct http_server *));

    for (int i = 0; i < server->loop_count; i++) {
        create_node(server, &server->nodes[i]);
        servers[i] = server->nodes[i].http;
    }
    server->http_metrics = http_metrics_create(servers, (size_t)server->loop_count);
    mem_free(servers);
}

static int start_loops(struct server *server)
{
    struct srt_port_services srt = { server->store, server->registry, server->workers };
    int err = 0;

    create_nodes(server);
    for (int i = 0; i < server->loop_count && !err; i++)
        err = loop_start(server->loops[i]);
    if (!err)
        err = srt_port_start(server->srt, &srt);
    if (err)
        log_error(TAG, "cannot start a thread: err=%s", err_str(err));
    return err;
}

static void print_port(const struct port *port)
{
    const char *host;

    if (!port->listener)
        return;
    host = listener_host(port->listener);
    printf(strchr(host, ':') ? "%-9s%s://[%s]:%d\n" : "%-9s%s://%s:%d\n", port->name, port->scheme,
           host, listener_port(port->listener));
}

static void print_ready(const struct server *server)
{
    const struct config *config = server->config;

    for (int i = 0; i < PORT_COUNT; i++)
        print_port(&server->ports[i]);
    srt_port_print(server->srt);
    if (server->tls && !*config->tls_cert)
        printf("%-9s%s (for AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, curl --cacert)\n", "ca",
               tls_context_cert_file(server->tls));
    if (server->is_first_start)
        printf("%-9s%s/credentials has a new access key that may do everything\n", "key",
               config->data_dir);
    printf("%-9sAWS_SHARED_CREDENTIALS_FILE=%s/credentials aws ivs list-channels --endpoint-url %s "
           "--region %s\n",
           "try", config->data_dir, server->endpoints.api_url, config->region);
    fflush(stdout);
}

int server_start(struct server **out, const struct config *config)
{
    struct server *server = mem_zalloc(sizeof(*server));
    int err;

    server->config = config;
    server->lock = -1;
    pthread_mutex_init(&server->lock_drain, NULL);
    pthread_cond_init(&server->drained, NULL);
    atomic_init(&server->is_healthy, true);
    err = open_data(server);
    if (err)
        goto out;
    create_loops(server);
    err = open_tls(server);
    if (!err)
        err = open_ports(server);
    if (err)
        goto out;
    derive_endpoints(server);
    err = credentials_write_config(config->data_dir, config->region, server->endpoints.api_url);
    if (!err)
        err = buckets_open(&server->objects, config);
    if (err)
        goto out;
    create_services(server);
    err = start_loops(server);
    if (err)
        goto out;

    server->is_running = true;
    server->certificate_ms = clock_mono_ms();
    print_ready(server);
    *out = server;
    server = NULL;
out:
    server_destroy(server);
    return err;
}

/* --- stopping, in reverse --- */

static void count_drained(void *ctx)
{
    struct server *server = ctx;

    pthread_mutex_lock(&server->lock_drain);
    server->undrained--;
    pthread_cond_signal(&server->drained);
    pthread_mutex_unlock(&server->lock_drain);
}

static void drain_node(void *arg)
{
    struct node *node = arg;

    live_host_stop(node->live);
    http_server_drain(node->http, count_drained, node->server);
    http_server_drain(node->metrics, count_drained, node->server);
}

static void wait_drained(struct server *server)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DRAIN_MS / 1000;
    pthread_mutex_lock(&server->lock_drain);
    while (server->undrained > 0 &&
           pthread_cond_timedwait(&server->drained, &server->lock_drain, &until) == 0)
        ;
    if (server->undrained > 0)
        log_warn(TAG, "some answers were not finished in time");
    pthread_mutex_unlock(&server->lock_drain);
}

static void close_node(void *arg)
{
    struct node *node = arg;

    rtmp_server_destroy(node->rtmp);
    srt_port_close_loop(node->server->srt, loop_index(node->loop));
    http_server_destroy(node->http);
    http_server_destroy(node->metrics);
}

/* Answers under way get their time; what is live ends for its viewers. */
static void drain(struct server *server)
{
    server->undrained = 2 * server->loop_count;
    for (int i = 0; i < server->loop_count; i++)
        loop_post(server->loops[i], drain_node, &server->nodes[i]);
    wait_drained(server);
}

static void destroy_node(struct node *node)
{
    loop_destroy(node->loop);
    live_host_destroy(node->live);
    site_destroy(node->site);
}

static void destroy_loops(struct server *server)
{
    for (int i = 0; i < server->loop_count; i++) {
        loop_post(server->loops[i], close_node, &server->nodes[i]);
        loop_stop(server->loops[i]);
    }
    for (int i = 0; i < server->loop_count; i++)
        loop_join(server->loops[i]);
    for (int i = 0; i < server->loop_count; i++)
        destroy_node(&server->nodes[i]);
}

static void server_destroy(struct server *server)
{
    if (!server)
        return;
    for (int i = 0; i < PORT_COUNT; i++)
        if (server->ports[i].listener)
            listener_stop(server->ports[i].listener);
    srt_port_stop(server->srt);
    if (server->is_running)
        drain(server);
    if (server->objects)
        object_store_cancel(server->objects);
    if (server->hub)
        hls_hub_stop(server->hub);
    if (server->workers)
        worker_pool_stop(server->workers);
    srt_port_end(server->srt);
    metrics_clear(); /* what they ask goes with the loops */
    destroy_loops(server);
    http_metrics_destroy(server->http_metrics);
    for (int i = 0; i < PORT_COUNT; i++)
        listener_destroy(server->ports[i].listener);
    hls_hub_destroy(server->hub);
    api_destroy(server->api);
    object_store_destroy(server->objects);
    worker_pool_destroy(server->workers);
    srt_port_destroy(server->srt);
    live_registry_destroy(server->registry);
    capacity_destroy(server->capacity);
    connection_limits_destroy(server->limits);
    tls_context_destroy(server->tls);
    store_close(server->store);
    if (server->lock >= 0)
        close(server->lock);
    mem_free(server->nodes);
    mem_free(server->loops);
    pthread_cond_destroy(&server->drained);
    pthread_mutex_destroy(&server->lock_drain);
    mem_free(server);
}

void server_stop(struct server *server)
{
    server_destroy(server);
    log_info(TAG, "stopped");
}

/* --- while it runs --- */

void server_reload(struct server *server)
{
    int err = server->tls ? tls_context_reload(server->tls) : 0;

    server->certificate_ms = clock_mono_ms();
    if (err)
        log_error(TAG, "certificate not reloaded, the old one stays: err=%s", err_str(err));
    else
        log_info(TAG, "certificate reloaded");
}

void server_check(struct server *server)
{
    bool is_healthy = store_ping(server->store) == 0;

    if (is_healthy != atomic_exchange(&server->is_healthy, is_healthy))
        log_warn(TAG, is_healthy ? "the store answers again" : "the store does not answer");
    if (is_healthy && clock_mono_ms() - server->measured_ms >= MEASURE_MS) {
        server->measured_ms = clock_mono_ms();
        api_measure(server->api);
    }
    if (clock_mono_ms() - server->certificate_ms >= DAY_MS) /* it may have been renewed */
        server_reload(server);
}
