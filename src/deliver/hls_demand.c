/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   hls_demand_make() --> judge --+--> answered
 *                           ^     +--> waiting ---- the rendition changed --> judge again
 *                           |     +--> followers -- part by part ----------> answered
 *                           '-- hls_demands_meet()
 *
 * Ten thousand players wait for the same part, so a parked demand is small and all are answered in
 * one sweep. Loops see an event at slightly different times: a player may ask this one for what
 * another has already told of, hence the tolerance in what counts as still to come. */
#include "deliver/hls_demand.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "deliver/deliver_internal.h"
#include "deliver/hls_reply.h"
#include "deliver/hls_stream.h"
#include "deliver/reload_rule.h"
#include "media/packet.h"
#include "media/playlist.h"
#include "media/segment.h"
#include "net/http_server.h"

#define PARTS_AHEAD      8 /* beyond the hinted one */
#define SEGMENTS_AHEAD   3 /* the one in production is 0 */
#define PATIENCE_TARGETS 3 /* draft-pantos-hls-rfc8216bis 6.2.5.2 */
#define CACHE_TARGETS    6

enum outcome {
    ANSWERED,
    WAIT,
    FOLLOW, /* the segment is in production */
};

struct parked {
    struct list node; /* in waiting or followers */
    struct hls_demand demand;
    int64_t deadline_ms; /* of one that waits */
    int sent;            /* parts of the segment that a follower has */
};

static bool has_ended(const struct hls_rendition *r)
{
    return r->set->is_ended;
}

/* Plain playlists: half a part, or half a target duration where there are no parts. */
static int plain_age_s(const struct stream_info *info)
{
    if (info->latency == LATENCY_NORMAL)
        return info->target_duration_s / 2;
    return (int)((info->part_target / 2 + MEDIA_TIMESCALE / 2) / MEDIA_TIMESCALE);
}

static enum outcome send_playlist(const struct hls_demand *d)
{
    struct hls_rendition *r = d->rendition;
    const struct stream_info *info = r->stream->info;
    bool tells_publication = r->stream->server->hub->config.tells_publication;
    struct hls_playlist_reply reply = {
        .text = hls_rendition_playlist(r, d->is_delta, d->accepts_gzip),
        .is_gzip = d->accepts_gzip,
        .max_age_s = d->is_blocking ? CACHE_TARGETS * info->target_duration_s : plain_age_s(info),
        .published_us = tells_publication ? r->window.newest_us : 0,
    };

    hls_reply_playlist(d->exchange, &reply);
    return ANSWERED;
}

static enum outcome refuse(const struct hls_demand *d, enum hls_refusal refusal)
{
    hls_refuse(d->exchange, refusal);
    return ANSWERED;
}

static enum outcome judge_playlist(const struct hls_demand *d)
{
    const struct hls_rendition *r = d->rendition;

    if (has_ended(r)) /* 6.2.5.2: the directives mean nothing then */
        return r->window.count > r->window.listed ? send_playlist(d) : refuse(d, HLS_NOT_FOUND);
    switch (reload_rule(&r->window, d->number, d->part, r->stream->info->part_target)) {
    case RELOAD_READY:
        return send_playlist(d);
    case RELOAD_TOO_FAR:
        return refuse(d, HLS_BAD_REQUEST);
    case RELOAD_WAIT:
        break;
    }
    return WAIT;
}

static const char *type_of(const struct hls_rendition *r)
{
    if (r->stream->info->container == CONTAINER_TS)
        return "video/mp2t";
    return r->about->is_audio_only ? "audio/mp4" : "video/mp4";
}

static enum outcome send_bytes(const struct hls_demand *d, struct bytes *bytes)
{
    struct slice piece = slice_of(bytes);

    hls_reply_media(d->exchange, type_of(d->rendition), &piece, 1);
    return ANSWERED;
}

/* For what is not there: whether it may still come. `next` is the number of the one to come. */
static enum outcome wait_within(const struct hls_demand *d, int64_t next, int ahead)
{
    if (has_ended(d->rendition) || d->number < next || d->number > next + ahead)
        return refuse(d, HLS_NOT_FOUND);
    return WAIT;
}

static enum outcome judge_part(const struct hls_demand *d)
{
    const struct segment_window *w = &d->rendition->window;
    struct part *part = segment_window_find_part(w, d->number);

    if (!part)
        return wait_within(d, w->next_part, PARTS_AHEAD);
    return part->data ? send_bytes(d, part->data) : refuse(d, HLS_NOT_FOUND);
}

static enum outcome judge_init(const struct hls_demand *d)
{
    const struct segment_window *w = &d->rendition->window;
    struct bytes *init = segment_window_find_init(w, d->number);

    return init ? send_bytes(d, init) : wait_within(d, segment_window_last_init(w) + 1, 0);
}

static struct slice *room_for(const struct segment *segment)
{
    return mem_alloc(((size_t)segment->part_count + 1) * sizeof(struct slice));
}

static enum outcome send_segment(const struct hls_demand *d, struct segment *segment)
{
    bool is_tls = http_exchange_request(d->exchange)->is_tls;
    struct bytes *file = is_tls ? NULL : segment_in_file(segment);
    struct slice *slices;

    if (file)
        return send_bytes(d, file);
    slices = room_for(segment);
    hls_reply_media(d->exchange, type_of(d->rendition), slices, segment_slices(segment, 0, slices));
    mem_free(slices);
    return ANSWERED;
}

static enum outcome judge_segment(const struct hls_demand *d)
{
    const struct segment_window *w = &d->rendition->window;
    struct segment *whole = segment_window_find(w, d->number);

    if (whole)
        return whole->is_gap ? refuse(d, HLS_NOT_FOUND) : send_segment(d, whole);
    if (w->growing && w->growing->number == d->number)
        return FOLLOW;
    return wait_within(d, w->next_segment, SEGMENTS_AHEAD);
}

static enum outcome judge(const struct hls_demand *d)
{
    switch (d->resource) {
    case HLS_SEGMENT:
        return judge_segment(d);
    case HLS_PART:
        return judge_part(d);
    case HLS_INIT:
        return judge_init(d);
    default:
        return judge_playlist(d);
    }
}

/* Sends what a follower does not have yet of `segment`. */
static void catch_up(struct parked *parked, const struct segment *segment)
{
    struct slice *slices = room_for(segment);
    size_t count = segment_slices(segment, parked->sent, slices);

    parked->sent = segment->part_count;
    if (count)
        http_respond_piece(parked->demand.exchange, slices, count);
    mem_free(slices);
}

static void begin_following(struct parked *parked)
{
    struct hls_rendition *r = parked->demand.rendition;

    hls_reply_media_start(parked->demand.exchange, type_of(r));
    list_append(&r->followers, &parked->node);
    catch_up(parked, r->window.growing);
}

static void end_following(struct parked *parked)
{
    list_remove(&parked->node);
    http_exchange_on_gone(parked->demand.exchange, NULL, NULL);
    http_respond_end(parked->demand.exchange);
    mem_free(parked);
}

static void on_gone(void *ctx)
{
    struct parked *parked = ctx;

    list_remove(&parked->node);
    mem_free(parked);
}

static struct parked *park(const struct hls_demand *demand)
{
    struct parked *parked = mem_alloc(sizeof(*parked));
    int64_t patience_ms =
        INT64_C(1000) * PATIENCE_TARGETS * demand->rendition->stream->info->target_duration_s;

    *parked = (struct parked){
        .demand = *demand,
        .deadline_ms = clock_mono_ms() + patience_ms,
    };
    list_init(&parked->node);
    http_exchange_on_gone(demand->exchange, on_gone, parked);
    return parked;
}

void hls_demand_make(const struct hls_demand *demand)
{
    switch (judge(demand)) {
    case ANSWERED:
        break;
    case WAIT:
        list_append(&demand->rendition->waiting, &park(demand)->node);
        break;
    case FOLLOW:
        begin_following(park(demand));
        break;
    }
}

static void feed_followers(struct hls_rendition *r)
{
    LIST_EACH (node, &r->followers) {
        struct parked *parked = LIST_ITEM(node, struct parked, node);
        const struct segment *whole = segment_window_find(&r->window, parked->demand.number);
        const struct segment *growing = r->window.growing;
        if (whole)
            catch_up(parked, whole);
        else if (growing && growing->number == parked->demand.number)
            catch_up(parked, growing);
        if (!growing || growing->number != parked->demand.number)
            end_following(parked);
    }
}

/* Whoever is answered may leave at once or ask again: only the head of the list is ever touched. */
static void judge_waiting(struct hls_rendition *r)
{
    struct list judged, *node;

    list_move(&judged, &r->waiting);
    while ((node = list_pop(&judged))) {
        struct parked *parked = LIST_ITEM(node, struct parked, node);
        switch (judge(&parked->demand)) {
        case ANSWERED:
            mem_free(parked);
            break;
        case WAIT:
            list_append(&r->waiting, &parked->node);
            break;
        case FOLLOW:
            begin_following(parked);
            break;
        }
    }
}

void hls_demands_meet(struct hls_rendition *r)
{
    feed_followers(r);
    judge_waiting(r);
}

static void refuse_parked(struct parked *parked)
{
    list_remove(&parked->node);
    hls_refuse(parked->demand.exchange, HLS_NOT_READY);
    mem_free(parked);
}

void hls_demands_expire(struct hls_rendition *r, int64_t now_ms)
{
    while (!list_is_empty(&r->waiting)) { /* all wait equally long: the oldest first */
        struct parked *parked = LIST_ITEM(r->waiting.next, struct parked, node);
        if (parked->deadline_ms > now_ms)
            break;
        refuse_parked(parked);
    }
}

void hls_demands_refuse(struct hls_rendition *r)
{
    while (!list_is_empty(&r->waiting))
        refuse_parked(LIST_ITEM(r->waiting.next, struct parked, node));
    while (!list_is_empty(&r->followers))
        end_following(LIST_ITEM(r->followers.next, struct parked, node));
}
