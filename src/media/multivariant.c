/* SPDX-License-Identifier: Apache-2.0 */
#include "media/multivariant.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"

static void render_session_data(struct buf *out, const struct multivariant_playlist *p)
{
    static const char format[] = "#EXT-X-SESSION-DATA:DATA-ID=\"%s\",VALUE=\"%s\"\n";
    char seconds[32];

    buf_printf(out, format, "NODE", p->node);
    snprintf(seconds, sizeof(seconds), "%" PRId64 ".%02d", p->now_wall_ms / 1000,
             (int)(p->now_wall_ms % 1000 / 10));
    buf_printf(out, format, "SERVER-TIME", seconds);
    if (p->tells_next_segment)
        buf_printf(out, format, "FUTURE", "true");
    snprintf(seconds, sizeof(seconds), "%" PRId64 ".%03d", p->stream_ms / 1000,
             (int)(p->stream_ms % 1000));
    buf_printf(out, format, "STREAM-TIME", seconds);
}

/* Each rendition is a group of its own: DEFAULT=YES once per group is legal (RFC 8216 4.3.4.1.1).
 */
static void render_rendition(struct buf *out, const struct multivariant_rendition *r)
{
    const char *is_chosen = r->is_audio_only ? "NO" : "YES";

    buf_printf(out,
               "#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"%s\",NAME=\"%s\",AUTOSELECT=%s,DEFAULT=%s\n",
               r->id, r->name, is_chosen, is_chosen);
    buf_printf(out, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64, r->peak_bps);
    if (r->average_bps)
        buf_printf(out, ",AVERAGE-BANDWIDTH=%" PRId64, r->average_bps);
    if (r->width)
        buf_printf(out, ",RESOLUTION=%dx%d", r->width, r->height);
    buf_printf(out, ",CODECS=\"%s\",VIDEO=\"%s\"", r->codecs, r->id);
    if (r->fps > 0)
        buf_printf(out, ",FRAME-RATE=%.3f", r->fps);
    buf_printf(out, "\n%s\n", r->uri);
}

int multivariant_render(struct buf *out, const struct multivariant_playlist *p)
{
    buf_append_str(out, "#EXTM3U\n");
    render_session_data(out, p);
    for (size_t i = 0; i < p->rendition_count; i++)
        render_rendition(out, &p->renditions[i]);
    return out->err;
}
