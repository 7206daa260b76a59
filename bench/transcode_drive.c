/* SPDX-License-Identifier: Apache-2.0 */
/* Sends media files through transcoding workers, as fast as they answer or in real time, and prints
 * what it cost as one JSON object.
 *
 *   transcode_drive [-r] [-n COPIES] [-t SECONDS] [-p X264-PRESET] [-o FOLDER]
 *                   WEIR-MEDIA CHANNEL-TYPE FILE
 *
 * -r: in real time; -n: that many ladders at once; -t: the file over and over until this much has
 * been sent; -o: writes every rendition to FOLDER/<id>.mp4.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "clip.h"
#include "net/loop.h"
#include "transcode/capacity.h"
#include "transcode/supervisor.h"

#define COPIES_MAX 8
#define AHEAD_MAX  (MEDIA_TIMESCALE / 4) /* fed beyond what every rung has answered */

struct drive {
    struct loop *loop;
    struct loop_timer *timer;
    const struct clip *clip;
    struct transcode_supervisor *supervisor;
    struct ladder ladder;
    const char *folder;
    size_t next;    /* packet of the clip */
    int64_t later;  /* of this turn of the clip */
    int64_t length; /* sent in all; 0: the clip once */
    int pictures;   /* sent */
    int64_t start_us, first_output_us, end_us;
    int64_t answered[LADDER_MAX]; /* decode time of the last video packet */
    int packets[LADDER_MAX];
    int lost;
    int64_t *latencies_us; /* of all video packets */
    size_t latency_count;
    long peak_kb;
    struct packet **kept[LADDER_MAX];
    size_t kept_count[LADDER_MAX];
    struct transcode_supervisor_stats stats;
    bool is_real_time, is_over;
};

static void die(const char *what)
{
    fprintf(stderr, "transcode_drive: %s\n", what);
    exit(EXIT_FAILURE);
}

/* -- answers -- */

static void note_video(struct drive *d, int rendition, const struct packet *packet)
{
    int64_t now_us = clock_wall_us();

    if (!d->first_output_us)
        d->first_output_us = clock_mono_us();
    d->answered[rendition] = packet->dts;
    if (d->latency_count % 1024 == 0)
        d->latencies_us =
            mem_realloc(d->latencies_us, (d->latency_count + 1024) * sizeof(*d->latencies_us));
    d->latencies_us[d->latency_count++] = now_us - packet->arrival_us;
}

static void keep(struct drive *d, int rendition, struct packet *packet)
{
    size_t *count = &d->kept_count[rendition];

    if (!d->folder)
        return;
    d->kept[rendition] =
        mem_realloc(d->kept[rendition], (*count + 1) * sizeof(*d->kept[rendition]));
    d->kept[rendition][(*count)++] = packet_ref(packet);
}

static void on_packet(int rendition, struct packet *packet, void *ctx)
{
    struct drive *d = ctx;

    if (packet->kind == MEDIA_VIDEO) {
        d->packets[rendition]++;
        note_video(d, rendition, packet);
    }
    keep(d, rendition, packet);
}

static void on_lost(int rendition, enum media_kind kind, int64_t dts, void *ctx)
{
    struct drive *d = ctx;

    d->lost++;
    if (kind == MEDIA_VIDEO)
        d->answered[rendition] = INT64_MAX / 2; /* nobody waits for it until it answers again */
}

static void on_worker_change(void *ctx)
{
}

static void on_failed(const char *reason, void *ctx)
{
    die(reason);
}

static void on_drained(void *ctx)
{
    struct drive *d = ctx;

    d->end_us = clock_mono_us();
    d->is_over = true;
}

/* -- feeding -- */

static long peak_memory_kb(int pid)
{
    char path[64], line[256];
    long kb = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb;
}

static bool is_time_for(const struct drive *d, int64_t dts)
{
    int64_t passed_us = clock_mono_us() - d->start_us;

    if (d->is_real_time)
        return dts - CLIP_START <= passed_us * 9 / 100;
    for (int i = 0; i < d->ladder.count; i++)
        if (d->ladder.renditions[i].video == TRACK_ENCODED && dts - d->answered[i] > AHEAD_MAX)
            return false;
    return true;
}

static void end_feed(struct drive *d)
{
    transcode_supervisor_stats(d->supervisor, &d->stats);
    d->peak_kb = peak_memory_kb(d->stats.pid);
    transcode_supervisor_drain(d->supervisor);
    loop_timer_stop(d->timer);
}

static void send_next(struct drive *d)
{
    struct packet *packet = d->clip->packets[d->next++];
    struct packet *stamped = packet_create(packet->config, bytes_ref(packet->data));

    stamped->is_idr = packet->is_idr;
    stamped->dts = packet->dts + d->later;
    stamped->pts = packet->pts + d->later;
    stamped->arrival_us = clock_wall_us();
    d->pictures += packet->kind == MEDIA_VIDEO;
    transcode_supervisor_push(d->supervisor, stamped, false);
    packet_unref(stamped);
}

/* False when all has been sent. */
static bool begin_turn(struct drive *d)
{
    if (d->next < d->clip->count)
        return true;
    d->later += clip_duration(d->clip);
    if (d->later >= d->length)
        return false;
    d->next = 0;
    return true;
}

static void feed(void *ctx)
{
    struct drive *d = ctx;

    while (begin_turn(d)) {
        if (!is_time_for(d, d->clip->packets[d->next]->dts + d->later))
            return;
        send_next(d);
    }
    end_feed(d);
}

/* -- the figures -- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static double quantile_ms(const struct drive *d, double q)
{
    if (!d->latency_count)
        return 0;
    return (double)d->latencies_us[(size_t)((double)(d->latency_count - 1) * q)] / 1000;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_one(struct drive *d)
{
    uint32_t dropped = d->stats.gops_dropped;

    qsort(d->latencies_us, d->latency_count, sizeof(*d->latencies_us), compare);
    for (int i = 0; i < d->ladder.count; i++)
        dropped += d->stats.rung_gops_dropped[i];
    printf("{\"wall_s\":%.3f,\"first_ms\":%.1f,\"p50_ms\":%.1f,\"p95_ms\":%.1f,"
           "\"peak_mb\":%.1f,\"gops_dropped\":%u,\"lost\":%d,\"restarts\":%d,\"pictures\":%d,"
           "\"frames\":[",
           (double)(d->end_us - d->start_us) / 1e6,
           (double)(d->first_output_us - d->start_us) / 1000, quantile_ms(d, 0.5),
           quantile_ms(d, 0.95), (double)d->peak_kb / 1024, dropped, d->lost, d->stats.restarts,
           d->pictures);
    for (int i = 0; i < d->ladder.count; i++)
        printf("%s%d", i ? "," : "", d->packets[i]);
    printf("]}");
}

static void write_files(struct drive *d)
{
    for (int i = 0; i < d->ladder.count && d->folder; i++) {
        const struct codec_config *configs[2] = { NULL, NULL };
        struct clip_writer *writer;
        char path[4096];
        for (size_t k = 0; k < d->kept_count[i]; k++)
            configs[d->kept[i][k]->kind] = d->kept[i][k]->config;
        if (!d->kept_count[i])
            continue;
        snprintf(path, sizeof(path), "%s/%s.mp4", d->folder, d->ladder.renditions[i].id);
        writer = clip_writer_create(path, configs[MEDIA_VIDEO], configs[MEDIA_AUDIO]);
        for (size_t k = 0; k < d->kept_count[i]; k++)
            clip_writer_add(writer, d->kept[i][k]);
        clip_writer_destroy(writer);
    }
}

/* -- the run -- */

static void start(struct drive *d, struct loop *loop, struct capacity *capacity,
                  const struct drive *like, const char *program, const char *preset)
{
    static const struct transcode_supervisor_events events = {
        .on_packet = on_packet,
        .on_lost = on_lost,
        .on_interrupted = on_worker_change,
        .on_resumed = on_worker_change,
        .on_failed = on_failed,
        .on_drained = on_drained,
    };
    struct transcode_supervisor_config config = { &d->ladder, capacity, preset, program };

    *d = *like;
    d->loop = loop;
    for (int i = 0; i < LADDER_MAX; i++)
        d->answered[i] = CLIP_START;
    d->start_us = clock_mono_us();
    if (transcode_supervisor_create(&d->supervisor, loop, &config, &events, d))
        die("the worker does not start");
    d->timer = loop_timer_create(loop, feed, d);
    loop_timer_start(d->timer, 0, 1);
}

static bool all_over(const struct drive *drives, int copies)
{
    for (int i = 0; i < copies; i++)
        if (!drives[i].is_over)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    static struct drive drives[COPIES_MAX];
    struct drive like = { 0 };
    struct capacity *capacity = capacity_create(1000);
    struct loop *loop = loop_create(0);
    const char *preset = TRANSCODE_DEFAULT_PRESET;
    struct ladder_input input = { .preset = "" };
    struct clip *clip;
    struct rusage usage;
    int copies = 1, option;

    signal(SIGPIPE, SIG_IGN);
    while ((option = getopt(argc, argv, "rn:p:o:t:")) != -1) {
        if (option == 'r')
            like.is_real_time = true;
        else if (option == 'n')
            copies = (int)strtol(optarg, NULL, 10);
        else if (option == 'p')
            preset = optarg;
        else if (option == 't')
            like.length = strtol(optarg, NULL, 10) * MEDIA_TIMESCALE;
        else if (option == 'o')
            like.folder = optarg;
    }
    if (argc - optind != 3 || copies < 1 || copies > COPIES_MAX)
        die("arguments: [-r] [-n COPIES] [-t SECONDS] [-p PRESET] [-o FOLDER] WEIR-MEDIA TYPE "
            "FILE");
    clip = clip_read(argv[optind + 2]);
    input.channel_type = argv[optind + 1];
    input.width = clip->video->video.width;
    input.height = clip->video->video.height;
    input.fps = clip_fps(clip);
    input.has_audio = clip->audio;
    if (ladder_build(&like.ladder, &input))
        die("no such ladder");
    like.clip = clip;
    for (int i = 0; i < copies; i++)
        start(&drives[i], loop, capacity, &like, argv[optind], preset);
    while (!all_over(drives, copies))
        uv_run(loop_uv(loop), UV_RUN_ONCE);
    for (int i = 0; i < copies; i++) {
        transcode_supervisor_destroy(drives[i].supervisor);
        loop_timer_destroy(drives[i].timer);
    }
    loop_stop(loop);
    loop_destroy(loop); /* reaps the workers: their times count from here on */
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("{\"cpu_s\":%.3f,\"ladders\":[", seconds(usage.ru_utime) + seconds(usage.ru_stime));
    for (int i = 0; i < copies; i++) {
        printf("%s", i ? "," : "");
        print_one(&drives[i]);
        write_files(&drives[i]);
    }
    puts("]}");
    return EXIT_SUCCESS;
}
