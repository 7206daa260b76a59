/* SPDX-License-Identifier: Apache-2.0 */
/* libsrt holds each packet for the latency of the connection, so that those before it may still
 * come, and goes on doing so when the encoder has said goodbye: the end of a broadcast is read
 * after its connection has ended. */
#include "ingest/srt_line.h"

#include <errno.h>
#include <string.h>

#include <srt/srt.h>
#undef LOG_DEBUG /* from syslog.h, which libsrt includes */
#undef LOG_INFO

#include "base/buf.h"
#include "base/metric.h"
#include "ingest/srt_stream_id.h"

#define MESSAGE_MAX 1456 /* bytes in one UDP packet of SRT */
#define READS_MAX   (SRT_LINE_READ_MAX / MESSAGE_MAX)
#define REST_MS     200   /* behind the latency, for what is left at the end */
#define TELL_MS     10000 /* between two lines of log about what was dropped */

METRIC(received, METRIC_COUNTER, "weir_srt_packets_total", "SRT packets received.");
METRIC(lost, METRIC_COUNTER, "weir_srt_packets_lost_total", "SRT packets missing at first.");
METRIC(dropped, METRIC_COUNTER, "weir_srt_packets_dropped_total",
       "SRT packets that did not come in time.");

static int get_int(const struct srt_line *line, SRT_SOCKOPT option, int otherwise)
{
    int value = otherwise, len = sizeof(value);

    return srt_getsockflag(line->socket, option, &value, &len) ? otherwise : value;
}

void srt_line_init(struct srt_line *line, int socket)
{
    *line = (struct srt_line){ .socket = socket };
    log_tag(line->tag, "srt");
    line->latency_ms = get_int(line, SRTO_RCVLATENCY, 0);
}

int srt_line_name(const struct srt_line *line, struct stream_name *out)
{
    char text[SRT_STREAM_ID_MAX + 1] = "";
    int len = SRT_STREAM_ID_MAX, err;

    if (srt_getsockflag(line->socket, SRTO_STREAMID, text, &len))
        return -EIO;
    text[SRT_STREAM_ID_MAX] = '\0';
    err = srt_stream_id_parse(out, text);
    explicit_bzero(text, sizeof(text));
    return err;
}

bool srt_line_is_encrypted(const struct srt_line *line)
{
    return get_int(line, SRTO_RCVKMSTATE, SRT_KM_S_UNSECURED) == SRT_KM_S_SECURED;
}

bool srt_line_is_up(const struct srt_line *line)
{
    return srt_getsockstate(line->socket) == SRTS_CONNECTED;
}

static bool is_rest_to_come(struct srt_line *line, int64_t now_ms)
{
    if (!line->ended_ms)
        line->ended_ms = now_ms;
    return now_ms - line->ended_ms <= line->latency_ms + REST_MS &&
           get_int(line, SRTO_RCVDATA, 0) > 0;
}

int srt_line_read(struct srt_line *line, struct buf *out, int64_t now_ms)
{
    for (int i = 0; i < READS_MAX; i++) {
        uint8_t *to = buf_reserve(out, MESSAGE_MAX);
        int len = to ? srt_recvmsg(line->socket, (char *)to, MESSAGE_MAX) : 0;

        if (len > 0)
            buf_commit(out, (size_t)len);
        else if (len < 0 && srt_getlasterror(NULL) != SRT_EASYNCRCV)
            return is_rest_to_come(line, now_ms) ? 0 : -ENOTCONN;
        else
            break;
    }
    return 0;
}

static void tell_dropped(struct srt_line *line, int count, int64_t now_ms)
{
    line->dropped += count;
    if (!line->dropped || now_ms - line->told_ms < TELL_MS)
        return;
    log_warn(line->tag, "the line loses media: packets_dropped=%lld latency_ms=%d",
             (long long)line->dropped, line->latency_ms);
    line->dropped = 0;
    line->told_ms = now_ms;
}

void srt_line_count(struct srt_line *line, int64_t now_ms)
{
    SRT_TRACEBSTATS stats;

    if (srt_bstats(line->socket, &stats, 1))
        return;
    metric_add(&received, stats.pktRecv);
    metric_add(&lost, stats.pktRcvLoss);
    metric_add(&dropped, stats.pktRcvDrop);
    line->packets_total = stats.pktRecvTotal;
    line->lost_total = stats.pktRcvLossTotal;
    line->dropped_total = stats.pktRcvDropTotal;
    line->rtt_ms = (int)stats.msRTT;
    tell_dropped(line, stats.pktRcvDrop, now_ms);
}

void srt_line_clear(struct srt_line *line)
{
    log_info(line->tag, "line: packets=%lld lost=%lld dropped=%lld rtt_ms=%d latency_ms=%d",
             (long long)line->packets_total, (long long)line->lost_total,
             (long long)line->dropped_total, line->rtt_ms, line->latency_ms);
    srt_close(line->socket);
}
