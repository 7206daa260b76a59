/* SPDX-License-Identifier: Apache-2.0 */
/* Many encoders in one process: sends a transport stream in real time over an SRT connection per
 * stream.
 *
 *     srt_load FILE.ts < streams
 *
 * A line of standard input is a stream: port, stream id, passphrase. Streams start spread over
 * SPREAD_MS, so that their key frames do not come at once. Prints "running" when all are connected,
 * and at the end, which is that of the file or a SIGTERM, how many bytes went out and how late a
 * datagram was at most: a load that is late is none. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <srt/srt.h>
#undef LOG_DEBUG /* from syslog.h, which libsrt includes */
#undef LOG_INFO

#include "base/clock.h"
#include "base/mem.h"

#define STREAMS_MAX   1024
#define FILE_MAX      (256 << 20)
#define PACKET_SIZE   188
#define DATAGRAM_SIZE (7 * PACKET_SIZE)
#define VIDEO_STREAM  0xe0 /* stream_id of a PES packet */
#define SPREAD_MS     2000
#define CONNECT_MS    20000
#define TICK_US       2000

static uint8_t *file_data;
static size_t datagram_count;
static int64_t *due_ms; /* by datagram, from the beginning */

struct stream {
    SRTSOCKET socket;
    size_t next; /* datagram */
    int64_t begin_ms;
};

static struct stream streams[STREAMS_MAX];
static size_t stream_count;
static uint64_t bytes_sent;
static int64_t latest_ms;
static volatile sig_atomic_t is_over;

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, srt_getlasterror_str());
    exit(1);
}

/* ---- the file ---- */

/* The decode time with which a picture begins in this packet, in milliseconds; -1: none does.
 * ISO/IEC 13818-1, 2.4.3.2 and 2.4.3.6. */
static int64_t picture_time(const uint8_t *packet)
{
    const uint8_t *pes = packet + 4 + (packet[3] & 0x20 ? 1 + packet[4] : 0);
    const uint8_t *time;

    if (!(packet[1] & 0x40) || pes + 19 > packet + PACKET_SIZE || pes[0] || pes[1] || pes[2] != 1 ||
        pes[3] != VIDEO_STREAM || !(pes[7] & 0x80))
        return -1;
    time = pes + (pes[7] & 0x40 ? 14 : 9);
    return ((int64_t)(time[0] >> 1 & 7) << 30 | (int64_t)time[1] << 22 | (time[2] >> 1) << 15 |
            time[3] << 7 | time[4] >> 1) /
           90;
}

static void load_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    int64_t first_ms = -1, now_ms = 0;

    file_data = mem_alloc(FILE_MAX);
    if (!file)
        die(path);
    datagram_count = fread(file_data, 1, FILE_MAX, file) / DATAGRAM_SIZE;
    fclose(file);
    due_ms = mem_zalloc(datagram_count * sizeof(*due_ms));
    for (size_t i = 0; i < datagram_count * 7; i++) {
        int64_t time_ms = picture_time(file_data + i * PACKET_SIZE);

        if (first_ms < 0)
            first_ms = time_ms;
        if (time_ms >= 0)
            now_ms = time_ms - first_ms;
        due_ms[i / 7] = now_ms;
    }
}

/* ---- encoders ---- */

static SRTSOCKET try_to_publish(int port, const char *stream_id, const char *passphrase)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    SRTSOCKET socket = srt_create_socket();

    srt_setsockflag(socket, SRTO_STREAMID, stream_id, (int)strlen(stream_id));
    srt_setsockflag(socket, SRTO_PASSPHRASE, passphrase, (int)strlen(passphrase));
    if (srt_connect(socket, (struct sockaddr *)&to, sizeof(to)) == 0)
        return socket;
    srt_close(socket);
    return SRT_INVALID_SOCK;
}

/* Whoever listens may have been started just now. */
static SRTSOCKET publish(int port, const char *stream_id, const char *passphrase)
{
    int64_t end_ms = clock_mono_ms() + CONNECT_MS;
    SRTSOCKET socket;

    do
        socket = try_to_publish(port, stream_id, passphrase);
    while (socket == SRT_INVALID_SOCK && clock_mono_ms() < end_ms);
    if (socket == SRT_INVALID_SOCK)
        die(stream_id);
    return socket;
}

static void start_streams(void)
{
    char id[128], passphrase[128];
    int port;

    while (stream_count < STREAMS_MAX && scanf("%d %127s %127s", &port, id, passphrase) == 3)
        streams[stream_count++].socket = publish(port, id, passphrase);
    for (size_t i = 0; i < stream_count; i++)
        streams[i].begin_ms = clock_mono_ms() + (int64_t)(i * SPREAD_MS / stream_count);
}

static void send_what_is_due(struct stream *s, int64_t now_ms)
{
    while (s->next < datagram_count && s->begin_ms + due_ms[s->next] <= now_ms) {
        int64_t late_ms = now_ms - s->begin_ms - due_ms[s->next];

        if (late_ms > latest_ms)
            latest_ms = late_ms;
        if (srt_send(s->socket, (char *)file_data + s->next * DATAGRAM_SIZE, DATAGRAM_SIZE) !=
            DATAGRAM_SIZE)
            die("send");
        bytes_sent += DATAGRAM_SIZE;
        s->next++;
    }
    if (s->next == datagram_count)
        is_over = true;
}

static void end_it(int number)
{
    is_over = true;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: srt_load FILE.ts < streams\n");
        return 2;
    }
    srt_startup();
    load_file(argv[1]);
    start_streams();
    puts("running");
    fflush(stdout);
    signal(SIGTERM, end_it);
    while (!is_over) {
        for (size_t i = 0; i < stream_count; i++)
            send_what_is_due(&streams[i], clock_mono_ms());
        usleep(TICK_US);
    }
    printf("bytes %llu late_ms %lld\n", (unsigned long long)bytes_sent, (long long)latest_ms);
    for (size_t i = 0; i < stream_count; i++)
        srt_close(streams[i].socket);
    srt_cleanup();
    return 0;
}
