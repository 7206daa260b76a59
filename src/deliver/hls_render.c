/* SPDX-License-Identifier: Apache-2.0 */
/* Playlists are rendered when somebody asks, once per loop and state of the window, and shared by
 * all who ask; the same goes for their gzip form. */
#include "deliver/hls_stream.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "deliver/hls_url.h"
#include "media/multivariant.h"
#include "media/playlist.h"
#include "media/segment.h"
#include "net/gzip.h"

#define MULTIVARIANT_AGE_MS 1000 /* as long as caches may keep it */
#define URI_SIZE            (HLS_ID_SIZE + 16)

void hls_text_clear(struct hls_text *text)
{
    bytes_unref(text->plain);
    bytes_unref(text->gzip);
    *text = (struct hls_text){ 0 };
}

static struct bytes *form_of(struct hls_text *text, bool is_gzip)
{
    if (!is_gzip)
        return text->plain;
    if (!text->gzip)
        text->gzip = gzip_compress(text->plain->data, text->plain->len);
    return text->gzip;
}

/* Takes what was rendered. The ceiling is far above what a window can hold. */
static struct bytes *take_text(struct buf *buf, int err)
{
    if (err)
        log_error("hls", "playlist cut short: bytes=%zu", buf->len);
    return bytes_from_buf(buf);
}

/* The other renditions of the set as a playlist reports them. Both arrays have room for all. */
static size_t list_reports(const struct hls_rendition *r, struct playlist_report *reports,
                           char (*uris)[URI_SIZE])
{
    size_t count = 0;

    for (int i = 0; i < r->set->about->count; i++) {
        const struct hls_rendition *other = &r->set->renditions[i];
        struct playlist_report report = { .uri = uris[count] };
        if (other == r ||
            !segment_window_last_part(&other->window, &report.last_msn, &report.last_part))
            continue;
        snprintf(uris[count], URI_SIZE, "../%s/index.m3u8", other->about->id);
        reports[count++] = report;
    }
    return count;
}

static struct bytes *render_playlist(const struct hls_rendition *r, bool is_delta)
{
    const struct stream_info *info = r->stream->info;
    const struct segment_window *w = &r->window;
    size_t others = (size_t)r->set->about->count;
    struct playlist_report *reports = mem_alloc(others * sizeof(*reports));
    char(*uris)[URI_SIZE] = mem_alloc(others * sizeof(*uris));
    struct media_playlist playlist = {
        .container = info->container,
        .is_low_latency = info->latency == LATENCY_LOW,
        .is_ended = r->set->is_ended,
        .target_duration_s = info->target_duration_s,
        .part_target = info->part_target,
        .discontinuity_sequence = w->discontinuity_sequence,
        .elapsed = w->elapsed,
        .source_wall_ms = w->first_wall_ms,
        .now_wall_ms = clock_wall_ms(),
        .segments = w->whole + w->listed,
        .segment_count = w->count - w->listed,
        .growing = w->growing,
        .next_part = w->next_part,
        .reports = reports,
        .report_count = list_reports(r, reports, uris),
    };
    struct buf out;
    int err;

    buf_init(&out, PLAYLIST_MAX_BYTES);
    err = playlist_render(&out, &playlist, is_delta);
    mem_free(uris);
    mem_free(reports);
    return take_text(&out, err);
}

struct bytes *hls_rendition_playlist(struct hls_rendition *r, bool is_delta, bool is_gzip)
{
    struct hls_text *text = is_delta ? &r->delta : &r->whole;

    if (!text->plain)
        text->plain = render_playlist(r, is_delta);
    return form_of(text, is_gzip);
}

static struct multivariant_rendition describe(const struct hls_rendition *r, const char *uri)
{
    const struct feed_rendition *about = r->about;
    int64_t measured_bps = r->window.peak_bps;

    return (struct multivariant_rendition){
        .uri = uri,
        .id = about->id,
        .name = about->name,
        .codecs = about->codecs,
        .width = about->width,
        .height = about->height,
        .fps = about->fps,
        .peak_bps = measured_bps ? measured_bps : about->declared_bps,
        .average_bps = segment_window_average_bps(&r->window),
        .is_audio_only = about->is_audio_only,
    };
}

static char *variant_uri(const struct hls_rendition *r)
{
    const char *base = r->stream->server->hub->config.public_url;

    return mem_printf("%s/v1/live/%s/%d/%s/index.m3u8", base ? base : "",
                      r->stream->info->stream_id, r->set->about->number, r->about->id);
}

static size_t list_variants(struct hls_set *set, bool with_audio_only,
                            struct multivariant_rendition *out, char **uris)
{
    size_t count = 0;

    for (int i = 0; i < set->about->count; i++) {
        struct hls_rendition *r = &set->renditions[i];
        if (r->is_withdrawn || (r->about->is_on_request && !with_audio_only))
            continue;
        uris[count] = variant_uri(r);
        out[count] = describe(r, uris[count]);
        count++;
    }
    return count;
}

static struct bytes *render_multivariant(struct hls_stream *stream, bool with_audio_only)
{
    struct hls_set *set = LIST_ITEM(stream->sets.prev, struct hls_set, node);
    size_t most = (size_t)set->about->count;
    struct multivariant_rendition *variants = mem_alloc(most * sizeof(*variants));
    char **uris = mem_alloc(most * sizeof(*uris));
    struct multivariant_playlist playlist = {
        .node = stream->server->hub->config.node,
        .now_wall_ms = clock_wall_ms(),
        .stream_ms = clock_wall_ms() - stream->info->started_wall_ms,
        .tells_next_segment = stream->info->latency == LATENCY_LOW,
        .renditions = variants,
        .rendition_count = list_variants(set, with_audio_only, variants, uris),
    };
    struct buf out;
    int err;

    buf_init(&out, PLAYLIST_MAX_BYTES);
    err = multivariant_render(&out, &playlist);
    for (size_t i = 0; i < playlist.rendition_count; i++)
        mem_free(uris[i]);
    mem_free(uris);
    mem_free(variants);
    return take_text(&out, err);
}

struct bytes *hls_stream_multivariant(struct hls_stream *stream, bool with_audio_only, bool is_gzip)
{
    struct hls_multivariant *m = &stream->multivariants[with_audio_only];
    int64_t now_ms = clock_mono_ms();

    if (m->text.plain && now_ms - m->rendered_ms >= MULTIVARIANT_AGE_MS)
        hls_text_clear(&m->text);
    if (!m->text.plain) {
        m->text.plain = render_multivariant(stream, with_audio_only);
        m->rendered_ms = now_ms;
    }
    return form_of(&m->text, is_gzip);
}
