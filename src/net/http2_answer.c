/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of data are not copied: nghttp2 makes their nine bytes of head and asks us to send these
 * with slices of the answer (NGHTTP2_DATA_FLAG_NO_COPY). Many frames leave together:
 *
 *     stream's body --slices--+
 *     frame heads, other frames --> batch --> send() */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/http2_internal.h"

#define BATCH_PIECES    64
#define BATCH_CONTROL   ((size_t)8 * 1024)
#define BATCH_BYTES     ((size_t)256 * 1024)
#define FRAME_HEAD_SIZE 9
#define HEADERS_MAX     64

/* Pieces on their way to send(), each with a reference on its owner. */
struct http2_batch {
    struct slice pieces[BATCH_PIECES];
    size_t count;
    size_t bytes;
    uint8_t control[BATCH_CONTROL]; /* of pieces without owner */
    size_t control_len;
};

/* --- from nghttp2 to the connection --- */

static void send_batch(struct http2_session *session)
{
    struct http2_batch *batch = session->batch;

    if (batch->count)
        session->config.send(batch->pieces, batch->count, session->config.ctx);
    for (size_t i = 0; i < batch->count; i++)
        bytes_unref(batch->pieces[i].owner);
    batch->count = batch->bytes = batch->control_len = 0;
}

static void add_piece(struct http2_session *session, const struct slice *piece)
{
    struct http2_batch *batch = session->batch;

    if (batch->count == BATCH_PIECES)
        send_batch(session);
    batch->pieces[batch->count++] = *piece;
    batch->bytes += piece->len;
}

/* Copies: nghttp2's memory is good until its next call only. Neighbours become one piece. */
static void add_control(struct http2_session *session, const uint8_t *data, size_t len)
{
    struct http2_batch *batch = session->batch;

    while (len) {
        size_t part = BATCH_CONTROL - batch->control_len;
        uint8_t *at = batch->control + batch->control_len;
        struct slice *last = batch->count ? &batch->pieces[batch->count - 1] : NULL;

        if (!part || batch->count == BATCH_PIECES) {
            send_batch(session);
            continue;
        }
        if (part > len)
            part = len;
        memcpy(at, data, part);
        batch->control_len += part;
        data += part;
        len -= part;
        if (last && last->data + last->len == at && !last->owner) {
            last->len += part;
            batch->bytes += part;
        } else {
            add_piece(session, &(struct slice){ .data = at, .len = part });
        }
    }
}

/* The next `len` bytes of the stream's body go into the batch. */
static void add_body(struct http2_stream *stream, size_t len)
{
    while (len) {
        struct slice piece = *slice_queue_first(&stream->body);

        if (piece.len > len)
            piece.len = len;
        len -= piece.len;
        bytes_ref(piece.owner);
        add_piece(stream->session, &piece);
        slice_queue_consume(&stream->body, piece.len);
    }
}

int http2_send_data(nghttp2_session *nghttp2, nghttp2_frame *frame, const uint8_t *frame_head,
                    size_t len, nghttp2_data_source *source, void *user_data)
{
    struct http2_session *session = user_data;
    struct http2_stream *stream = source->ptr;

    if (session->batch->bytes >= BATCH_BYTES)
        send_batch(session);
    if (session->config.is_full(session->config.ctx))
        return NGHTTP2_ERR_WOULDBLOCK;
    add_control(session, frame_head, FRAME_HEAD_SIZE);
    if (len) {
        add_body(stream, len);
        if (!stream->body.bytes)
            session->activity.sending--;
    }
    return 0;
}

int http2_session_flush(struct http2_session *session)
{
    struct http2_batch batch;
    const uint8_t *data;
    ssize_t len = 0;

    batch.count = batch.bytes = batch.control_len = 0;
    session->batch = &batch;
    while (!session->config.is_full(session->config.ctx) &&
           (len = nghttp2_session_mem_send(session->nghttp2, &data)) > 0)
        add_control(session, data, (size_t)len);
    send_batch(session);
    session->batch = NULL;
    return len < 0 ? -EPROTO : 0;
}

/* --- from the handler to nghttp2 --- */

/* Frames will be made when nghttp2 is not at work further up the stack. */
static void ask_for_flush(struct http2_session *session)
{
    if (!session->is_receiving)
        session->config.on_output(session->config.ctx);
}

/* nghttp2's callback: how many bytes the next frame of data may have. */
static ssize_t measure_body(nghttp2_session *nghttp2, int32_t id, uint8_t *unused, size_t max,
                            uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    struct http2_stream *stream = source->ptr;
    size_t len = stream->body.bytes < max ? stream->body.bytes : max;

    if (!len && !stream->is_answered) {
        stream->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags = NGHTTP2_DATA_FLAG_NO_COPY;
    if (stream->is_answered && len == stream->body.bytes)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){ .name = (uint8_t *)name,
                         .namelen = strlen(name),
                         .value = (uint8_t *)value,
                         .valuelen = strlen(value) };
}

/* nghttp2 copies names and values, the former in lower case. */
static size_t make_headers(const struct http_reply *reply, const char *date, nghttp2_nv *out,
                           char numbers[2][24])
{
    size_t count = 0;

    snprintf(numbers[0], sizeof(numbers[0]), "%d", reply->status);
    out[count++] = header(":status", numbers[0]);
    for (size_t i = 0; i < reply->header_count && count < HEADERS_MAX - 4; i++)
        if (http_header_is_sound(&reply->headers[i]))
            out[count++] = header(reply->headers[i].name, reply->headers[i].value);
    out[count++] = header("date", date);
    if (reply->has_length) {
        snprintf(numbers[1], sizeof(numbers[1]), "%llu", (unsigned long long)reply->length);
        out[count++] = header("content-length", numbers[1]);
    }
    if (reply->accepts_ranges)
        out[count++] = header("accept-ranges", "bytes");
    if (*reply->content_range)
        out[count++] = header("content-range", reply->content_range);
    return count;
}

static void add_to_body(struct http2_stream *stream, const struct slice *pieces, size_t count)
{
    bool was_empty = !stream->body.bytes;

    slice_queue_push_from(&stream->body, pieces, count, 0);
    if (was_empty && stream->body.bytes)
        stream->session->activity.sending++;
}

static void start(struct http_exchange *base, const struct http_reply *reply)
{
    struct http2_stream *stream = CONTAINER_OF(base, struct http2_stream, base);
    nghttp2_data_provider provider = { .source.ptr = stream, .read_callback = measure_body };
    nghttp2_nv headers[HEADERS_MAX];
    char numbers[2][24];
    size_t count = make_headers(reply, http_server_date(base->conn->server), headers, numbers);

    stream->is_answered = reply->is_whole;
    stream->drops_body = !reply->has_body;
    add_to_body(stream, reply->body, reply->body_count);
    if (nghttp2_submit_response(
            stream->session->nghttp2, stream->id, headers, count,
            stream->body.bytes || (!reply->is_whole && reply->has_body) ? &provider : NULL))
        log_warn("http", "answer not sent: stream=%d", stream->id);
    ask_for_flush(stream->session);
}

static void resume(struct http2_stream *stream)
{
    if (!stream->is_deferred)
        return;
    stream->is_deferred = false;
    nghttp2_session_resume_data(stream->session->nghttp2, stream->id);
    ask_for_flush(stream->session);
}

static void piece(struct http_exchange *base, const struct slice *pieces, size_t count)
{
    struct http2_stream *stream = CONTAINER_OF(base, struct http2_stream, base);

    if (stream->drops_body)
        return;
    add_to_body(stream, pieces, count);
    if (stream->body.bytes)
        resume(stream);
}

static void end(struct http_exchange *base)
{
    struct http2_stream *stream = CONTAINER_OF(base, struct http2_stream, base);

    stream->is_answered = true;
    resume(stream);
}

const struct http_exchange_ops http2_exchange_ops = { .start = start, .piece = piece, .end = end };
