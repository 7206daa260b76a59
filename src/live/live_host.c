/* SPDX-License-Identifier: Apache-2.0 */
/* Every conversation between an encoder and its stream goes through send_to_stream() and
 * on_verdict(), whether both live on one loop or on two: addressed by id, so that whoever has
 * ended meanwhile is simply not found. */
#include "live/live_host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/worker.h"
#include "ingest/publish_query.h"
#include "live/bandwidth_probe.h"
#include "live/live_stream.h"
#include "live/multitrack_watch.h"
#include "live/publish_permit.h"
#include "media/packet.h"
#include "net/loop.h"

#define STREAM_KEY_MAX 256
#define CLAIM_TRIES    3 /* a session may end between being found and being asked */

/* An encoder of this loop. */
struct publisher {
    struct list node;
    uint64_t number;
    struct live_host *host;
    struct ingest *ingest;
    bool is_encrypted;
    struct publish_query query;
    struct bandwidth_probe *probe; /* NULL: it wants to go live */
    struct live_channel channel;
    struct multitrack_config tracks; /* none: it sends one */
    struct multitrack_watch watch;
    int tries;
    struct live_host *stream_host; /* NULL until its channel is claimed */
    char stream_id[LIVE_STREAM_ID_SIZE];
};

struct live_host {
    struct live_host_config config;
    struct list publishers;
    struct map *streams; /* stream id -> struct live_stream */
    uint64_t last_number;
    bool is_stopped;
};

static struct publisher *find_publisher(struct live_host *host, uint64_t number)
{
    LIST_EACH (node, &host->publishers) {
        struct publisher *publisher = LIST_ITEM(node, struct publisher, node);
        if (publisher->number == number)
            return publisher;
    }
    return NULL;
}

static void destroy_publisher(struct publisher *publisher)
{
    list_remove(&publisher->node);
    mem_free(publisher->probe);
    mem_free(publisher);
}

static void refuse(struct publisher *publisher, const char *reason)
{
    log_warn(ingest_tag(publisher->ingest), "publishing refused: reason=%s", reason);
    ingest_refuse(publisher->ingest, reason);
    destroy_publisher(publisher);
}

/* --- from an encoder to its stream --- */

enum message_kind { ATTACH, TRACKS, METADATA, TEXT, PACKET, FAULT, DETACH };

struct message {
    enum message_kind kind;
    struct live_host *host; /* the stream's */
    char stream_id[LIVE_STREAM_ID_SIZE];
    struct publisher_address from;
    int64_t priority;                /* ATTACH */
    struct multitrack_config tracks; /* TRACKS */
    const char *code;                /* FAULT; static */
    bool is_clean;                   /* DETACH */
    struct packet *packet;           /* PACKET: a reference */
    struct ingest_metadata metadata; /* METADATA */
    struct bytes *text;              /* TEXT: a reference */
};

static void claim_channel(struct publisher *publisher);

/* The session ended while the message was on its way: the channel is free to be claimed anew. */
static void claim_again(void *arg)
{
    struct publisher_address *to = arg;
    struct publisher *publisher = find_publisher(to->host, to->number);

    if (publisher)
        claim_channel(publisher);
    mem_free(to);
}

static void deliver(const struct message *message)
{
    struct live_stream *stream = map_get(message->host->streams, message->stream_id);

    if (!stream) {
        if (message->kind == ATTACH)
            loop_post(message->from.host->config.loop, claim_again,
                      mem_dup(&message->from, sizeof(message->from)));
        return;
    }
    switch (message->kind) {
    case ATTACH:
        live_stream_attach(stream, message->from, message->priority);
        break;
    case TRACKS:
        live_stream_tracks(stream, message->from, &message->tracks);
        break;
    case METADATA:
        live_stream_metadata(stream, message->from, &message->metadata);
        break;
    case TEXT:
        live_stream_text(stream, message->from, (const char *)message->text->data,
                         message->text->len);
        break;
    case PACKET:
        live_stream_packet(stream, message->from, message->packet);
        break;
    case FAULT:
        live_stream_fault(stream, message->from, message->code);
        break;
    case DETACH:
        live_stream_detach(stream, message->from, message->is_clean);
        break;
    }
}

static void deliver_posted(void *arg)
{
    struct message *message = arg;

    deliver(message);
    packet_unref(message->packet);
    bytes_unref(message->text);
    mem_free(message);
}

static void send_to_stream(struct publisher *publisher, struct message *message)
{
    message->host = publisher->stream_host;
    message->from = (struct publisher_address){ publisher->host, publisher->number };
    memcpy(message->stream_id, publisher->stream_id, sizeof(message->stream_id));
    if (message->host == publisher->host) {
        deliver(message);
        return;
    }
    if (message->packet)
        packet_ref(message->packet);
    if (message->text)
        bytes_ref(message->text);
    loop_post(message->host->config.loop, deliver_posted, mem_dup(message, sizeof(*message)));
}

/* --- from a stream to its encoder --- */

struct verdict {
    struct publisher_address to;
    enum publisher_verdict verdict;
    char reason[128];
};

static void apply_verdict(const struct verdict *v)
{
    struct publisher *publisher = find_publisher(v->to.host, v->to.number);

    if (!publisher)
        return;
    switch (v->verdict) {
    case PUBLISHER_ACCEPTED:
        ingest_accept(publisher->ingest);
        break;
    case PUBLISHER_REFUSED:
        refuse(publisher, v->reason);
        break;
    case PUBLISHER_CLOSED:
        ingest_close(publisher->ingest, v->reason);
        destroy_publisher(publisher);
        break;
    }
}

static void apply_posted_verdict(void *arg)
{
    apply_verdict(arg);
    mem_free(arg);
}

/* Always by message: a stream speaks while it works on a packet that came from this encoder. */
static void on_verdict(struct publisher_address publisher, enum publisher_verdict verdict,
                       const char *reason, void *ctx)
{
    struct verdict *v = mem_alloc(sizeof(*v));

    v->to = publisher;
    v->verdict = verdict;
    snprintf(v->reason, sizeof(v->reason), "%s", reason);
    loop_post(publisher.host->config.loop, apply_posted_verdict, v);
}

static void on_stream_end(struct live_stream *stream, void *ctx)
{
    struct live_host *host = ctx;

    map_remove(host->streams, live_stream_id(stream));
    live_stream_destroy(stream);
}

static const struct live_stream_events stream_events = {
    .on_verdict = on_verdict,
    .on_end = on_stream_end,
};

/* --- encoders that only want to know what gets across --- */

static void begin_probe(struct publisher *publisher)
{
    publisher->probe = mem_alloc(sizeof(*publisher->probe));
    bandwidth_probe_init(publisher->probe, clock_mono_ms());
    ingest_accept(publisher->ingest);
}

static void end_probe(struct publisher *publisher)
{
    char results[BANDWIDTH_PROBE_RESULTS];

    log_info(ingest_tag(publisher->ingest), "bandwidth test: channel=%s %s", publisher->channel.arn,
             bandwidth_probe_results(publisher->probe, results));
}

static void probe_packet(struct publisher *publisher, const struct packet *packet)
{
    char results[BANDWIDTH_PROBE_RESULTS], reason[BANDWIDTH_PROBE_RESULTS + 32];

    if (bandwidth_probe_add(publisher->probe, packet, clock_mono_ms()))
        return;
    end_probe(publisher);
    snprintf(reason, sizeof(reason), "The bandwidth test is over: %s",
             bandwidth_probe_results(publisher->probe, results));
    ingest_close(publisher->ingest, reason);
    destroy_publisher(publisher);
}

/* --- admission: key -> channel -> claim --- */

struct admission {
    struct live_host *host;
    uint64_t publisher_number;
    char stream_key[STREAM_KEY_MAX];
    char config_id[PUBLISH_CONFIG_ID_SIZE];
    struct publish_permit permit;
    int err;
};

/* The types with own renditions set their own keyframes. */
static int segment_s(const struct publisher *publisher)
{
    int seconds = publisher->query.keyframe_interval_s;

    if (!seconds || strncmp(publisher->channel.type, "ADVANCED", 8))
        return seconds;
    log_info(ingest_tag(publisher->ingest), "keyframeInterval has no effect: type=%s",
             publisher->channel.type);
    return 0;
}

static void create_stream(struct publisher *publisher)
{
    struct live_host *host = publisher->host;
    struct live_stream_config config = {
        .loop = host->config.loop,
        .registry = host->config.registry,
        .channel = &publisher->channel,
        .stream_id = publisher->stream_id,
        .segment_s = segment_s(publisher),
        .max_takeovers = host->config.max_takeovers,
        .hub = host->config.hub,
        .capacity = host->config.capacity,
        .x264_preset = host->config.x264_preset,
    };

    map_put(host->streams, publisher->stream_id, live_stream_create(&config, &stream_events, host));
}

static void claim_channel(struct publisher *publisher)
{
    struct live_host *host = publisher->host;
    struct live_host *owner = host;
    int err;

    if (++publisher->tries > CLAIM_TRIES) {
        refuse(publisher, "The channel is busy, try again");
        return;
    }
    err = live_claim(host->config.registry, publisher->channel.arn, &owner, publisher->stream_id);
    if (err == -EDQUOT) {
        refuse(publisher, "The limit of concurrent streams is reached");
        return;
    }
    publisher->stream_host = owner;
    if (!err)
        create_stream(publisher);
    send_to_stream(publisher,
                   &(struct message){ .kind = ATTACH, .priority = publisher->query.priority });
    send_to_stream(publisher, &(struct message){ .kind = TRACKS, .tracks = publisher->tracks });
}

static void admit(struct publisher *publisher, const struct admission *admission)
{
    const struct publish_permit *permit = &admission->permit;
    char reason[256];

    if (admission->err == -ENOENT || admission->err == -EACCES) {
        refuse(publisher,
               admission->err == -ENOENT ? "The stream key is not valid" : permit->refusal);
        return;
    }
    if (admission->err) {
        log_error(ingest_tag(publisher->ingest), "stream key not checked: err=%s",
                  err_str(admission->err));
        refuse(publisher, "The server cannot check stream keys now, try again");
        return;
    }
    publisher->channel = permit->channel;
    publisher->tracks = permit->tracks;
    multitrack_watch_init(&publisher->watch, &permit->tracks, permit->channel.takes_multitrack);
    if (permit->tracks.count) /* of which codec each must be, the watch knows */
        ingest_take_hevc(publisher->ingest);
    if (!publisher->is_encrypted && !permit->channel.allows_insecure_ingest) {
        snprintf(reason, sizeof(reason),
                 "This channel takes encrypted ingest only: publish to %s, or set insecureIngest",
                 publisher->host->config.rtmps_url);
        refuse(publisher, reason);
        return;
    }
    if (publisher->query.keyframe_interval_s == PUBLISH_INVALID)
        refuse(publisher, "keyframeInterval must be a whole number from 2 to 6");
    else if (publisher->query.is_bandwidth_test)
        begin_probe(publisher);
    else
        claim_channel(publisher);
}

static void finish_admission(void *arg)
{
    struct admission *admission = arg;
    struct publisher *publisher = find_publisher(admission->host, admission->publisher_number);

    if (publisher) /* else it left meanwhile */
        admit(publisher, admission);
    explicit_bzero(admission->stream_key, sizeof(admission->stream_key));
    mem_free(admission);
}

/* Worker thread. */
static void look_up_key(void *arg)
{
    struct admission *admission = arg;
    const struct live_host_config *config = &admission->host->config;

    admission->err = publish_permit_find(&admission->permit, config->store, admission->stream_key,
                                         admission->config_id);
    loop_post(config->loop, finish_admission, admission);
}

/* --- an encoder's life: publish, metadata, packets, end --- */

static void on_publish(struct ingest *ingest, const struct ingest_offer *offer, void *ctx)
{
    struct live_host *host = ctx;
    struct publisher *publisher;
    struct admission *admission;

    if (host->is_stopped || strlen(offer->stream_key) >= STREAM_KEY_MAX) {
        ingest_refuse(ingest, host->is_stopped ? "The server is shutting down"
                                               : "The stream key is not valid");
        return;
    }
    publisher = mem_zalloc(sizeof(*publisher));
    publisher->number = ++host->last_number;
    publisher->host = host;
    publisher->ingest = ingest;
    publisher->is_encrypted = offer->is_encrypted;
    publish_query_parse(&publisher->query, offer->query);
    list_append(&host->publishers, &publisher->node);
    ingest_set_ctx(ingest, publisher);

    admission = mem_zalloc(sizeof(*admission));
    admission->host = host;
    admission->publisher_number = publisher->number;
    memcpy(admission->stream_key, offer->stream_key, strlen(offer->stream_key));
    memcpy(admission->config_id, publisher->query.client_config_id, sizeof(admission->config_id));
    worker_submit(host->config.workers, look_up_key, admission);
}

static void on_metadata(struct ingest *ingest, const struct ingest_metadata *metadata, void *ctx)
{
    struct message message = { .kind = METADATA, .metadata = *metadata };
    struct publisher *publisher = ctx;

    if (!publisher->probe)
        send_to_stream(publisher, &message);
}

static void on_timed_metadata(struct ingest *ingest, const char *text, size_t len, int64_t pts,
                              void *ctx)
{
    struct message message = { .kind = TEXT, .text = bytes_copy(text, len) };
    struct publisher *publisher = ctx;

    if (!publisher->probe)
        send_to_stream(publisher, &message);
    bytes_unref(message.text);
}

/* It sends something else than it was told to: neither it nor its stream goes on. */
static void end_with_fault(struct publisher *publisher, const struct multitrack_fault *fault)
{
    struct message message = { .kind = FAULT, .code = fault->code };
    char reason[160];

    log_warn(ingest_tag(publisher->ingest), "multitrack input ended: stream=%s code=%s reason=%s",
             publisher->stream_id, fault->code, fault->detail);
    snprintf(reason, sizeof(reason), "%s: %s", fault->code, fault->detail);
    if (publisher->stream_host) /* not for a bandwidth test */
        send_to_stream(publisher, &message);
    ingest_refuse(publisher->ingest, reason);
    destroy_publisher(publisher);
}

static void on_packet(struct ingest *ingest, struct packet *packet, void *ctx)
{
    struct message message = { .kind = PACKET, .packet = packet };
    struct publisher *publisher = ctx;
    struct multitrack_fault fault;

    if (!multitrack_watch_allow(&publisher->watch, packet, &fault))
        end_with_fault(publisher, &fault);
    else if (publisher->probe)
        probe_packet(publisher, packet);
    else
        send_to_stream(publisher, &message);
}

static void on_ingest_end(struct ingest *ingest, bool is_clean, void *ctx)
{
    struct publisher *publisher = ctx;
    struct message message = { .kind = DETACH, .is_clean = is_clean };

    if (publisher->probe)
        end_probe(publisher);
    else if (publisher->stream_host)
        send_to_stream(publisher, &message);
    destroy_publisher(publisher);
}

const struct ingest_events live_host_ingest_events = {
    .on_publish = on_publish,
    .on_metadata = on_metadata,
    .on_timed_metadata = on_timed_metadata,
    .on_packet = on_packet,
    .on_end = on_ingest_end,
};

/* --- the host itself --- */

struct stop_request {
    struct live_host *host;
    char stream_id[LIVE_STREAM_ID_SIZE];
};

static void stop_stream(void *arg)
{
    struct stop_request *request = arg;
    struct live_stream *stream = map_get(request->host->streams, request->stream_id);

    if (stream)
        live_stream_stop(stream, "The stream was stopped through the API");
    mem_free(request);
}

void live_host_stop_stream(struct live_host *host, const char *stream_id)
{
    struct stop_request *request = mem_alloc(sizeof(*request));

    request->host = host;
    snprintf(request->stream_id, sizeof(request->stream_id), "%s", stream_id);
    loop_post(host->config.loop, stop_stream, request);
}

struct live_host *live_host_create(const struct live_host_config *config)
{
    struct live_host *host = mem_zalloc(sizeof(*host));

    host->config = *config;
    host->streams = map_create();
    list_init(&host->publishers);
    return host;
}

void live_host_stop(struct live_host *host)
{
    struct live_stream *stream;
    size_t cursor = 0;

    host->is_stopped = true;
    while ((stream = map_next(host->streams, &cursor, NULL))) {
        live_stream_stop(stream, "The server is shutting down");
        cursor = 0; /* the map has changed */
    }
    LIST_EACH (node, &host->publishers) {
        struct publisher *publisher = LIST_ITEM(node, struct publisher, node);
        ingest_close(publisher->ingest, "The server is shutting down");
        destroy_publisher(publisher);
    }
}

void live_host_destroy(struct live_host *host)
{
    if (!host)
        return;
    map_destroy(host->streams);
    mem_free(host);
}
